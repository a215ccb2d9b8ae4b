// SPDX-License-Identifier: Apache-2.0
//
// TopDownAffine: a person's part of the picture in the size of the network's input. The default is
// the code base's own warp; the original runtime cuts whole pixels out, resizes them, and corrects
// centre and scale, which "method": "crop" does.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels/warp_affine.h"
#include "pipeline/transforms/top_down.h"

#define STEP "TopDownAffine"

enum { METHOD_WARP, METHOD_CROP };
static const char *const g_methods[] = {"warp", "crop", NULL};

typedef struct affine_step_t {
  mmd_ints_t image_size;
  bool use_udp;
  int method;
  int64_t release;
} affine_step_t;

static const mmd_option_t g_options[] = {
    {.name = "image_size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(affine_step_t, image_size),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Size of the network's input as [w, h]."},
    {.name = "use_udp",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(affine_step_t, use_udp),
     .default_text = "false",
     .help = "Unbiased data processing: the outermost pixels lie on the border of the box."},
    {.name = "method",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(affine_step_t, method),
     .default_text = "warp",
     .choices = g_methods,
     .help = "'warp' as the code base, or 'crop' whole pixels and resize, as MMDeploy's SDK does."},
    {.name = "release",
     .type = MMD_OPTION_INT,
     .offset = offsetof(affine_step_t, release),
     .default_text = "0",
     .help = "Major version of the package, set by the loader."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, affine_step_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  const affine_step_t *step = options;
  const mmd_frame_t size = {step->image_size.items[1], step->image_size.items[0], 3, MMD_U8};
  MMD_TRY(mmd_top_down_check_size(&step->image_size, where));
  return mmd_frame_check(where, &size, &size);
}

//===--- warp ---===//

// As mmpose turns b - a by 90 degrees about b.
static void third_point(float points[6]) {
  const float x = points[0] - points[2], y = points[1] - points[3];
  points[4] = points[2] - y;
  points[5] = points[3] + x;
}

// The middle goes to the middle, and so does the left end of the middle line (0.x: the top end).
static mmd_affine_t plain_map(const mmd_top_down_t *crop, const affine_step_t *step) {
  const double width = (double)step->image_size.items[0];
  const double height = (double)step->image_size.items[1];
  const double half = (double)(crop->scale[0] * 200.0F) * 0.5;
  const int axis = step->release >= 1 ? 0 : 1;
  float from[6] = {crop->center[0], crop->center[1], crop->center[0], crop->center[1]};
  float to[6] = {(float)(width * 0.5), (float)(height * 0.5), (float)(width * 0.5),
                 (float)(height * 0.5)};
  from[2 + axis] = (float)((double)from[2 + axis] - half);
  to[2 + axis] = (float)((double)to[2 + axis] - width * 0.5);
  third_point(from);
  third_point(to);
  return mmd_affine_from_points(from, to);
}

static mmd_affine_t udp_map(const mmd_top_down_t *crop, const affine_step_t *step) {
  mmd_affine_t map = {{0}};
  for (int i = 0; i < 2; ++i) {
    const double size = (double)(crop->scale[i] * 200.0F);
    const double factor = (double)(step->image_size.items[i] - 1) / size;
    const double shift = factor * (-0.5 * (double)(crop->center[i] * 2) + 0.5 * size);
    // mmpose's matrix is one of floats.
    map.m[4 * i] = (double)(float)factor;
    map.m[3 * i + 2] = (double)(float)shift;
  }
  return map;
}

static mmd_warp_affine_t make_warp(const affine_step_t *step, const mmd_top_down_t *crop,
                                   const mmd_frame_t *from, const mmd_frame_t *to) {
  const mmd_affine_t map = step->use_udp ? udp_map(crop, step) : plain_map(crop, step);
  return mmd_warp_affine_make((size_t)from->channels, (size_t)from->width, (size_t)from->height,
                              (size_t)to->width, (size_t)to->height, &map);
}

static mmd_status_t warp_image(const affine_step_t *step, const mmd_top_down_t *crop,
                               const mmd_tensor_t *image, const mmd_frame_t *from,
                               const mmd_frame_t *to, mmd_tensor_t *out_image) {
  const mmd_warp_affine_t warp = make_warp(step, crop, from, to);
  const size_t src_row = mmd_frame_row_bytes(from), dst_row = mmd_frame_row_bytes(to);
  const void *src = mmd_tensor_data(image);
  MMD_TRY(mmd_frame_create(to, out_image));
  void *dst = mmd_tensor_mutable_data(out_image);
  mmd_status_t status = from->dtype == MMD_F32
                            ? mmd_warp_affine_f32(&warp, src, src_row, dst, dst_row)
                            : mmd_warp_affine_u8(&warp, src, src_row, dst, dst_row);
  if (status) mmd_tensor_deinit(out_image);
  return status;
}

//===--- crop ---===//

typedef struct rect_t {
  float x, y, width, height;
} rect_t;

// Halves go away from zero.
static rect_t rounded(rect_t rect) {
  return (rect_t){roundf(rect.x), roundf(rect.y), roundf(rect.width), roundf(rect.height)};
}

static rect_t intersection(rect_t a, float width, float height) {
  const float x = fmaxf(a.x, 0), y = fmaxf(a.y, 0);
  const float right = fminf(a.x + a.width, width), bottom = fminf(a.y + a.height, height);
  // NaN fails too.
  if (!(right - x > 0 && bottom - y > 0)) return (rect_t){0};
  return (rect_t){x, y, right - x, bottom - y};
}

// Finds which pixels go where, and corrects the crop. False when no pixel is left.
static bool place_crop(const mmd_frame_t *from, const mmd_frame_t *to, mmd_top_down_t *crop,
                       rect_t *out_src, rect_t *out_dst) {
  const float w = (float)to->width, h = (float)to->height;
  const float size[2] = {crop->scale[0] * 200, crop->scale[1] * 200};
  const rect_t roi = rounded(
      (rect_t){crop->center[0] - size[0] / 2, crop->center[1] - size[1] / 2, size[0], size[1]});
  const rect_t src = intersection(roi, (float)from->width, (float)from->height);
  const float f = w / size[0];
  const rect_t dst = intersection(
      rounded((rect_t){(src.x - roi.x) * f, (src.y - roi.y) * f, src.width * f, src.height * f}), w,
      h);
  if (src.width < 1 || src.height < 1 || dst.width < 1 || dst.height < 1) return false;
  const float fx = dst.width / src.width, fy = dst.height / src.height;
  crop->center[0] = src.x + (src.width - 1) / 2 + (w / 2 - (dst.x + (dst.width - 1) / 2)) / fx;
  crop->center[1] = src.y + (src.height - 1) / 2 + (h / 2 - (dst.y + (dst.height - 1) / 2)) / fy;
  crop->scale[0] = w / fx / 200;
  crop->scale[1] = h / fy / 200;
  *out_src = src;
  *out_dst = dst;
  return true;
}

static mmd_status_t crop_image(mmd_top_down_t *crop, const mmd_tensor_t *image,
                               const mmd_frame_t *from, const mmd_frame_t *to,
                               mmd_tensor_t *out_image) {
  const size_t pixel = (size_t)from->channels * mmd_dtype_size(from->dtype);
  const size_t src_row = mmd_frame_row_bytes(from), dst_row = mmd_frame_row_bytes(to);
  rect_t src_rect, dst_rect;
  MMD_TRY(mmd_frame_create(to, out_image));
  uint8_t *dst = mmd_tensor_mutable_data(out_image);
  memset(dst, 0, dst_row * (size_t)to->height);
  if (!place_crop(from, to, crop, &src_rect, &dst_rect)) return NULL;
  const mmd_resize_t resize =
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, (size_t)from->channels, (size_t)src_rect.width,
                      (size_t)src_rect.height, (size_t)dst_rect.width, (size_t)dst_rect.height);
  const uint8_t *src = mmd_tensor_data(image);
  src += (size_t)src_rect.y * src_row + (size_t)src_rect.x * pixel;
  dst += (size_t)dst_rect.y * dst_row + (size_t)dst_rect.x * pixel;
  mmd_status_t status = from->dtype == MMD_F32
                            ? mmd_resize_f32(&resize, (const float *)(const void *)src, src_row,
                                             (float *)(void *)dst, dst_row)
                            : mmd_resize_u8(&resize, src, src_row, dst, dst_row);
  if (status) mmd_tensor_deinit(out_image);
  return status;
}

