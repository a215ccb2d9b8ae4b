// SPDX-License-Identifier: Apache-2.0
//
// What the evaluation of operators is written with. Scratch and outputs belong to the context, so
// an operator that fails just returns.
#ifndef MMD_OPS_EVAL_UTIL_H_
#define MMD_OPS_EVAL_UTIL_H_

#include "ops/op.h"

static inline bool mmd_eval_wants(const mmd_eval_context_t *c, size_t i) {
  return i < c->output_count && c->node->outputs[i];
}
// True in fast mode when the inputs |first| to |last| are float32 or left out.
bool mmd_eval_fast_f32(const mmd_eval_context_t *c, size_t first, size_t last);

// Takes |count| times |each| units from what the run may still compute. A unit is an element made
// or read, or a multiply-add. Outputs, scratch and inputs are counted by the evaluator; operators
// that do more than so much for each of them say so before they begin.
mmd_status_t mmd_eval_work(const mmd_eval_context_t *c, size_t count, size_t each) MMD_MUST_USE;
// Units of going through a tensor once: its elements, or, where one size is 0, the others
// multiplied, for loops over the outer axes run all the same.
size_t mmd_eval_extent(const mmd_shape_t *shape);
// |count| sizes multiplied; SIZE_MAX where that does not fit.
size_t mmd_eval_product(const int64_t *sizes, int count);

// Zeroed; |out_pointer| is the address of a pointer.
mmd_status_t mmd_eval_scratch(mmd_eval_context_t *c, size_t count, size_t size,
                              void *out_pointer) MMD_MUST_USE;
// Counts |bytes| that a kernel takes itself for as long as the node runs.
mmd_status_t mmd_eval_reserve(mmd_eval_context_t *c, size_t bytes) MMD_MUST_USE;
// Makes output |i|; its elements are not initialised. |out_data| may be NULL.
mmd_status_t mmd_eval_output_create(mmd_eval_context_t *c, size_t i, mmd_dtype_t dtype,
                                    const mmd_shape_t *shape, void *out_data) MMD_MUST_USE;
// The same with the element type of |input| and maybe in its memory, when the evaluator does not
// need it any more: for operators that read each element before they write it.
mmd_status_t mmd_eval_output_reuse(mmd_eval_context_t *c, size_t i, size_t input,
                                   const mmd_shape_t *shape, void *out_data) MMD_MUST_USE;
// Output |i| is the input itself under another shape.
mmd_status_t mmd_eval_output_view(mmd_eval_context_t *c, size_t i, const mmd_tensor_t *tensor,
                                  const mmd_shape_t *shape) MMD_MUST_USE;

// All elements as numbers: the tensor's own memory when it is of that type, else scratch.
mmd_status_t mmd_eval_load_f64(mmd_eval_context_t *c, const mmd_tensor_t *tensor,
                               const double **out_numbers) MMD_MUST_USE;
mmd_status_t mmd_eval_load_i64(mmd_eval_context_t *c, const mmd_tensor_t *tensor,
                               const int64_t **out_numbers) MMD_MUST_USE;
// Makes output |i| from numbers.
mmd_status_t mmd_eval_store_f64(mmd_eval_context_t *c, size_t i, mmd_dtype_t dtype,
                                const mmd_shape_t *shape, const double *numbers) MMD_MUST_USE;
mmd_status_t mmd_eval_store_i64(mmd_eval_context_t *c, size_t i, mmd_dtype_t dtype,
                                const mmd_shape_t *shape, const int64_t *numbers) MMD_MUST_USE;

// Small integer inputs (shapes, axes): at most |max| elements of a tensor of rank 0 or 1.
mmd_status_t mmd_eval_ints(mmd_eval_context_t *c, size_t i, size_t max, int64_t *out_numbers,
                           size_t *out_count) MMD_MUST_USE;
// The only element of input |i|, or |fallback| when left out.
mmd_status_t mmd_eval_scalar_f64(mmd_eval_context_t *c, size_t i, double fallback,
                                 double *out_number) MMD_MUST_USE;
mmd_status_t mmd_eval_scalar_i64(mmd_eval_context_t *c, size_t i, int64_t fallback,
                                 int64_t *out_number) MMD_MUST_USE;
// -rank <= |axis| < rank.
mmd_status_t mmd_node_axis(const mmd_node_t *node, int64_t axis, int rank,
                           int *out_axis) MMD_MUST_USE;
// Axes from input |i| or, when that is left out, from the attribute; normalised, no repeats.
// |out_count| 0: none were given. With |i| SIZE_MAX only the attribute counts.
mmd_status_t mmd_eval_axes(mmd_eval_context_t *c, size_t i, const char *attr, int rank,
                           int out_axes[MMD_MAX_RANK], int *out_count) MMD_MUST_USE;
// An attribute of exactly |count| integers into |out_numbers|; |fallback| everywhere when absent.
mmd_status_t mmd_node_ints(const mmd_node_t *node, const char *name, size_t count, int64_t fallback,
                           int64_t *out_numbers) MMD_MUST_USE;

// Checked product of dims[begin, end).
size_t mmd_shape_range(const mmd_shape_t *shape, int begin, int end);
// Copies |count| consecutive elements of the same dtype.
mmd_status_t mmd_eval_copy(mmd_tensor_t *out, size_t to, const mmd_tensor_t *in, size_t from,
                           size_t count) MMD_MUST_USE;

// Moves what an iteration gave for the loop's value |i| into |carried|. Its element type may not
// change from one iteration to the next.
mmd_status_t mmd_eval_carry(const mmd_eval_context_t *c, size_t i, mmd_datum_t *carried,
                            mmd_datum_t *next) MMD_MUST_USE;

// Copies a box of elements. Strides are in elements and may be negative or 0 on the input side. The
// caller has checked that all lies inside.
typedef struct mmd_box_t {
  int rank;
  int64_t dims[2 * MMD_MAX_RANK];
  int64_t out_strides[2 * MMD_MAX_RANK], in_strides[2 * MMD_MAX_RANK];
  int64_t out_offset, in_offset;
} mmd_box_t;
mmd_status_t mmd_eval_copy_box(const mmd_box_t *box, mmd_tensor_t *out,
                               const mmd_tensor_t *in) MMD_MUST_USE;

// Advances |index| over |dims|, last first; false after the last.
bool mmd_index_next(int rank, const int64_t *dims, int64_t *index);

// Refuses element types that are not numbers (or not these).
mmd_status_t mmd_eval_check_number(const mmd_eval_context_t *c,
                                   const mmd_tensor_t *tensor) MMD_MUST_USE;
bool mmd_dtype_is_integer(mmd_dtype_t dtype);  // bool does not count

#endif  // MMD_OPS_EVAL_UTIL_H_
