// SPDX-License-Identifier: Apache-2.0
//
// Inputs and outputs of a net, and the way between tensors and ncnn's mats. A mat has one to four
// axes of floats, no batch, and channels that begin at multiples of 16 bytes.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_TENSORS_H_
#define MMD_BACKENDS_NCNN_RUNTIME_TENSORS_H_

#include <stdbool.h>

#include "backends/ncnn/meta.h"
#include "backends/ncnn/runtime/library.h"
#include "mmdeploy/plugin/backend.h"

typedef struct ncnn_tensor_t {
  const char *blob;                    // its name in the net
  mmdeploy_plugin_tensor_info_t info;  // rank -1: what the engine gives, behind a batch of 1
  bool may_be_empty;                   // the engine gives nothing where it has found nothing
  bool is_batched, is_flat;
  int axis_count;
  int axes[MMD_NCNN_MAX_AXES];  // of the tensor, outermost first
} ncnn_tensor_t;

// Item |item| of |input|. Sizes were checked against the descriptor. |is_blank| gives zeros in the
// place of an item that is not there.
mmd_status_t ncnn_mat_from_tensor(const ncnn_library_t *library, const ncnn_tensor_t *tensor,
                                  const mmdeploy_run_tensor_t *input, int64_t item, bool is_blank,
                                  ncnn_mat_t **out_mat) MMD_MUST_USE;

// The sizes of |mat| as those of |tensor|, with 1 for the batch; element count of one item.
mmd_status_t ncnn_mat_shape(const ncnn_library_t *library, const ncnn_tensor_t *tensor,
                            const ncnn_mat_t *mat, mmdeploy_run_tensor_t *out_shape,
                            size_t *out_count) MMD_MUST_USE;
// Elements of |mat|, packed and in the tensor's element type.
void ncnn_mat_read(const ncnn_library_t *library, const ncnn_mat_t *mat, int32_t dtype, void *out);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_TENSORS_H_
