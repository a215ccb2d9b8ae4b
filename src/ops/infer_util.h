// SPDX-License-Identifier: Apache-2.0
//
// What the type rules of operators are written with. Rules are lenient: what they cannot tell stays
// unknown. A NULL dimension means "not known": the one that stood there before is kept, else a
// fresh symbol is made.
#ifndef MMD_OPS_INFER_UTIL_H_
#define MMD_OPS_INFER_UTIL_H_

#include "ops/op.h"

enum { MMD_INFER_MAX_ELEMENTS = 64 };

// Type of input |i| when it is a tensor, else NULL; with a known rank for _ranked.
const mmd_type_t *mmd_infer_tensor(const mmd_infer_context_t *c, size_t i);
const mmd_type_t *mmd_infer_ranked(const mmd_infer_context_t *c, size_t i);
mmd_dtype_t mmd_infer_dtype(const mmd_infer_context_t *c, size_t i);  // UNDEFINED when not known
// The weights of input |i| when it is constant, else NULL.
const mmd_tensor_t *mmd_infer_constant(const mmd_infer_context_t *c, size_t i);
// Elements of a small integer input as expressions.
bool mmd_infer_elements(const mmd_infer_context_t *c, size_t i,
                        const mmd_dim_t *const **out_elements, size_t *out_count);
// The same when all are numbers.
bool mmd_infer_numbers(const mmd_infer_context_t *c, size_t i, size_t max, int64_t *out_numbers,
                       size_t *out_count);
// Axes from the input or, when it is left out, the attribute. False when they are not known.
// No axes: *out_count = 0 and true.
bool mmd_infer_axes(const mmd_infer_context_t *c, size_t i, const char *attr, int rank,
                    int out_axes[MMD_MAX_RANK], int *out_count);

// Sets output |i| when the node has it. |rank| -1: not known. |dims| may hold NULLs, or be NULL.
mmd_status_t mmd_infer_output(mmd_infer_context_t *c, size_t i, mmd_dtype_t dtype, int rank,
                              const mmd_dim_t *const *dims) MMD_MUST_USE;
mmd_status_t mmd_infer_output_type(mmd_infer_context_t *c, size_t i,
                                   const mmd_type_t *type) MMD_MUST_USE;
// Does nothing when |count| is too large or one is NULL.
mmd_status_t mmd_infer_output_elements(mmd_infer_context_t *c, size_t i, size_t count,
                                       const mmd_dim_t *const *elements) MMD_MUST_USE;
// Rank and dims as those of |like| (may be NULL: unknown).
mmd_status_t mmd_infer_output_like(mmd_infer_context_t *c, size_t i, mmd_dtype_t dtype,
                                   const mmd_type_t *like) MMD_MUST_USE;

// Sets the elements of the integer output 0 when the float input 0 was computed from sizes
// (infer_float.c).
mmd_status_t mmd_infer_truncated(mmd_infer_context_t *c) MMD_MUST_USE;

// Broadcast of two dimensions; NULL when not known. An error when they contradict.
mmd_status_t mmd_infer_broadcast_dim(mmd_infer_context_t *c, const mmd_dim_t *a, const mmd_dim_t *b,
                                     const mmd_dim_t **out_dim) MMD_MUST_USE;
// Broadcast of all inputs [first, last]; *out_rank -1 when not known.
mmd_status_t mmd_infer_broadcast(mmd_infer_context_t *c, size_t first, size_t last, int *out_rank,
                                 const mmd_dim_t *out_dims[MMD_MAX_RANK]) MMD_MUST_USE;
// Output 0 as numpy's product of the matrices, or stacks of them, |a_at| and |b_at|.
mmd_status_t mmd_infer_product(mmd_infer_context_t *c, size_t a_at, size_t b_at,
                               mmd_dtype_t dtype) MMD_MUST_USE;
// True when |dim| cannot be negative, taking symbols for sizes.
bool mmd_infer_is_size(const mmd_dim_t *dim);
const mmd_dim_t *mmd_infer_const(mmd_infer_context_t *c, int64_t number);

// Whole rules.
mmd_status_t mmd_infer_same(mmd_infer_context_t *c) MMD_MUST_USE;       // output 0 is as input 0
mmd_status_t mmd_infer_same_bool(mmd_infer_context_t *c) MMD_MUST_USE;  // its shape, bool
mmd_status_t mmd_infer_numpy(mmd_infer_context_t *c)
    MMD_MUST_USE;  // broadcast, element type of input 0
mmd_status_t mmd_infer_numpy_bool(mmd_infer_context_t *c) MMD_MUST_USE;  // broadcast, bool
mmd_status_t mmd_infer_dtype_only(mmd_infer_context_t *c)
    MMD_MUST_USE;  // element type of input 0, any shape

// Region by region (infer.c), for operators that own some.
mmd_status_t mmd_infer_region(mmd_graph_t *graph, mmd_region_t *region) MMD_MUST_USE;
// What goes in through node input |i| tells the kind and element type of a region's |input| that
// has no type; sizes may differ from one run of the region to the next.
mmd_status_t mmd_infer_region_input(const mmd_infer_context_t *c, size_t i,
                                    mmd_edge_t *input) MMD_MUST_USE;
// A graph that calls functions (infer_functions.c).
mmd_status_t mmd_infer_functions(mmd_graph_t *graph) MMD_MUST_USE;

#endif  // MMD_OPS_INFER_UTIL_H_
