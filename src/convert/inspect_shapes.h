// SPDX-License-Identifier: Apache-2.0
//
// `inspect` of the graph inside a file: --shapes, --dot, --svg.
#ifndef MMD_CONVERT_INSPECT_SHAPES_H_
#define MMD_CONVERT_INSPECT_SHAPES_H_

#include "base/str.h"
#include "graph/graph.h"
#include "value/value.h"

typedef struct mmd_inspect_view_t {
  const char *file;
  const char *checkpoint, *deploy_cfg;  // of a model config
  const char *net;                      // of a package; NULL = its first ONNX network
  const mmd_value_t *input_shapes;      // array of "NAME=1,3,224,224" or "1,3,224,224", or NULL
  int64_t depth;                        // -1 = all modules open
  bool shapes;
  const char *dot, *svg;  // files to write, or NULL
} mmd_inspect_view_t;

// What there is to say about the file beside its graph goes to |result| and |text|.
typedef mmd_status_t (*mmd_inspect_load_fn)(const mmd_inspect_view_t *view, mmd_value_t *result,
                                            mmd_str_t *text, mmd_graph_t **out_graph);
mmd_status_t mmd_inspect_load_onnx(const mmd_inspect_view_t *view, mmd_value_t *result,
                                   mmd_str_t *text, mmd_graph_t **out_graph) MMD_MUST_USE;
mmd_status_t mmd_inspect_load_package(const mmd_inspect_view_t *view, mmd_value_t *result,
                                      mmd_str_t *text, mmd_graph_t **out_graph) MMD_MUST_USE;
// The graph that a conversion would begin with.
mmd_status_t mmd_inspect_load_config(const mmd_inspect_view_t *view, mmd_value_t *result,
                                     mmd_str_t *text, mmd_graph_t **out_graph) MMD_MUST_USE;

mmd_status_t mmd_inspect_view(const mmd_inspect_view_t *view, mmd_inspect_load_fn load,
                              mmd_value_t *result, mmd_str_t *text) MMD_MUST_USE;

#endif  // MMD_CONVERT_INSPECT_SHAPES_H_
