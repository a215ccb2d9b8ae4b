// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_GRAPH_TEXT_H_
#define MMD_GRAPH_TEXT_H_

#include "graph/graph.h"

enum {
  MMD_TEXT_WEIGHTS =
      1,  // all elements of constants; else only those of at most 16 elements, others as a hash
  MMD_TEXT_NO_TYPES = 2,
};

// Readable text of the whole graph, one node a line; appends.
mmd_status_t mmd_graph_print(const mmd_graph_t *graph, unsigned flags,
                             mmd_str_t *out_text) MMD_MUST_USE;

// Reads what mmd_graph_print with MMD_TEXT_WEIGHTS wrote (elided constants become zeros). |name|
// stands in messages.
mmd_status_t mmd_graph_parse(const char *text, size_t size, const char *name,
                             mmd_graph_t **out_graph) MMD_MUST_USE;

#endif  // MMD_GRAPH_TEXT_H_
