// SPDX-License-Identifier: Apache-2.0
//
// What post-processing heads read of their inputs: tensors of a network by name, and the geometry
// that the transforms noted. Messages begin with the head's name.
#ifndef MMD_VALUE_NET_OUTPUT_H_
#define MMD_VALUE_NET_OUTPUT_H_

#include "value/value.h"

// The tensor |name| of |infer_output| as packed elements of |dtype|, converted from what the
// network gave where that is a number of another type. |dims| are the sizes wanted, -1 for any;
// NULL accepts every shape of |rank|.
mmd_status_t mmd_net_output_get(const mmd_value_t *infer_output, const char *head, const char *name,
                                mmd_dtype_t dtype, int rank, const int64_t *dims,
                                mmd_tensor_t *out_tensor) MMD_MUST_USE;

// Up to four numbers of the list |key| (or of its only number, repeated); the rest of |numbers|
// stays as it was. Gives how many there were.
size_t mmd_meta_floats(const mmd_value_t *metas, const char *key, float numbers[4]);
// Height and width of a noted shape ("ori_shape" [1, h, w, c] or [h, w, c]), of the last where
// steps have noted several ("pad_shape"); fails when it is not there or no size of an image.
mmd_status_t mmd_meta_size(const mmd_value_t *metas, const char *head, const char *key,
                           int64_t *out_height, int64_t *out_width) MMD_MUST_USE;

#endif  // MMD_VALUE_NET_OUTPUT_H_
