// SPDX-License-Identifier: Apache-2.0
//
// DeepposeRegressionHeadDecode: a network that gives places in the crop, from 0 to 1, and with two
// more columns how unsure it is of them.
#include <stddef.h>

#include "base/alloc.h"
#include "codebases/mmpose/postprocess/heads.h"
#include "codebases/mmpose/postprocess/key_points.h"

#define HEAD "DeepposeRegressionHeadDecode"

typedef struct deeppose_t {
  bool flip_test;
} deeppose_t;

static const mmd_option_t g_options[] = {
    {.name = "flip_test",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(deeppose_t, flip_test),
     .default_text = "false",
     .flags = MMD_OPTION_IGNORED,
     .help = "The exported network does not flip."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, deeppose_t, g_options);

static void decode(const float *rows, size_t columns, size_t count, const mmd_crop_t *crop,
                   double width, double height, mmd_key_point_t *out_points) {
  for (size_t i = 0; i < count; ++i, rows += columns) {
    const float score = columns == 4 ? ((1 - rows[2]) + (1 - rows[3])) / 2 : 1;
    out_points[i] = (mmd_key_point_t){rows[0] * (float)width, rows[1] * (float)height, score};
    mmd_crop_map(crop, width, height, &out_points[i]);
  }
}

static mmd_status_t decode_rows(const mmd_tensor_t *output, const mmd_crop_t *crop, int64_t width,
                                int64_t height, mmd_value_t **out_result) {
  const size_t count = (size_t)output->shape.dims[1], columns = (size_t)output->shape.dims[2];
  if (columns != 2 && columns != 4) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": 'output' has %zu columns; 2 or 4 are accepted",
                     columns);
  }
  mmd_key_point_t *points = mmd_alloc_array(count + 1, sizeof *points);
  MMD_TRY_ALLOC(points);
  decode(mmd_tensor_data(output), columns, count, crop, (double)width, (double)height, points);
  mmd_status_t status = mmd_key_points_to_value(points, count, out_result);
  mmd_free(points);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const mmd_value_t *metas = mmd_object_get(inputs[0], "img_metas");
  const int64_t dims[] = {1, -1, -1};
  int64_t height, width;
  mmd_tensor_t output;
  mmd_crop_t crop;
  (void)options;
  (void)context;
  (void)input_count;
  MMD_TRY(mmd_crop_read(inputs[0], HEAD, &crop));
  MMD_TRY(mmd_meta_size(metas, HEAD, "img_shape", &height, &width));
  MMD_TRY(mmd_net_output_get(inputs[1], HEAD, "output", MMD_F32, 3, dims, &output));
  mmd_status_t status = decode_rows(&output, &crop, width, height, out_result);
  mmd_tensor_deinit(&output);
  return status;
}

const mmd_component_t mmd_deeppose_regression_head = {
    .module = "mmpose",
    .name = HEAD,
    .help = "Key points of a person from places that the network gives.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
};
