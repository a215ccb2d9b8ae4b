// SPDX-License-Identifier: Apache-2.0
//
// Resize. Sizes are those of the code bases' own inference: the original SDK computes the ratio of
// keep_ratio in float and so differs by a pixel now and then, and rounds a second time when a short
// edge is given with keep_ratio.
#include <math.h>
#include <stddef.h>

#include "pipeline/transforms/sample.h"

#define STEP "Resize"

enum { NEAREST, BILINEAR, BICUBIC, AREA, LANCZOS, BOX, HAMMING, INTERPOLATIONS };
enum { CV2, PILLOW, BACKENDS };
enum { SHORT, LONG, HEIGHT, WIDTH };
const char *const mmd_resize_interpolations[] = {
    [NEAREST] = "nearest", [BILINEAR] = "bilinear", [BICUBIC] = "bicubic", [AREA] = "area",
    [LANCZOS] = "lanczos", [BOX] = "box",           [HAMMING] = "hamming", [INTERPOLATIONS] = NULL,
};
const char *const mmd_resize_backends[] = {[CV2] = "cv2", [PILLOW] = "pillow", [BACKENDS] = NULL};

// The kind plus one; 0 where the backend has no such interpolation.
static const int g_kinds[BACKENDS][INTERPOLATIONS] = {
    [CV2] = {[NEAREST] = MMD_RESIZE_CV_NEAREST + 1,
             [BILINEAR] = MMD_RESIZE_CV_LINEAR + 1,
             [BICUBIC] = MMD_RESIZE_CV_CUBIC + 1,
             [AREA] = MMD_RESIZE_CV_AREA + 1,
             [LANCZOS] = MMD_RESIZE_CV_LANCZOS4 + 1},
    [PILLOW] = {[NEAREST] = MMD_RESIZE_PIL_NEAREST + 1,
                [BILINEAR] = MMD_RESIZE_PIL_BILINEAR + 1,
                [BICUBIC] = MMD_RESIZE_PIL_BICUBIC + 1,
                [LANCZOS] = MMD_RESIZE_PIL_LANCZOS + 1,
                [BOX] = MMD_RESIZE_PIL_BOX + 1,
                [HAMMING] = MMD_RESIZE_PIL_HAMMING + 1},
};
static const char *const g_sides[] = {"short", "long", "height", "width", NULL};

static const mmd_option_t g_options[] = {
    {.name = "size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(mmd_resize_step_t, size),
     .min = -1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "New size: both sides, [h, w] (1.x: [w, h]), or [s, -1] for a shorter side of s."},
    {.name = "scale",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(mmd_resize_step_t, scale),
     .min = -1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "New size as [w, h]; read when 'size' is absent."},
    {.name = "keep_ratio",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_resize_step_t, keep_ratio),
     .default_text = "false",
     .help = "Fit into the size, whose longer side goes with the longer side of the image."},
    {.name = "interpolation",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(mmd_resize_step_t, interpolation),
     .default_text = "bilinear",
     .choices = mmd_resize_interpolations,
     .help = "'area' is one of cv2 only, 'box' and 'hamming' are of pillow only."},
    {.name = "backend",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(mmd_resize_step_t, backend),
     .default_text = "cv2",
     .choices = mmd_resize_backends,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Whose numbers: OpenCV's, or Pillow's, which filters when it makes images smaller."},
    {.name = "adaptive_side",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(mmd_resize_step_t, adaptive_side),
     .default_text = "short",
     .choices = g_sides,
     .help = "The side that a size [s, -1] means."},
    {.name = "release",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_resize_step_t, release),
     .default_text = "0",
     .help = "Major version of the package, set by the loader."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_resize_step_t, g_options);

//===--- options ---===//

mmd_status_t mmd_resize_check_kind(int interpolation, int backend, const char *where) {
  if (g_kinds[backend][interpolation]) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s.interpolation: %s has no '%s'; it has 'nearest', 'bilinear', 'bicubic', "
                   "'lanczos' and %s",
                   where, mmd_resize_backends[backend], mmd_resize_interpolations[interpolation],
                   backend == CV2 ? "'area'" : "'box', 'hamming'");
}

mmd_resize_kind_t mmd_resize_kind_of(int interpolation, int backend) {
  return (mmd_resize_kind_t)(g_kinds[backend][interpolation] - 1);
}

static mmd_status_t check_size(const mmd_ints_t *size, bool is_last_edge_fine, const char *where,
                               const char *key) {
  const int64_t a = size->items[0], b = size->count > 1 ? size->items[1] : a;
  bool is_good = size->count == 1 || size->count == 2;
  is_good = is_good && a != 0 && b != 0 && (a > 0 || (b > 0 && is_last_edge_fine));
  if (is_good) return NULL;
  if (size->count != 1 && size->count != 2) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: %d numbers; one or two are accepted", where, key,
                     size->count);
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.%s: [%lld, %lld] is no size; positive sides, or [s, -1], are accepted",
                   where, key, (long long)a, (long long)b);
}

static mmd_status_t check(const void *options, const char *where) {
  const mmd_resize_step_t *step = options;
  MMD_TRY(mmd_resize_check_kind(step->interpolation, step->backend, where));
  if (!step->size.count && !step->scale.count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: 'size' of Resize is missing", where);
  }
  if (step->size.count) return check_size(&step->size, step->release >= 1, where, "size");
  return check_size(&step->scale, true, where, "scale");
}

mmd_resize_kind_t mmd_resize_step_kind(const mmd_resize_step_t *step) {
  return mmd_resize_kind_of(step->interpolation, step->backend);
}

//===--- geometry ---===//

