// SPDX-License-Identifier: Apache-2.0
//
// The walk over a graph: which nodes are needed, inputs and outputs, and what the runtime is told.
#include "backends/ncnn/target/lower_graph.h"

#include <string.h>

#include "backends/ncnn/target/lower_table.h"
#include "value/json.h"

//===--- values ------------------------------------------------------------===//

void nc_graph_bind(nc_lower_t *l, const mmd_edge_t *edge, nc_blob_t *blob) {
  if (l->status || !blob) return;
  nc_fail(l, mmd_map_set(&l->values, edge->name, blob, NULL));
  if (l->status || blob->name) return;
  // The name of an output that others take too is kept for its copy.
  const bool is_shared = mmd_edge_is_output(edge) && mmd_edge_use_count(edge) > 1;
  const char *name =
      is_shared ? mmd_arena_printf(&l->net->arena, "%s_shared", edge->name) : edge->name;
  nc_fail(l, name ? nc_net_name_blob(l->net, blob, name) : mmd_status_no_memory());
}

static nc_blob_t *constant_value(nc_lower_t *l, const mmd_edge_t *edge) {
  nc_form_t form;
  int64_t sizes[MMD_NCNN_MAX_AXES];
  if (!nc_form_of(l->graph, &edge->type, l->batch, &form)) return NULL;
  for (int i = 0; i < form.count && !form.is_flat; ++i) sizes[i] = nc_dim_size(form.dims[i]);
  if (form.is_flat) sizes[0] = (int64_t)mmd_tensor_count(&edge->constant);
  nc_blob_t *blob = nc_constant(l, &edge->constant, form.count, sizes);
  nc_graph_bind(l, edge, blob);
  return blob;
}

nc_blob_t *nc_graph_value(nc_lower_t *l, const mmd_edge_t *edge) {
  if (l->status) return NULL;
  nc_blob_t *found = mmd_map_get(&l->values, edge->name);
  return found || !edge->is_constant ? found : constant_value(l, edge);
}

//===--- needed nodes ------------------------------------------------------===//

// What computes sizes alone is not lowered: sizes come from the types.
static void mark_edge(const mmd_edge_t *edge) {
  if (edge && edge->producer) edge->producer->mark = 1;
}

static void mark_needed(const mmd_region_t *root) {
  for (mmd_node_t *node = root->first; node; node = node->next) node->mark = 0;
  for (size_t i = 0; i < root->output_count; ++i) mark_edge(root->outputs[i]);
  for (mmd_node_t *node = root->last; node; node = node->previous) {
    for (size_t i = 0; i < node->input_count && node->mark; ++i) {
      if (nc_lowering_takes(node, i)) mark_edge(node->inputs[i]);
    }
  }
}

static void lower_nodes(nc_lower_t *l, const mmd_region_t *root) {
  for (const mmd_node_t *node = root->first; node && !l->status; node = node->next) {
    const nc_lowering_fn lowering = nc_lowering_find(node);
    if (!node->mark) continue;
    l->node = node;
    l->is_refused = false;
    if (lowering) {
      lowering(l);
    } else {
      nc_refuse(l, "no layer for it");
    }
  }
  l->node = NULL;
  l->is_refused = false;
}

//===--- inputs and outputs ------------------------------------------------===//

static void lower_input(nc_lower_t *l, const mmd_edge_t *edge) {
  nc_layer_t *layer = NULL;
  if (l->status) return;
  nc_fail(l, nc_net_add_layer(l->net, "Input", edge->name, 0, NULL, 1, &layer));
  if (!l->status) nc_graph_bind(l, edge, layer->outputs[0]);
}

// The output's name belongs to a blob that nobody takes and that is no input.
static nc_blob_t *lower_output(nc_lower_t *l, const mmd_edge_t *edge) {
  nc_blob_t *blob = nc_graph_value(l, edge);
  nc_layer_t *layer = NULL;
  if (l->status || !blob) return NULL;
  const bool is_free =
      blob->user_count == 0 && !blob->is_output && strcmp(blob->producer->type, "Input") != 0;
  if (!is_free) {
    nc_fail(l, nc_net_add_layer(l->net, "Split", edge->name, 1, &blob, 1, &layer));
    if (l->status) return NULL;
    blob = layer->outputs[0];
  }
  blob->is_output = true;
  if (!blob->name || strcmp(blob->source, edge->name) != 0)
    nc_fail(l, nc_net_name_blob(l->net, blob, edge->name));
  return blob;
}

// A number of a type that a mat's floats can stand for.
static mmd_status_t check_tensor(nc_lower_t *l, const mmd_edge_t *edge) {
  nc_form_t form;
  if (mmd_dtype_size(edge->type.dtype) && nc_form_of(l->graph, &edge->type, l->batch, &form))
    return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "ncnn: '%s' needs a known rank and an element type of numbers", edge->name);
}

//===--- what the runtime is told ------------------------------------------===//

