// SPDX-License-Identifier: Apache-2.0
#include "convert/checkpoint_source.h"

#include <string.h>

#include "base/file.h"
#include "frontends/onnx/import.h"

static mmd_status_t add_constants(const mmd_region_t *region, mmd_value_t *root) {
  for (size_t i = 0; i < region->constant_count; ++i) {
    const mmd_edge_t *edge = region->constants[i];
    MMD_TRY(mmd_object_take(root, edge->name, mmd_value_tensor(&edge->constant)));
  }
  return NULL;
}

static mmd_status_t add_initialisers(const mmd_graph_t *graph, mmd_value_t *root) {
  MMD_TRY(add_constants(graph->root, root));
  for (const mmd_region_t *r = graph->regions; r; r = r->next_region) {
    if (r != graph->root) MMD_TRY(add_constants(r, root));
  }
  return NULL;
}

static mmd_status_t open_onnx(const char *path, const mmd_checkpoint_options_t *options,
                              mmd_checkpoint_t **out_checkpoint) {
  uint64_t size = 0;
  mmd_graph_t *graph = NULL;
  mmd_value_t *root = mmd_value_object();
  MMD_TRY_ALLOC(root);
  mmd_status_t status = mmd_path_size(path, &size);
  if (!status) status = mmd_onnx_import(path, NULL, &graph);
  if (!status) status = add_initialisers(graph, root);
  if (!status) {
    status = mmd_checkpoint_from_value(root, path, "onnx", (size_t)size, options, out_checkpoint);
  }
  mmd_graph_destroy(graph);
  mmd_value_release(root);
  return status;
}

mmd_status_t mmd_checkpoint_source_open(const char *path, const mmd_checkpoint_options_t *options,
                                        mmd_checkpoint_t **out_checkpoint) {
  *out_checkpoint = NULL;
  if (strcmp(mmd_path_extension(path), ".onnx") == 0) {
    return open_onnx(path, options, out_checkpoint);
  }
  return mmd_checkpoint_open(path, options, out_checkpoint);
}

const mmd_value_t *mmd_checkpoint_source_meta(const mmd_checkpoint_t *checkpoint) {
  const mmd_value_t *meta = mmd_checkpoint_meta(checkpoint);
  return mmd_value_kind(meta) == MMD_VALUE_OBJECT ? meta : NULL;
}