// The size as [height, width]; [s, -1] when one edge is given.
static void read_size(const mmd_resize_step_t *step, int64_t out_size[2]) {
  const mmd_ints_t *size = step->size.count ? &step->size : &step->scale;
  const bool is_width_first = step->release >= 1 || !step->size.count;
  const int64_t a = size->items[0], b = size->count > 1 ? size->items[1] : a;
  const bool has_edge = a == -1 || b == -1;
  out_size[0] = has_edge ? (a == -1 ? b : a) : is_width_first ? b : a;
  out_size[1] = has_edge ? -1 : is_width_first ? a : b;
}

// One side becomes |edge|, the other follows.
static void fit_edge(const mmd_resize_step_t *step, int64_t edge, mmd_frame_t *frame) {
  const int64_t h = frame->height, w = frame->width;
  const bool is_width = (step->adaptive_side == SHORT && w < h) ||
                        (step->adaptive_side == LONG && w > h) || step->adaptive_side == WIDTH;
  frame->width = is_width ? edge : edge * w / h;
  frame->height = is_width ? edge * h / w : edge;
}

static void fit_into(const int64_t size[2], mmd_frame_t *frame) {
  const int64_t h = frame->height, w = frame->width;
  const double longer = (double)(size[0] > size[1] ? size[0] : size[1]);
  const double shorter = (double)(size[0] > size[1] ? size[1] : size[0]);
  const double by_longer = longer / (double)(h > w ? h : w);
  const double by_shorter = shorter / (double)(h > w ? w : h);
  const double factor = by_longer < by_shorter ? by_longer : by_shorter;
  frame->width = (int64_t)((double)w * factor + 0.5);
  frame->height = (int64_t)((double)h * factor + 0.5);
}

mmd_status_t mmd_resize_step_target(const mmd_resize_step_t *step, const mmd_value_t *sample,
                                    mmd_frame_t *frame) {
  const mmd_frame_t from = *frame;
  const mmd_value_t *scale = mmd_object_get(sample, "scale");
  const mmd_value_t *factor = mmd_object_get(sample, "scale_factor");
  int64_t size[2];
  read_size(step, size);
  if (mmd_array_size(scale) == 2) {
    size[0] = mmd_value_get_int(mmd_array_at(scale, 0), 0);
    size[1] = mmd_value_get_int(mmd_array_at(scale, 1), 0);
  } else if (mmd_value_is_number(factor)) {  // a list is what an earlier Resize wrote
    const double f = mmd_value_get_float(factor, 0);
    if (!(f > 0 && f <= MMD_IMAGE_MAX_SIDE)) {
      return MMD_ERROR(MMD_OUT_OF_RANGE, STEP ": scale_factor of %g", f);
    }
    size[0] = (int64_t)((double)from.height * f + 0.5);
    size[1] = (int64_t)((double)from.width * f + 0.5);
  }
  if (size[1] == -1) {
    fit_edge(step, size[0], frame);
  } else if (step->keep_ratio) {
    fit_into(size, frame);
  } else {
    frame->height = size[0];
    frame->width = size[1];
  }
  return mmd_frame_check(STEP, &from, frame);
}

//===--- step ---===//

mmd_status_t mmd_resize_step_note(const mmd_resize_step_t *step, mmd_value_t *sample,
                                  const mmd_frame_t *from, const mmd_frame_t *to) {
  const double x = (double)to->width / (double)from->width;
  const double y = (double)to->height / (double)from->height;
  const double factor[4] = {x, y, x, y};
  MMD_TRY(mmd_sample_note_floats(sample, "scale_factor", false, factor, 4));
  MMD_TRY(mmd_sample_note_shape(sample, "img_shape", false, to));
  return mmd_object_take(sample, "keep_ratio", mmd_value_bool(step->keep_ratio));
}

mmd_status_t mmd_frame_resize(const char *step, mmd_resize_kind_t kind, const void *src,
                              size_t src_stride, const mmd_frame_t *from, const mmd_frame_t *to,
                              mmd_tensor_t *out_image) {
  const mmd_resize_t r =
      mmd_resize_make(kind, (size_t)from->channels, (size_t)from->width, (size_t)from->height,
                      (size_t)to->width, (size_t)to->height);
  const bool is_float = from->dtype == MMD_F32;
  if (from->dtype != MMD_U8 && !is_float) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: images of type %s are not supported", step,
                     mmd_dtype_name(from->dtype));
  }
  MMD_TRY(mmd_frame_create(to, out_image));
  void *dst = mmd_tensor_mutable_data(out_image);
  const size_t stride = mmd_frame_row_bytes(to);
  mmd_status_t status = is_float ? mmd_resize_f32(&r, src, src_stride, dst, stride)
                                 : mmd_resize_u8(&r, src, src_stride, dst, stride);
  if (status) mmd_tensor_deinit(out_image);
  return status;
}

static mmd_status_t resize_image(const void *options, mmd_value_t *sample, const char *key,
                                 const mmd_tensor_t *image, const mmd_frame_t *from) {
  const mmd_resize_step_t *step = options;
  mmd_frame_t to = *from;
  MMD_TRY(mmd_resize_step_target(step, sample, &to));
  if (to.width != from->width || to.height != from->height) {
    mmd_tensor_t result = {0};
    MMD_TRY(mmd_frame_resize(STEP, mmd_resize_step_kind(step), mmd_tensor_data(image),
                             mmd_frame_row_bytes(from), from, &to, &result));
    MMD_TRY(mmd_sample_set_tensor(sample, key, &result));
  }
  return mmd_resize_step_note(step, sample, from, &to);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], resize_image, out_result);
}

const mmd_component_t mmd_transform_resize = {
    .module = "Transform",
    .name = STEP,
    .help = "Scales the image.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
