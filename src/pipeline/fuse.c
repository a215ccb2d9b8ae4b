// SPDX-License-Identifier: Apache-2.0
//
// Channels are independent in every step, so choosing them can wait until the end: the pass reads
// the source's channels as they stand and takes the right one for each plane (but see
// depends_on_channels).
#include "pipeline/fuse.h"

#include "base/alloc.h"
#include "kernels/fused.h"
#include "pipeline/transforms/sample.h"
#include "pipeline/transforms/top_down.h"

//===--- which steps ---===//

typedef struct progress_t {
  bool is_resized, is_padded, is_float;
} progress_t;

static bool can_load(const mmd_step_t *step) {
  const mmd_load_step_t *load = step->options;
  return step->component == &mmd_transform_load && !load->to_float32;
}

static bool is_image_list(const mmd_value_t *keys) {
  return mmd_array_size(keys) == 1 &&
         mmd_str_equal(mmd_value_get_string(mmd_array_at(keys, 0), NULL), "img");
}

// Whether the list may end here as a pass that gives planes of floats.
static bool is_end(const mmd_step_t *step, const progress_t *progress) {
  if (step->component == &mmd_transform_image_to_tensor) {
    const mmd_to_tensor_step_t *to_tensor = step->options;
    return progress->is_float && is_image_list(to_tensor->keys);
  }
  if (step->component != &mmd_transform_default_format_bundle) return false;
  const mmd_bundle_step_t *bundle = step->options;
  return progress->is_float || bundle->img_to_float;
}

static bool can_follow(const mmd_step_t *step, progress_t *progress) {
  const bool is_plain = !progress->is_padded && !progress->is_float;
  if (step->component == &mmd_transform_resize) {
    const bool is_first = !progress->is_resized;
    progress->is_resized = true;
    return is_plain && is_first;
  }
  if (step->component == &mmd_transform_center_crop) {
    const mmd_crop_step_t *crop = step->options;
    const bool is_first = !progress->is_resized;
    progress->is_resized = progress->is_resized || crop->efficientnet_style;
    return is_plain && !crop->auto_pad && (is_first || !crop->efficientnet_style);
  }
  if (step->component == &mmd_transform_pad) {
    const mmd_pad_step_t *pad = step->options;
    const bool is_first = !progress->is_padded;
    progress->is_padded = true;
    return is_first && pad->padding_mode == MMD_PAD_CONSTANT && mmd_pad_step_is_uniform(pad);
  }
  if (step->component == &mmd_transform_normalize) {
    const mmd_normalize_step_t *normalize = step->options;
    const bool is_first = !progress->is_float;
    progress->is_float = true;
    return is_first && normalize->to_float;
  }
  return false;
}

static bool is_warp(const mmd_step_t *step) {
  return step->component == &mmd_transform_top_down_affine &&
         mmd_top_down_affine_warps(step->options);
}

// The number of steps from the first one to the end of the pass, or 0. The first one is done
// already when it loads the image.
static size_t count_from(const mmd_step_t *steps, size_t count, bool is_loaded) {
  progress_t progress = {0};
  size_t first = is_loaded ? 1 : 0;
  // A warp may come first, but only of an image that is there: whether it can be a part of the pass
  // shows with the box.
  if (!is_loaded && count && is_warp(&steps[0])) {
    progress.is_resized = true;
    first = 1;
  }
  for (size_t i = first; i < count; ++i) {
    if (is_end(&steps[i], &progress)) return i + 1;
    if (!can_follow(&steps[i], &progress)) return 0;
  }
  return 0;
}

mmd_fuse_t mmd_fuse_find(const mmd_step_t *steps, size_t count) {
  mmd_fuse_t fuse = {0};
  if (count && can_load(&steps[0])) fuse.count = count_from(steps, count, true);
  while (!fuse.count && fuse.first + 1 < count) {
    ++fuse.first;
    fuse.count = count_from(steps + fuse.first, count - fuse.first, false);
  }
  return fuse;
}

//===--- the pass ---===//

typedef struct pass_t {
  mmd_tensor_t source;  // unless it is the given image as it is
  const uint8_t *src;
  size_t src_stride;
  mmd_fused_t fused;
  mmd_frame_t frame;  // of the image at this step
  int32_t *places;    // of a warp
} pass_t;

// OpenCV's bicubic adds in another order for one channel than for three.
static bool depends_on_channels(const mmd_step_t *step) {
  if (step->component == &mmd_transform_resize) {
    return mmd_resize_step_kind(step->options) == MMD_RESIZE_CV_CUBIC;
  }
  const mmd_crop_step_t *crop = step->options;
  return step->component == &mmd_transform_center_crop && crop->efficientnet_style &&
         mmd_resize_kind_of(crop->interpolation, crop->backend) == MMD_RESIZE_CV_CUBIC;
}

