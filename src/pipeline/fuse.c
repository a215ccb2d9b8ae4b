// SPDX-License-Identifier: Apache-2.0
//
// Channels are independent in every step, so choosing them can wait until the end: the pass reads
// the source's channels as they stand and takes the right one for each plane.
#include "pipeline/fuse.h"

#include "kernels/fused.h"
#include "pipeline/transforms/sample.h"

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
  if (step->component == &mmd_transform_center_crop) return is_plain;
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

size_t mmd_fuse_count(const mmd_step_t *steps, size_t count) {
  progress_t progress = {0};
  if (!count || !can_load(&steps[0])) return 0;
  for (size_t i = 1; i < count; ++i) {
    if (is_end(&steps[i], &progress)) return i + 1;
    if (!can_follow(&steps[i], &progress)) return 0;
  }
  return 0;
}

//===--- the pass ---===//

typedef struct pass_t {
  mmd_tensor_t converted;  // the source, when its colours needed more than a choice of channels
  const uint8_t *src;
  size_t src_stride;
  mmd_fused_t fused;
  mmd_frame_t frame;  // of the image at this step
} pass_t;

static mmd_status_t begin(pass_t *pass, const mmd_load_step_t *load, const mmd_image_t *image,
                          mmd_value_t *sample) {
  const int64_t channels = mmd_pixel_channels(mmd_load_step_format(load));
  size_t src_channels = (size_t)mmd_pixel_channels(image->format);
  uint8_t order[3] = {0, 1, 2};
  pass->frame = (mmd_frame_t){image->height, image->width, channels, MMD_U8};
  if (mmd_load_step_order(load, image->format, order)) {
    pass->src = image->data;
    pass->src_stride = image->row_stride;
  } else {
    MMD_TRY(mmd_load_step_convert(load, image, &pass->converted));
    pass->src = mmd_tensor_data(&pass->converted);
    pass->src_stride = mmd_frame_row_bytes(&pass->frame);
    src_channels = (size_t)channels;
  }
  const size_t width = (size_t)image->width, height = (size_t)image->height;
  const mmd_resize_t none =
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, src_channels, width, height, width, height);
  pass->fused = mmd_fused_make(&none);
  pass->fused.planes = (size_t)channels;
  for (size_t p = 0; p < pass->fused.planes; ++p) pass->fused.order[p] = order[p];
  return mmd_load_step_note(sample, image, &pass->frame);
}

// What was cut out before becomes the source.
static mmd_status_t resize(pass_t *pass, const mmd_resize_step_t *step, mmd_value_t *sample) {
  mmd_resize_t *r = &pass->fused.resize;
  const mmd_frame_t from = pass->frame;
  MMD_TRY(mmd_resize_step_target(step, sample, &pass->frame));
  pass->src += r->window_y * pass->src_stride + r->window_x * r->channels;
  *r = mmd_resize_make(mmd_resize_step_kind(step), r->channels, (size_t)from.width,
                       (size_t)from.height, (size_t)pass->frame.width, (size_t)pass->frame.height);
  return mmd_resize_step_note(step, sample, &from, &pass->frame);
}

static mmd_status_t crop(pass_t *pass, const mmd_crop_step_t *step, mmd_value_t *sample) {
  mmd_resize_t *r = &pass->fused.resize;
  const mmd_window_t window = mmd_crop_step_window(step, &pass->frame);
  r->window_x += (size_t)window.x;
  r->window_y += (size_t)window.y;
  r->window_width = (size_t)window.width;
  r->window_height = (size_t)window.height;
  pass->frame.width = window.width;
  pass->frame.height = window.height;
  return mmd_crop_step_note(sample, &window, pass->frame.channels);
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

mmd_status_t mmd_fuse_run(const mmd_step_t *steps, size_t count,
                          const mmd_component_context_t *context, mmd_value_t *sample,
                          bool *out_done) {
  const mmd_image_t *image = mmd_value_get_image(mmd_object_get(sample, "ori_img"));
  *out_done = image && image->dtype == MMD_U8 && !mmd_object_get(sample, "img") &&
              !mmd_object_get(sample, "img_fields");
  if (!*out_done) return NULL;
  pass_t pass = {0};
  mmd_status_t status = begin(&pass, steps[0].options, image, sample);
  for (size_t i = 1; i < count && !status; ++i) status = add_step(&pass, &steps[i], sample);
  if (!status) status = finish(&pass, context->pool, sample);
  mmd_tensor_deinit(&pass.converted);
  return status;
}
