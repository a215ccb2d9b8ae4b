// SPDX-License-Identifier: Apache-2.0
//
// FormatShape: the frames of a clip, or their cuts, as one float tensor. What else the frames held
// is gone.
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "kernels/layout.h"
#include "pipeline/transforms/sample.h"

#define STEP "FormatShape"

enum { FORMAT_NCHW, FORMAT_NCTHW };
static const char *const g_formats[] = {"NCHW", "NCTHW", NULL};

typedef struct format_step_t {
  int input_format;
} format_step_t;

static const mmd_option_t g_options[] = {
    {.name = "input_format",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(format_step_t, input_format),
     .choices = g_formats,
     .flags = MMD_OPTION_REQUIRED,
     .help = "NCHW: [1, N, C, H, W]; NCTHW: [1, clips, C, length of a clip, H, W]."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, format_step_t, g_options);

// The images of a clip: of each cut all frames.
typedef struct clip_t {
  const mmd_value_t *frames;
  size_t frame_count, cut_count, length;
  mmd_frame_t size;  // of all images
} clip_t;

static const mmd_tensor_t *image_at(const clip_t *clip, size_t index) {
  const mmd_value_t *frame = mmd_array_at(clip->frames, index % clip->frame_count);
  const mmd_value_t *cuts = mmd_object_get(frame, "imgs");
  const mmd_value_t *image =
      cuts ? mmd_array_at(cuts, index / clip->frame_count) : mmd_object_get(frame, "img");
  return mmd_value_get_tensor(image);
}

static bool fits(const clip_t *clip, const mmd_tensor_t *image) {
  return image && image->shape.rank == 4 && image->shape.dims[0] == 1 &&
         image->shape.dims[1] == clip->size.height && image->shape.dims[2] == clip->size.width &&
         image->shape.dims[3] == clip->size.channels && mmd_tensor_count(image) > 0;
}

static mmd_status_t read_clip(const format_step_t *step, const mmd_value_t *frames,
                              clip_t *out_clip) {
  const mmd_value_t *first = mmd_array_at(frames, 0);
  const mmd_value_t *cuts = mmd_object_get(first, "imgs");
  *out_clip = (clip_t){.frames = frames, .frame_count = mmd_array_size(frames)};
  out_clip->cut_count = cuts ? mmd_array_size(cuts) : 1;
  const size_t count = out_clip->frame_count * out_clip->cut_count;
  const mmd_tensor_t *image = count ? image_at(out_clip, 0) : NULL;
  if (!image || image->shape.rank != 4) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, STEP ": expected a list of frames with 'img' or 'imgs'");
  }
  const int64_t *dims = image->shape.dims;
  out_clip->size = (mmd_frame_t){dims[1], dims[2], dims[3], MMD_F32};
  const int64_t length = mmd_value_get_int(mmd_object_get(first, "clip_len"), 0);
  if (step->input_format == FORMAT_NCTHW && (length < 1 || count % (size_t)length)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, STEP ": %zu images are no clips of clip_len %lld", count,
                     (long long)length);
  }
  out_clip->length = step->input_format == FORMAT_NCTHW ? (size_t)length : 1;
  return NULL;
}

static mmd_status_t make_shape(const format_step_t *step, const clip_t *clip,
                               mmd_shape_t *out_shape) {
  const int64_t count = (int64_t)(clip->frame_count * clip->cut_count);
  const int64_t length = (int64_t)clip->length, c = clip->size.channels;
  const int64_t h = clip->size.height, w = clip->size.width;
  const int64_t nchw[] = {1, count, c, h, w}, ncthw[] = {1, count / length, c, length, h, w};
  return step->input_format == FORMAT_NCTHW ? mmd_shape_make(6, ncthw, out_shape)
                                            : mmd_shape_make(5, nchw, out_shape);
}

// Puts image |index| into its place: its channels are |length| planes apart.
static mmd_status_t put_image(const clip_t *clip, size_t index, float *planes, float *dst) {
  const size_t width = (size_t)clip->size.width, height = (size_t)clip->size.height;
  const size_t area = width * height, channels = (size_t)clip->size.channels;
  const mmd_tensor_t *image = image_at(clip, index);
  mmd_tensor_t packed = {0};
  if (!fits(clip, image)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, STEP ": image %zu has another size than the first",
                     index);
  }
  MMD_TRY(image->dtype == MMD_F32 ? mmd_tensor_contiguous(image, &packed)
                                  : mmd_tensor_cast(image, MMD_F32, &packed));
  mmd_layout_hwc_to_chw(mmd_tensor_data(&packed), width * channels * sizeof(float), width, height,
                        channels, sizeof(float), planes);
  mmd_tensor_deinit(&packed);
  dst += (index / clip->length * channels * clip->length + index % clip->length) * area;
  for (size_t c = 0; c < channels; ++c) {
    memcpy(dst + c * clip->length * area, planes + c * area, area * sizeof(float));
  }
  return NULL;
}

static mmd_status_t fill(const clip_t *clip, float *dst) {
  const size_t size = (size_t)(clip->size.width * clip->size.height * clip->size.channels);
  float *planes = mmd_alloc_array(size, sizeof *planes);
  MMD_TRY_ALLOC(planes);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < clip->frame_count * clip->cut_count && !status; ++i) {
    status = put_image(clip, i, planes, dst);
  }
  mmd_free(planes);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  mmd_tensor_t tensor = {0};
  mmd_shape_t shape;
  clip_t clip;
  (void)context;
  (void)input_count;
  MMD_TRY(read_clip(options, inputs[0], &clip));
  MMD_TRY(make_shape(options, &clip, &shape));
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  mmd_value_t *result = mmd_value_object();
  mmd_status_t status =
      result ? fill(&clip, mmd_tensor_mutable_data(&tensor)) : mmd_status_no_memory();
  if (status)
    mmd_tensor_deinit(&tensor);
  else
    status = mmd_sample_set_tensor(result, "img", &tensor);
  if (status)
    mmd_value_release(result);
  else
    *out_result = result;
  return status;
}

const mmd_component_t mmd_transform_format_shape = {
    .module = "Transform",
    .name = STEP,
    .help = "Makes one tensor of the frames of a clip.",
    .options = &g_table,
    .apply = apply,
};
