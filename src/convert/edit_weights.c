// SPDX-License-Identifier: Apache-2.0
#include "convert/edit_weights.h"

#include <string.h>

#include "base/alloc.h"
#include "convert/checkpoint_source.h"

// Appends the name that |entry| gives |key|; nothing when it does not fit.
static mmd_status_t map_key(const char *entry, const char *key, mmd_str_t *out_name) {
  const char *equals = strchr(entry, '=');
  if (!equals || equals == entry || !equals[1]) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--weight-map '%s': KEY=NAME is expected", entry);
  }
  const char *name = equals + 1;
  size_t size = (size_t)(equals - entry), name_size = strlen(name);
  const bool is_pattern = entry[size - 1] == '*';
  if (is_pattern != (name[name_size - 1] == '*')) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "--weight-map '%s': a '*' stands at the end of both names or of none", entry);
  }
  if (!is_pattern) {
    if (strlen(key) != size || memcmp(key, entry, size) != 0) return NULL;
    return mmd_str_append(out_name, name);
  }
  if (strncmp(key, entry, size - 1) != 0) return NULL;
  MMD_TRY(mmd_str_append_n(out_name, name, name_size - 1));
  return mmd_str_append(out_name, key + size - 1);
}

static mmd_status_t name_of(const mmd_value_t *map, const char *key, size_t *hits,
                            mmd_str_t *out_name) {
  for (size_t i = 0; i < mmd_array_size(map); ++i) {
    MMD_TRY(map_key(mmd_value_get_string(mmd_array_at(map, i), ""), key, out_name));
    if (!out_name->size) continue;
    ++hits[i];
    return NULL;
  }
  return mmd_str_append(out_name, key);
}

static mmd_status_t mismatch(const char *key, const mmd_tensor_t *tensor, const mmd_edge_t *edge) {
  mmd_str_t theirs = {0}, ours = {0};
  mmd_status_t status = mmd_tensor_format(tensor, &theirs);
  if (!status) status = mmd_tensor_format(&edge->constant, &ours);
  if (!status) {
    status = MMD_ERROR(MMD_MISMATCH, "key '%s' is %s, initializer '%s' is %s", key,
                       mmd_str_text(&theirs), edge->name, mmd_str_text(&ours));
  }
  mmd_str_deinit(&theirs);
  mmd_str_deinit(&ours);
  return status;
}

static mmd_status_t replace(mmd_edge_t *edge, const char *key, const mmd_tensor_t *tensor) {
  const mmd_dtype_t dtype = edge->constant.dtype;
  const bool is_cast = tensor->dtype != dtype;
  mmd_tensor_t packed = {0};
  if (!mmd_shape_equal(&tensor->shape, &edge->constant.shape)) return mismatch(key, tensor, edge);
  if (is_cast && !(mmd_dtype_is_float(dtype) && mmd_dtype_is_float(tensor->dtype)))
    return mismatch(key, tensor, edge);
  MMD_TRY(is_cast ? mmd_tensor_cast(tensor, dtype, &packed)
                  : mmd_tensor_contiguous(tensor, &packed));
  mmd_status_t status = mmd_edge_set_constant(edge, &packed);
  mmd_tensor_deinit(&packed);
  return status;
}

static mmd_edge_t *find_constant(const mmd_graph_t *graph, const char *name) {
  mmd_edge_t *edge = mmd_graph_find_edge(graph, name);
  return edge && edge->is_constant ? edge : NULL;
}

static bool is_statistic(const char *key) {
  const char *dot = strrchr(key, '.');
  return dot && (strcmp(dot, ".running_mean") == 0 || strcmp(dot, ".running_var") == 0);
}

static mmd_status_t take_key(mmd_graph_t *graph, const mmd_checkpoint_t *checkpoint, size_t index,
                             const mmd_value_t *map, size_t *hits, mmd_edit_weights_t *weights) {
  const char *key = mmd_checkpoint_key_at(checkpoint, index);
  mmd_str_t name = {0};
  mmd_status_t status = name_of(map, key, hits, &name);
  mmd_edge_t *edge = status ? NULL : find_constant(graph, mmd_str_text(&name));
  mmd_str_deinit(&name);
  MMD_TRY(status);
  ++*(edge ? &weights->replaced : &weights->unmatched_keys);
  if (!edge && is_statistic(key)) ++weights->norm_keys;
  return edge ? replace(edge, key, mmd_checkpoint_tensor_at(checkpoint, index)) : NULL;
}

static mmd_status_t check_hits(const mmd_value_t *map, const size_t *hits) {
  for (size_t i = 0; i < mmd_array_size(map); ++i) {
    if (hits[i]) continue;
    return MMD_ERROR(MMD_NOT_FOUND, "--weight-map '%s': the file has no such key",
                     mmd_value_get_string(mmd_array_at(map, i), ""));
  }
  return NULL;
}

static mmd_status_t none_fits(const mmd_graph_t *graph, const mmd_checkpoint_t *checkpoint) {
  const mmd_region_t *root = graph->root;
  return MMD_ERROR(
      MMD_NOT_FOUND,
      "no key is the name of an initializer: the file has '%s' and %zu more, the graph '%s' and "
      "%zu more; --weight-map says which is which",
      mmd_checkpoint_size(checkpoint) ? mmd_checkpoint_key_at(checkpoint, 0) : "",
      mmd_checkpoint_size(checkpoint) ? mmd_checkpoint_size(checkpoint) - 1 : 0,
      root->constant_count ? root->constants[0]->name : "",
      root->constant_count ? root->constant_count - 1 : 0);
}

static mmd_status_t take_all(mmd_graph_t *graph, const mmd_checkpoint_t *checkpoint,
                             const mmd_value_t *map, mmd_edit_weights_t *weights) {
  size_t *hits = mmd_alloc_array(mmd_array_size(map) + 1, sizeof *hits);
  MMD_TRY_ALLOC(hits);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_checkpoint_size(checkpoint) && !status; ++i)
    status = take_key(graph, checkpoint, i, map, hits, weights);
  if (!status) status = check_hits(map, hits);
  mmd_free(hits);
  if (!status && !weights->replaced) status = none_fits(graph, checkpoint);
  return status;
}

mmd_status_t mmd_edit_weights(mmd_graph_t *graph, const char *path, const mmd_value_t *map,
                              mmd_edit_weights_t *out_weights) {
  mmd_checkpoint_t *checkpoint = NULL;
  *out_weights = (mmd_edit_weights_t){0};
  MMD_TRY(mmd_checkpoint_source_open(path, NULL, &checkpoint));
  mmd_status_t status = take_all(graph, checkpoint, map, out_weights);
  mmd_checkpoint_destroy(checkpoint);
  MMD_TRY(mmd_status_annotate(status, "%s", path));
  size_t count = 0;
  for (const mmd_region_t *region = graph->regions; region; region = region->next_region)
    count += region->constant_count;
  out_weights->kept = count > out_weights->replaced ? count - out_weights->replaced : 0;
  return NULL;
}
