// SPDX-License-Identifier: Apache-2.0
//
// Writing many nodes in front of one: for passes that spell a composite operator out. Errors stick:
// after the first failure every function returns NULL and does nothing.
#ifndef MMD_PASSES_SPELL_H_
#define MMD_PASSES_SPELL_H_

#include "passes/pass_util.h"

typedef struct mmd_spell_t {
  mmd_node_t *node;  // the composite; new nodes stand before it, with its scope
  mmd_status_t status;
} mmd_spell_t;

// A node of the standard domain; |inputs| may hold NULLs.
mmd_node_t *mmd_spell_node(mmd_spell_t *s, const char *op, size_t input_count,
                           mmd_edge_t *const *inputs, size_t output_count);
// The same with one or two inputs (|b| may be NULL) and one output.
mmd_edge_t *mmd_spell(mmd_spell_t *s, const char *op, mmd_edge_t *a, mmd_edge_t *b);
// The same with the integer attribute |name|.
mmd_edge_t *mmd_spell_int(mmd_spell_t *s, const char *op, mmd_edge_t *a, mmd_edge_t *b,
                          const char *name, int64_t number);
mmd_edge_t *mmd_spell_three(mmd_spell_t *s, const char *op, mmd_edge_t *a, mmd_edge_t *b,
                            mmd_edge_t *c);
void mmd_spell_set_int(mmd_spell_t *s, mmd_node_t *node, const char *name, int64_t number);
void mmd_spell_set_ints(mmd_spell_t *s, mmd_node_t *node, const char *name, size_t count,
                        const int64_t *numbers);

// Constants: rank 0, rank 1, and any shape of one float.
mmd_edge_t *mmd_spell_scalar_i64(mmd_spell_t *s, int64_t number);
mmd_edge_t *mmd_spell_i64(mmd_spell_t *s, size_t count, const int64_t *numbers);
mmd_edge_t *mmd_spell_f32(mmd_spell_t *s, int rank, const int64_t *dims, float number);
mmd_edge_t *mmd_spell_f32s(mmd_spell_t *s, int rank, const int64_t *dims, const float *numbers);

mmd_edge_t *mmd_spell_unsqueeze(mmd_spell_t *s, int64_t axis, mmd_edge_t *x);
mmd_edge_t *mmd_spell_concat(mmd_spell_t *s, int64_t axis, mmd_edge_t *a, mmd_edge_t *b);
// min(|limit|, size of axis 1) of |x|, as a tensor of one element; |limit| <= 0: the size.
mmd_edge_t *mmd_spell_limited_size(mmd_spell_t *s, mmd_edge_t *x, int64_t limit);
// Places of the |count| largest of each row of |x| [rows, length].
mmd_edge_t *mmd_spell_top_k(mmd_spell_t *s, mmd_edge_t *x, mmd_edge_t *count);

// The composite's output |i| becomes |edge|. Last of all mmd_spell_finish takes the composite away.
void mmd_spell_replace(mmd_spell_t *s, size_t i, mmd_edge_t *edge);
mmd_status_t mmd_spell_finish(mmd_spell_t *s) MMD_MUST_USE;

// A composite of ours.
bool mmd_spell_is(const mmd_node_t *node, const char *op);
// The known size of an axis, or -1.
int64_t mmd_spell_size(const mmd_edge_t *edge, int axis);

#endif  // MMD_PASSES_SPELL_H_