//===--- step ---===//

static mmd_status_t find_crop(const affine_step_t *step, const mmd_value_t *sample,
                              mmd_top_down_t *out_crop) {
  if (mmd_top_down_read(sample, out_crop)) return NULL;
  return mmd_top_down_from_box(sample, STEP, &step->image_size, 1.25, out_crop);
}

bool mmd_top_down_affine_warps(const void *options) {
  const affine_step_t *step = options;
  return step->method == METHOD_WARP;
}

mmd_status_t mmd_top_down_affine_plan(const void *options, const mmd_value_t *sample,
                                      const mmd_frame_t *from, mmd_top_down_t *out_crop,
                                      mmd_frame_t *out_to, mmd_warp_affine_t *out_warp) {
  const affine_step_t *step = options;
  MMD_TRY(find_crop(step, sample, out_crop));
  *out_to = (mmd_frame_t){step->image_size.items[1], step->image_size.items[0], from->channels,
                          from->dtype};
  *out_warp = make_warp(step, out_crop, from, out_to);
  return NULL;
}

mmd_status_t mmd_top_down_affine_note(mmd_value_t *sample, const mmd_top_down_t *crop,
                                      const mmd_frame_t *to) {
  MMD_TRY(mmd_sample_note_shape(sample, "img_shape", false, to));
  return mmd_top_down_note(sample, crop);
}

static mmd_status_t transform(const affine_step_t *step, mmd_value_t *sample,
                              const mmd_tensor_t *image, const mmd_frame_t *from) {
  const mmd_frame_t to = {step->image_size.items[1], step->image_size.items[0], from->channels,
                          from->dtype};
  mmd_tensor_t result = {0};
  mmd_top_down_t crop;
  if (from->dtype != MMD_U8 && from->dtype != MMD_F32) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, STEP ": images of type %s are not supported",
                     mmd_dtype_name(from->dtype));
  }
  MMD_TRY(find_crop(step, sample, &crop));
  MMD_TRY(step->method == METHOD_CROP ? crop_image(&crop, image, from, &to, &result)
                                      : warp_image(step, &crop, image, from, &to, &result));
  MMD_TRY(mmd_sample_set_tensor(sample, "img", &result));
  return mmd_top_down_affine_note(sample, &crop, &to);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  mmd_tensor_t image;
  mmd_frame_t frame;
  (void)context;
  (void)input_count;
  MMD_TRY(mmd_sample_image(inputs[0], "img", STEP, &image, &frame));
  mmd_status_t status = transform(options, inputs[0], &image, &frame);
  mmd_tensor_deinit(&image);
  if (!status) *out_result = mmd_value_retain(inputs[0]);
  return status;
}

const mmd_component_t mmd_transform_top_down_affine = {
    .module = "Transform",
    .name = STEP,
    .help = "A person's part of the picture, in the size of the network's input.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