static void begin_at(pass_t *pass, size_t src_channels, const uint8_t order[4]) {
  const size_t width = (size_t)pass->frame.width, height = (size_t)pass->frame.height;
  const mmd_resize_t none =
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, src_channels, width, height, width, height);
  pass->fused = mmd_fused_make(&none);
  pass->fused.planes = (size_t)pass->frame.channels;
  for (size_t p = 0; p < pass->fused.planes; ++p) pass->fused.order[p] = order[p];
}

static mmd_status_t begin_with_load(pass_t *pass, const mmd_step_t *steps, size_t count,
                                    const mmd_image_t *image, mmd_value_t *sample) {
  const mmd_load_step_t *load = steps[0].options;
  const int64_t channels = mmd_pixel_channels(mmd_load_step_format(load));
  size_t src_channels = (size_t)mmd_pixel_channels(image->format);
  uint8_t order[4] = {0, 1, 2, 3};
  pass->frame = (mmd_frame_t){image->height, image->width, channels, MMD_U8};
  bool can_wait = true;
  for (size_t i = 1; i < count; ++i) can_wait = can_wait && !depends_on_channels(&steps[i]);
  can_wait = can_wait || src_channels == (size_t)channels;
  if (can_wait && mmd_load_step_order(load, image->format, order)) {
    pass->src = image->data;
    pass->src_stride = image->row_stride;
  } else {
    MMD_TRY(mmd_load_step_convert(load, image, &pass->source));
    pass->src = mmd_tensor_data(&pass->source);
    pass->src_stride = mmd_frame_row_bytes(&pass->frame);
    src_channels = (size_t)channels;
  }
  begin_at(pass, src_channels, order);
  return mmd_load_step_note(sample, image, &pass->frame);
}

// The image that the steps before left.
static mmd_status_t begin_with_tensor(pass_t *pass, mmd_value_t *sample) {
  const uint8_t order[4] = {0, 1, 2, 3};
  MMD_TRY(mmd_sample_image(sample, "img", "Fused", &pass->source, &pass->frame));
  pass->src = mmd_tensor_data(&pass->source);
  pass->src_stride = mmd_frame_row_bytes(&pass->frame);
  begin_at(pass, (size_t)pass->frame.channels, order);
  return NULL;
}

// To the size of the frame. What was cut out before becomes the source.
static void scale(pass_t *pass, mmd_resize_kind_t kind) {
  mmd_resize_t *r = &pass->fused.resize;
  pass->src += r->window_y * pass->src_stride + r->window_x * r->channels;
  *r = mmd_resize_make(kind, r->channels, r->window_width, r->window_height,
                       (size_t)pass->frame.width, (size_t)pass->frame.height);
}

static mmd_status_t resize(pass_t *pass, const mmd_resize_step_t *step, mmd_value_t *sample) {
  const mmd_frame_t from = pass->frame;
  MMD_TRY(mmd_resize_step_target(step, sample, &pass->frame));
  scale(pass, mmd_resize_step_kind(step));
  return mmd_resize_step_note(step, sample, &from, &pass->frame);
}

static mmd_status_t crop(pass_t *pass, const mmd_crop_step_t *step, mmd_value_t *sample) {
  mmd_resize_t *r = &pass->fused.resize;
  const mmd_window_t window = mmd_crop_step_window(step, &pass->frame);
  r->window_x += (size_t)window.x;
  r->window_y += (size_t)window.y;
  r->window_width = (size_t)window.width;
  r->window_height = (size_t)window.height;
  mmd_crop_step_target(step, &window, &pass->frame);
  if (step->efficientnet_style) {
    scale(pass, mmd_resize_kind_of(step->interpolation, step->backend));
  }
  return mmd_crop_step_note(sample, &window, &pass->frame);
}

static mmd_status_t pad(pass_t *pass, const mmd_pad_step_t *step, mmd_value_t *sample) {
  mmd_padding_t padding;
  MMD_TRY(mmd_pad_step_padding(step, &pass->frame, &padding));
  pass->fused.pad_left = (size_t)padding.left;
  pass->fused.pad_top = (size_t)padding.top;
  pass->fused.pad_right = (size_t)padding.right;
  pass->fused.pad_bottom = (size_t)padding.bottom;
  pass->fused.pad_value = mmd_pad_step_value(step, 0, pass->frame.dtype);
  pass->fused.pad_first = pass->frame.dtype == MMD_U8;
  MMD_TRY(mmd_pad_step_note(step, sample, &pass->frame, &padding));
  pass->frame.width += padding.left + padding.right;
  pass->frame.height += padding.top + padding.bottom;
  return NULL;
}

