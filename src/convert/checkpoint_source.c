// SPDX-License-Identifier: Apache-2.0
#include "convert/checkpoint_source.h"

#include <string.h>

#include "base/file.h"
#include "base/str.h"
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
  mmd_onnx_import_report_t report = {0};
  const mmd_onnx_import_options_t import = {.report = &report};
  if (!status) status = mmd_onnx_import(path, &import, &graph);
  if (!status) status = add_initialisers(graph, root);
  if (!status) {
    size += report.external_bytes;
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

typedef struct rest_walk_t {
  const mmd_value_t *meta;
  const char *wrapper;
  mmd_checkpoint_visit_t visit;
  void *user;
  mmd_str_t name;
} rest_walk_t;

// |left| is what the wrapper's name has behind |walk->name|; NULL where it leads elsewhere.
static mmd_status_t visit_members(rest_walk_t *walk, const mmd_value_t *object, const char *left) {
  const size_t base = walk->name.size, first = left ? strcspn(left, ".") : 0;
  for (size_t i = 0; i < mmd_object_size(object); ++i) {
    const char *key = mmd_object_key_at(object, i);
    const mmd_value_t *value = mmd_object_value_at(object, i);
    if (value == walk->meta) continue;
    if (base == 0 && strcmp(key, "__extra__") == 0) {  // what the dict of tensors held besides
      MMD_TRY(mmd_str_append(&walk->name, walk->wrapper));
      MMD_TRY(visit_members(walk, value, NULL));
      mmd_str_clear(&walk->name);
      continue;
    }
    MMD_TRY(mmd_str_printf(&walk->name, "%s%s", base ? "." : "", key));
    const bool leads =
        left && left[first] == '.' && strlen(key) == first && memcmp(key, left, first) == 0;
    MMD_TRY(leads ? visit_members(walk, value, left + first + 1)
                  : walk->visit(walk->user, mmd_str_text(&walk->name), value));
    walk->name.size = base;
    walk->name.data[base] = '\0';
  }
  return NULL;
}

mmd_status_t mmd_checkpoint_source_visit_rest(const mmd_checkpoint_t *checkpoint,
                                              mmd_checkpoint_visit_t visit, void *user) {
  const char *wrapper = mmd_checkpoint_info(checkpoint).wrapper;
  rest_walk_t walk = {mmd_checkpoint_source_meta(checkpoint), wrapper, visit, user, {0}};
  mmd_status_t status = visit_members(&walk, mmd_checkpoint_rest(checkpoint), wrapper);
  mmd_str_deinit(&walk.name);
  return status;
}
