// SPDX-License-Identifier: Apache-2.0
//
// The text of an ncnn net. What is read says of each tensor no more than there is room for.
#include <stdint.h>
#include <stdlib.h>

#include "backends/ncnn/runtime/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const ncnn_tensor_t *tensors, size_t count) {
  if (count > MMD_NCNN_MAX_TENSORS) abort();
  for (size_t i = 0; i < count; ++i) {
    const ncnn_tensor_t *tensor = &tensors[i];
    const int32_t rank = tensor->info.rank;
    if (!tensor->blob || !tensor->info.name || rank < -1 || rank > MMDEPLOY_PLUGIN_MAX_RANK)
      abort();
    if (tensor->axis_count < 0 || tensor->axis_count > MMD_NCNN_MAX_AXES) abort();
    for (int k = 0; k < tensor->axis_count; ++k)
      if (tensor->axes[k] < 0 || tensor->axes[k] >= rank) abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ncnn_param_t param;
  if (!mmd_status_ignore(ncnn_param_read(data, size, "fuzz", &param))) {
    check(param.inputs, param.input_count);
    check(param.outputs, param.output_count);
  }
  ncnn_param_deinit(&param);
  return 0;
}
