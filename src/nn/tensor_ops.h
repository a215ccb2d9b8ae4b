// SPDX-License-Identifier: Apache-2.0
//
// Moving and choosing elements: what heads are written with. Axes may be negative where the rank
// need not be known.
#ifndef MMD_NN_TENSOR_OPS_H_
#define MMD_NN_TENSOR_OPS_H_

#include "nn/builder.h"

// 0 keeps the size at its place, -1 is what is left.
mmd_edge_t *mmd_nn_reshape(mmd_builder_t *builder, size_t rank, const int64_t *dims, mmd_edge_t *x);
mmd_edge_t *mmd_nn_transpose(mmd_builder_t *builder, size_t rank, const int64_t *perm,
                             mmd_edge_t *x);
mmd_edge_t *mmd_nn_concat(mmd_builder_t *builder, int64_t axis, size_t count,
                          mmd_edge_t *const *items);  // one item is given back
// x[begin:end] along |axis|; INT64_MAX is the end.
mmd_edge_t *mmd_nn_slice(mmd_builder_t *builder, int64_t axis, int64_t begin, int64_t end,
                         mmd_edge_t *x);
// The axis in |count| parts of |sizes|.
void mmd_nn_split(mmd_builder_t *builder, int64_t axis, size_t count, const int64_t *sizes,
                  mmd_edge_t *x, mmd_edge_t **out_parts);
mmd_edge_t *mmd_nn_unsqueeze(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x);
mmd_edge_t *mmd_nn_squeeze(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x);
mmd_edge_t *mmd_nn_cast(mmd_builder_t *builder, mmd_dtype_t dtype, mmd_edge_t *x);
mmd_edge_t *mmd_nn_gather(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x, mmd_edge_t *index);
// Largest of the axis, which goes.
mmd_edge_t *mmd_nn_reduce_max(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x);
// x * number, x + number; nothing for 1 and 0.
mmd_edge_t *mmd_nn_scale(mmd_builder_t *builder, float number, mmd_edge_t *x);
mmd_edge_t *mmd_nn_shift(mmd_builder_t *builder, float number, mmd_edge_t *x);
// Limits; an infinity is none.
mmd_edge_t *mmd_nn_clip(mmd_builder_t *builder, float low, float high, mmd_edge_t *x);
// |x|, and 0 where |condition| is |when|.
mmd_edge_t *mmd_nn_zero_where(mmd_builder_t *builder, mmd_edge_t *condition, bool when,
                              mmd_edge_t *x);

// NCHW of |groups| times |size| channels -> [batch, height * width * groups, size].
mmd_edge_t *mmd_nn_flatten_map(mmd_builder_t *builder, int64_t size, mmd_edge_t *x);

// Places of the min(|k|, length) largest of each row of |x| [batch, length]; NULL (and no failure)
// when the length is known and not above |k|.
mmd_edge_t *mmd_nn_top_k(mmd_builder_t *builder, int64_t k, mmd_edge_t *x);
// Rows |index| [batch, k] of |x| [batch, length, …].
mmd_edge_t *mmd_nn_gather_rows(mmd_builder_t *builder, mmd_edge_t *x, mmd_edge_t *index);

#endif  // MMD_NN_TENSOR_OPS_H_