static mmd_status_t normalize(pass_t *pass, const mmd_normalize_step_t *step, mmd_value_t *sample) {
  mmd_fused_t *f = &pass->fused;
  const mmd_fused_t before = *f;
  mmd_normalize_t n;
  MMD_TRY(mmd_normalize_step_make(step, &pass->frame, &n));
  for (size_t p = 0; p < f->planes; ++p) {
    f->order[p] = before.order[n.order[p]];
    f->mean[p] = n.mean[p];
    f->scale[p] = n.scale[p];
  }
  pass->frame.dtype = MMD_F32;
  return mmd_normalize_step_note(step, sample);
}

// |*out_done| is false when the map turns the image.
static mmd_status_t begin_with_warp(pass_t *pass, const mmd_step_t *step, mmd_value_t *sample,
                                    bool *out_done) {
  mmd_top_down_t crop;
  mmd_frame_t to;
  mmd_warp_affine_t warp;
  MMD_TRY(mmd_top_down_affine_plan(step->options, sample, &pass->frame, &crop, &to, &warp));
  pass->places = mmd_alloc_array(warp.width + warp.height, sizeof *pass->places);
  MMD_TRY_ALLOC(pass->places);
  *out_done = mmd_warp_affine_places(&warp, pass->places, pass->places + warp.width);
  if (!*out_done) return NULL;
  pass->frame = to;
  scale(pass, MMD_RESIZE_CV_LINEAR);
  pass->fused.resize.places_x = pass->places;
  pass->fused.resize.places_y = pass->places + warp.width;
  return mmd_top_down_affine_note(sample, &crop, &to);
}

static mmd_status_t add_step(pass_t *pass, const mmd_step_t *step, mmd_value_t *sample) {
  if (step->component == &mmd_transform_resize) return resize(pass, step->options, sample);
  if (step->component == &mmd_transform_center_crop) return crop(pass, step->options, sample);
  if (step->component == &mmd_transform_pad) return pad(pass, step->options, sample);
  if (step->component == &mmd_transform_normalize) return normalize(pass, step->options, sample);
  if (step->component == &mmd_transform_default_format_bundle) {
    return mmd_bundle_step_note(sample, &pass->frame);
  }
  return NULL;  // ImageToTensor: the layout of the result
}

static mmd_status_t finish(const pass_t *pass, mmd_pool_t *pool, mmd_value_t *sample) {
  const mmd_frame_t *frame = &pass->frame;
  const int64_t dims[4] = {1, frame->channels, frame->height, frame->width};
  mmd_shape_t shape;
  mmd_tensor_t planes = {0};
  MMD_TRY(mmd_shape_make(4, dims, &shape));
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, false, &planes));
  mmd_status_t status = mmd_fused_run(&pass->fused, pass->src, pass->src_stride,
                                      mmd_tensor_mutable_data(&planes), pool);
  if (!status) return mmd_sample_set_tensor(sample, "img", &planes);
  mmd_tensor_deinit(&planes);
  return status;
}

static bool can_use_image(const mmd_image_t *image, const mmd_value_t *sample) {
  return image && image->dtype == MMD_U8 && !mmd_object_get(sample, "img") &&
         !mmd_object_get(sample, "img_fields");
}

static bool can_use_tensor(const mmd_value_t *sample) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(sample, "img"));
  const mmd_value_t *fields = mmd_object_get(sample, "img_fields");
  if (!tensor || tensor->dtype != MMD_U8 || tensor->shape.rank != 4) return false;
  const int64_t channels = tensor->shape.dims[3];
  return (!fields || is_image_list(fields)) && tensor->shape.dims[0] == 1 &&
         (channels == 1 || channels == 3 || channels == 4);
}

mmd_status_t mmd_fuse_run(const mmd_step_t *steps, size_t count,
                          const mmd_component_context_t *context, mmd_value_t *sample,
                          bool *out_done) {
  const mmd_image_t *image = mmd_value_get_image(mmd_object_get(sample, "ori_img"));
  const bool loads = steps[0].component == &mmd_transform_load;
  *out_done = loads ? can_use_image(image, sample) : can_use_tensor(sample);
  if (!*out_done) return NULL;
  pass_t pass = {0};
  mmd_status_t status = loads ? begin_with_load(&pass, steps, count, image, sample)
                              : begin_with_tensor(&pass, sample);
  const bool warps = is_warp(&steps[0]);
  if (!status && warps) status = begin_with_warp(&pass, &steps[0], sample, out_done);
  for (size_t i = loads || warps ? 1 : 0; i < count && *out_done && !status; ++i) {
    status = add_step(&pass, &steps[i], sample);
  }
  if (!status && *out_done) status = finish(&pass, context->pool, sample);
  mmd_tensor_deinit(&pass.source);
  mmd_free(pass.places);
  return status;
}