static mmd_status_t describe_dim(const nc_lower_t *l, const mmd_dim_t *dim, mmd_value_t *shape) {
  if (dim == l->batch && l->batch_size) return mmd_array_take(shape, mmd_value_int(l->batch_size));
  if (dim->kind == MMD_DIM_CONST) return mmd_array_take(shape, mmd_value_int(dim->number));
  const char *name = dim->kind == MMD_DIM_SYMBOL ? dim->symbol : "";
  return mmd_array_take(shape, mmd_value_string(name));
}

static mmd_status_t describe(nc_lower_t *l, const mmd_edge_t *edge, const char *blob,
                             mmd_value_t *list) {
  nc_form_t form;
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(list, item));
  MMD_TRY(mmd_object_take(item, "name", mmd_value_string(edge->name)));
  MMD_TRY(mmd_object_take(item, "blob", mmd_value_string(blob)));
  MMD_TRY(mmd_object_take(item, "dtype", mmd_value_string(mmd_dtype_name(edge->type.dtype))));
  mmd_value_t *shape = mmd_value_array();
  MMD_TRY(mmd_object_take(item, "shape", shape));
  mmd_value_t *axes = mmd_value_array();
  MMD_TRY(mmd_object_take(item, "axes", axes));
  nc_form_of(l->graph, &edge->type, l->batch, &form);
  const bool is_batched = l->batch && edge->type.rank && edge->type.dims[0] == l->batch;
  if (is_batched) MMD_TRY(mmd_object_take(item, "batched", mmd_value_bool(true)));
  for (int i = 0; i < edge->type.rank; ++i) MMD_TRY(describe_dim(l, edge->type.dims[i], shape));
  for (int i = 0; i < form.count && !form.is_flat; ++i) {
    if (form.axes[i] >= 0) MMD_TRY(mmd_array_take(axes, mmd_value_int(form.axes[i])));
  }
  return form.is_flat ? mmd_object_take(item, "flat", mmd_value_bool(true)) : NULL;
}

static mmd_status_t fill_meta(nc_lower_t *l, mmd_value_t *meta, nc_blob_t *const *outputs) {
  const mmd_region_t *root = l->graph->root;
  mmd_value_t *inputs = mmd_value_array();
  MMD_TRY(mmd_object_take(meta, "inputs", inputs));
  for (size_t i = 0; i < root->input_count; ++i) {
    const nc_blob_t *blob = nc_graph_value(l, root->inputs[i]);
    MMD_TRY(describe(l, root->inputs[i], blob->name, inputs));
  }
  mmd_value_t *results = mmd_value_array();
  MMD_TRY(mmd_object_take(meta, "outputs", results));
  for (size_t i = 0; i < root->output_count; ++i)
    MMD_TRY(describe(l, root->outputs[i], outputs[i]->name, results));
  return mmd_json_write(meta, 0, &l->net->meta);
}

static void lower_outputs(nc_lower_t *l) {
  const mmd_region_t *root = l->graph->root;
  nc_blob_t **outputs =
      mmd_arena_alloc_array(&l->net->arena, root->output_count, sizeof(nc_blob_t *));
  if (!outputs) nc_fail(l, mmd_status_no_memory());
  for (size_t i = 0; i < root->output_count && !l->status; ++i) {
    nc_fail(l, check_tensor(l, root->outputs[i]));
    outputs[i] = lower_output(l, root->outputs[i]);
    if (!l->status && !outputs[i])
      nc_fail(l, MMD_ERROR(MMD_INTERNAL, "ncnn: no layer gives '%s'", root->outputs[i]->name));
  }
  if (l->status) return;
  mmd_value_t *meta = mmd_value_object();
  nc_fail(l, meta ? fill_meta(l, meta, outputs) : mmd_status_no_memory());
  mmd_value_release(meta);
}

static void lower_all(nc_lower_t *l) {
  const mmd_region_t *root = l->graph->root;
  for (size_t i = 0; i < root->input_count && !l->status; ++i) {
    nc_fail(l, check_tensor(l, root->inputs[i]));
    lower_input(l, root->inputs[i]);
  }
  mark_needed(root);
  lower_nodes(l, root);
  if (l->refused_count && !l->status) {
    nc_fail(l, MMD_ERROR(MMD_NOT_SUPPORTED, "ncnn cannot express %zu node%s: %s", l->refused_count,
                         l->refused_count > 1 ? "s" : "", mmd_str_text(&l->refused)));
  }
  if (!l->status) lower_outputs(l);
}

mmd_status_t nc_lower_graph(mmd_graph_t *graph, const mmd_dim_t *batch, int64_t batch_size,
                            nc_net_t *net) {
  nc_lower_t l = {.net = net, .graph = graph, .batch = batch, .batch_size = batch_size};
  lower_all(&l);
  mmd_map_deinit(&l.values);
  mmd_str_deinit(&l.refused);
  return l.status;
}
