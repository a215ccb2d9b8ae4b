// SPDX-License-Identifier: Apache-2.0
//
// The transforms from inside. What a step does to the geometry and to the metadata stands in
// functions of its own, which the step itself and the fused pass (fuse.c) both call; so the two
// cannot differ.
#ifndef MMD_PIPELINE_TRANSFORMS_STEPS_H_
#define MMD_PIPELINE_TRANSFORMS_STEPS_H_

#include "kernels/normalize.h"
#include "kernels/pad.h"
#include "kernels/resize.h"
#include "value/component.h"

// The image between two steps: a tensor [1, height, width, channels].
typedef struct mmd_frame_t {
  int64_t height, width, channels;
  mmd_dtype_t dtype;
} mmd_frame_t;

typedef struct mmd_window_t {
  int64_t x, y, width, height;
} mmd_window_t;

typedef struct mmd_padding_t {
  int64_t top, left, bottom, right;
} mmd_padding_t;

// "release" of an options struct is the major version of the package, which the loader sets: sizes
// are [height, width] in packages of 0.x and [width, height] from 1.x on.

//===--- LoadImageFromFile ---===//

typedef struct mmd_load_step_t {
  bool to_float32;
  const char *color_type, *channel_order;
} mmd_load_step_t;
mmd_pixel_format_t mmd_load_step_format(const mmd_load_step_t *step);  // BGR, RGB or GRAY
// The source channel of each result channel; false when the conversion is more than that.
bool mmd_load_step_order(const mmd_load_step_t *step, mmd_pixel_format_t source, uint8_t order[3]);
// The image in the step's format as a tensor: a view where nothing needs conversion.
mmd_status_t mmd_load_step_convert(const mmd_load_step_t *step, const mmd_image_t *image,
                                   mmd_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_load_step_note(mmd_value_t *sample, const mmd_image_t *image,
                                const mmd_frame_t *frame) MMD_MUST_USE;

//===--- Resize ---===//

typedef struct mmd_resize_step_t {
  mmd_ints_t size, scale;
  bool keep_ratio;
  int interpolation, backend, adaptive_side;
  int64_t release;
} mmd_resize_step_t;
mmd_resize_kind_t mmd_resize_step_kind(const mmd_resize_step_t *step);
// The choices of "interpolation" and "backend", and the kind that a pair of them means; the check
// fails where there is none.
extern const char *const mmd_resize_interpolations[];
extern const char *const mmd_resize_backends[];
mmd_status_t mmd_resize_check_kind(int interpolation, int backend, const char *where) MMD_MUST_USE;
mmd_resize_kind_t mmd_resize_kind_of(int interpolation, int backend);
// |frame| gets the new size; |sample| may hold a size of its own.
mmd_status_t mmd_resize_step_target(const mmd_resize_step_t *step, const mmd_value_t *sample,
                                    mmd_frame_t *frame) MMD_MUST_USE;
mmd_status_t mmd_resize_step_note(const mmd_resize_step_t *step, mmd_value_t *sample,
                                  const mmd_frame_t *from, const mmd_frame_t *to) MMD_MUST_USE;

//===--- CenterCrop ---===//

typedef struct mmd_crop_step_t {
  mmd_ints_t crop_size;
  bool efficientnet_style, auto_pad;
  int64_t crop_padding;
  int interpolation, backend;
  const mmd_value_t *pad_cfg;
  int64_t release;
} mmd_crop_step_t;
// What is cut out; of an image that has its border already where auto_pad asks for one.
mmd_window_t mmd_crop_step_window(const mmd_crop_step_t *step, const mmd_frame_t *frame);
// |to| is the result: the window, or with efficientnet_style what it is scaled to.
void mmd_crop_step_target(const mmd_crop_step_t *step, const mmd_window_t *window, mmd_frame_t *to);
mmd_status_t mmd_crop_step_note(mmd_value_t *sample, const mmd_window_t *window,
                                const mmd_frame_t *to) MMD_MUST_USE;

//===--- Pad ---===//

typedef struct mmd_pad_step_t {
  mmd_ints_t size;
  int64_t size_divisor;
  bool pad_to_square, orientation_agnostic;
  const mmd_value_t *pad_val;
  int padding_mode;  // mmd_pad_mode_t
  int64_t logical_or_val, add_pix_val;
  int64_t release;
} mmd_pad_step_t;
mmd_status_t mmd_pad_step_padding(const mmd_pad_step_t *step, const mmd_frame_t *frame,
                                  mmd_padding_t *out_padding) MMD_MUST_USE;
// The border of an image of |dtype|: bytes are rounded and saturated.
float mmd_pad_step_value(const mmd_pad_step_t *step, size_t channel, mmd_dtype_t dtype);
bool mmd_pad_step_is_uniform(const mmd_pad_step_t *step);  // the same in all channels
// The image with its border.
mmd_status_t mmd_pad_step_image(const mmd_pad_step_t *step, const mmd_tensor_t *image,
                                const mmd_frame_t *frame, const mmd_padding_t *padding,
                                mmd_tensor_t *out_image) MMD_MUST_USE;
// |frame| is the image without its border.
mmd_status_t mmd_pad_step_note(const mmd_pad_step_t *step, mmd_value_t *sample,
                               const mmd_frame_t *frame, const mmd_padding_t *padding) MMD_MUST_USE;

//===--- Normalize ---===//

typedef struct mmd_normalize_step_t {
  mmd_floats_t mean, std;
  bool to_rgb, to_float;
} mmd_normalize_step_t;
mmd_status_t mmd_normalize_step_make(const mmd_normalize_step_t *step, const mmd_frame_t *frame,
                                     mmd_normalize_t *out_normalize) MMD_MUST_USE;
mmd_status_t mmd_normalize_step_note(const mmd_normalize_step_t *step,
                                     mmd_value_t *sample) MMD_MUST_USE;

//===--- ImageToTensor, DefaultFormatBundle, Collect, Compose ---===//

typedef struct mmd_to_tensor_step_t {
  const mmd_value_t *keys;
} mmd_to_tensor_step_t;

typedef struct mmd_bundle_step_t {
  bool img_to_float;
} mmd_bundle_step_t;
mmd_status_t mmd_bundle_step_note(mmd_value_t *sample, const mmd_frame_t *frame) MMD_MUST_USE;

typedef struct mmd_collect_step_t {
  const mmd_value_t *keys, *meta_keys;
} mmd_collect_step_t;

typedef struct mmd_compose_step_t {
  const mmd_value_t *transforms;
} mmd_compose_step_t;  // Lift has the same

extern const mmd_component_t mmd_transform_load, mmd_transform_resize, mmd_transform_center_crop,
    mmd_transform_pad, mmd_transform_normalize, mmd_transform_image_to_tensor,
    mmd_transform_default_format_bundle, mmd_transform_collect;
// Has no apply: its steps are taken over by the list around it.
extern const mmd_component_t mmd_transform_compose;
// Has no apply: preprocess.c runs its steps on each item of a list (the frames of a video).
extern const mmd_component_t mmd_transform_lift;
// Poses: the part of the picture that the network gets.
extern const mmd_component_t mmd_transform_top_down_get_bbox_center_scale,
    mmd_transform_top_down_affine;
// Videos: crops of a frame, and the tensor of a clip.
extern const mmd_component_t mmd_transform_ten_crop, mmd_transform_three_crop,
    mmd_transform_format_shape;
extern const mmd_component_t mmd_transform_letter_resize;
// Text.
extern const mmd_component_t mmd_transform_resize_ocr, mmd_transform_rescale_to_height,
    mmd_transform_short_scale_aspect_jitter, mmd_transform_pad_to_width,
    mmd_transform_to_tensor_ocr, mmd_transform_normalize_ocr;

#endif  // MMD_PIPELINE_TRANSFORMS_STEPS_H_
