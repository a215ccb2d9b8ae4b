// SPDX-License-Identifier: Apache-2.0
//
// A graph in pieces that compute the same one after the other.
#ifndef MMD_CONVERT_EDIT_SPLIT_H_
#define MMD_CONVERT_EDIT_SPLIT_H_

#include "graph/graph.h"
#include "value/value.h"

// |cuts| is an array of "TENSOR,TENSOR": behind the tensors of cut k piece k + 1 begins. A node is
// in the first piece in which all that it needs is there; what a later piece needs besides the
// tensors of its cut is handed on too. |*out_pieces| are one graph more than cuts; free them by
// mmd_edit_split_free.
mmd_status_t mmd_edit_split(const mmd_graph_t *graph, const mmd_value_t *cuts,
                            mmd_graph_t ***out_pieces, size_t *out_count) MMD_MUST_USE;
void mmd_edit_split_free(mmd_graph_t **pieces, size_t count);

#endif  // MMD_CONVERT_EDIT_SPLIT_H_
