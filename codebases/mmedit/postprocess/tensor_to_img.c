// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmedit/postprocess/tensor_to_img.h"

#include <math.h>

#include "value/net_output.h"

#define HEAD "TensorToImg"

typedef struct tensor_to_img_t {
  const mmd_value_t *params;
} tensor_to_img_t;

static const mmd_option_t g_options[] = {
    {.name = "params",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "The head has no parameters."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, tensor_to_img_t, g_options);

typedef struct job_t {
  const float *planes;
  size_t channels, height, width;
  uint8_t *out;
  size_t stride;
} job_t;

// NaN gives 0.
static uint8_t to_byte(float value) {
  const float scaled = value * 255;
  return scaled > 0 ? (scaled < 255 ? (uint8_t)rintf(scaled) : 255) : 0;
}

static void convert_rows(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  for (size_t y = begin; y < end; ++y) {
    for (size_t c = 0; c < job->channels; ++c) {
      const float *src = job->planes + (c * job->height + y) * job->width;
      uint8_t *dst = job->out + y * job->stride + c;
      for (size_t x = 0; x < job->width; ++x) dst[x * job->channels] = to_byte(src[x]);
    }
  }
}

static mmd_status_t convert(const mmd_tensor_t *tensor, mmd_pool_t *pool, mmd_image_t *out_image) {
  const int64_t *dims = tensor->shape.dims;
  if ((dims[1] != 1 && dims[1] != 3) || dims[2] > MMD_IMAGE_MAX_SIDE ||
      dims[3] > MMD_IMAGE_MAX_SIDE) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     HEAD
                     ": 'output' of %lld channels and %lldx%lld pixels; 1 or 3 channels are "
                     "accepted",
                     (long long)dims[1], (long long)dims[2], (long long)dims[3]);
  }
  MMD_TRY(mmd_image_create((int)dims[2], (int)dims[3],
                           dims[1] == 1 ? MMD_PIXEL_GRAY : MMD_PIXEL_RGB, MMD_U8, out_image));
  job_t job = {.planes = mmd_tensor_data(tensor),
               .channels = (size_t)dims[1],
               .height = (size_t)dims[2],
               .width = (size_t)dims[3],
               .out = mmd_image_mutable_data(out_image),
               .stride = out_image->row_stride};
  mmd_parallel_for(pool, job.height, 32, convert_rows, &job);
  return NULL;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const int64_t dims[] = {1, -1, -1, -1};
  mmd_tensor_t tensor = {0};
  mmd_image_t image = {0};
  (void)options;
  MMD_TRY(mmd_net_output_get(inputs[input_count - 1], HEAD, "output", MMD_F32, 4, dims, &tensor));
  mmd_status_t status = convert(&tensor, context ? context->pool : NULL, &image);
  if (!status) {
    *out_result = mmd_value_image(&image);
    if (!*out_result) status = mmd_status_no_memory();
  }
  mmd_tensor_deinit(&tensor);
  mmd_image_deinit(&image);
  return status;
}

const mmd_component_t mmd_tensor_to_img = {
    .module = "mmedit",
    .name = HEAD,
    .help = "The network's picture as bytes, RGB or gray.",
    .options = &g_table,
    .apply = apply,
};
