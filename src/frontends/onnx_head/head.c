// SPDX-License-Identifier: Apache-2.0
#include "frontends/onnx_head/head.h"

#include "base/str.h"
#include "ops/infer.h"

// What builders emit.
enum { GRAPH_OPSET = 20 };

//===--- plan --------------------------------------------------------------===//

// The number, or -1.
static int64_t size_of(const mmd_type_t *type, int axis) {
  return mmd_dim_is_const(type->dims[axis]) ? mmd_dim_number(type->dims[axis]) : -1;
}

static int64_t count_cells(const mmd_onnx_head_plan_t *plan) {
  int64_t cells = 0;
  if (plan->width <= 0 || plan->height <= 0) return -1;
  for (int i = 0; i < plan->strides.count; ++i) {
    const int64_t step = plan->strides.items[i];
    cells += ((plan->height + step - 1) / step) * ((plan->width + step - 1) / step);
  }
  return cells;
}

static int64_t classes_of(const mmd_onnx_head_t *head, const mmd_edge_t *output, int64_t cells) {
  const mmd_type_t *type = &output->type;
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank || type->rank != 3) return -1;
  if (type->dtype != MMD_F32 && type->dtype != MMD_DTYPE_UNDEFINED) return -1;
  return head->count_classes(size_of(type, 1), size_of(type, 2), cells);
}

static mmd_status_t describe_strides(const mmd_ints_t *strides, mmd_str_t *text) {
  for (int i = 0; i < strides->count; ++i)
    MMD_TRY(mmd_str_printf(text, "%s%lld", i ? "," : "", (long long)strides->items[i]));
  return NULL;
}

static mmd_status_t describe_outputs(const mmd_graph_t *graph, mmd_str_t *text) {
  for (size_t i = 0; i < graph->root->output_count; ++i) {
    const mmd_edge_t *output = graph->root->outputs[i];
    MMD_TRY(mmd_str_printf(text, "%s'%s' ", i ? ", " : "", output->name));
    MMD_TRY(mmd_type_format(&output->type, text));
  }
  return NULL;
}

// Heads that would take the output, for the message.
static mmd_status_t describe_others(const mmd_onnx_head_t *head, const mmd_graph_t *graph,
                                    int64_t cells, mmd_str_t *text) {
  for (const mmd_onnx_head_t *const *other = mmd_onnx_head_registry; *other; ++other) {
    bool fits = false;
    for (size_t i = 0; i < graph->root->output_count; ++i)
      fits = fits || classes_of(*other, graph->root->outputs[i], cells) > 0;
    if (fits && *other != head) MMD_TRY(mmd_str_printf(text, "; head '%s' would", (*other)->type));
  }
  return NULL;
}

static mmd_status_t refuse(const mmd_onnx_head_t *head, const mmd_graph_t *graph,
                           const mmd_onnx_head_plan_t *plan, size_t found) {
  mmd_str_t outputs = {0}, strides = {0}, others = {0}, cells = {0};
  const int64_t count = count_cells(plan);
  mmd_status_t status = describe_outputs(graph, &outputs);
  if (!status) status = describe_strides(&plan->strides, &strides);
  if (!status && !found) status = describe_others(head, graph, count, &others);
  if (!status && count >= 0) {
    status =
        mmd_str_printf(&cells, "%lld cells (input %lldx%lld, strides %s)", (long long)count,
                       (long long)plan->width, (long long)plan->height, mmd_str_text(&strides));
  } else if (!status) {
    status = mmd_str_append(&cells, "as many cells as the maps have");
  }
  if (!status) {
    status =
        MMD_ERROR(MMD_INVALID_ARGUMENT,
                  "head '%s' takes one output f32 %s; with %s; %s of the network's fits: %s%s",
                  head->type, head->layout, mmd_str_text(&cells), found ? "more than one" : "none",
                  mmd_str_text(&outputs), mmd_str_text(&others));
  }
  mmd_str_deinit(&outputs);
  mmd_str_deinit(&strides);
  mmd_str_deinit(&others);
  mmd_str_deinit(&cells);
  return status;
}

static mmd_status_t check_plan(const mmd_onnx_head_t *head, const mmd_onnx_head_plan_t *plan) {
  enum { MAX_SIDE = 1 << 14, LEAST_STRIDE = 2 };
  if (plan->width > MAX_SIDE || plan->height > MAX_SIDE) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "an input of %lldx%lld; sides of at most %d are accepted",
                     (long long)plan->width, (long long)plan->height, MAX_SIDE);
  }
  for (int i = 0; i < plan->strides.count; ++i) {
    if (plan->strides.items[i] >= LEAST_STRIDE) continue;
    return MMD_ERROR(MMD_OUT_OF_RANGE, "stride %lld; numbers from %d on are accepted",
                     (long long)plan->strides.items[i], LEAST_STRIDE);
  }
  if (!head->needs_size || (plan->width > 0 && plan->height > 0)) return NULL;
  return MMD_ERROR(
      MMD_NOT_SUPPORTED,
      "head '%s' needs a network of fixed height and width: a static deploy config, or "
      "one whose dynamic_axes do not name them",
      head->type);
}

mmd_status_t mmd_onnx_head_plan(const mmd_onnx_head_t *head, const mmd_graph_t *graph,
                                mmd_onnx_head_plan_t *plan) {
  size_t found = 0;
  MMD_TRY(check_plan(head, plan));
  const int64_t cells = count_cells(plan);
  for (size_t i = 0; i < graph->root->output_count; ++i) {
    const int64_t classes = classes_of(head, graph->root->outputs[i], cells);
    if (classes <= 0) continue;
    plan->output = graph->root->outputs[i];
    plan->classes = classes;
    ++found;
  }
  plan->cells = cells < 0 ? 0 : cells;
  return found == 1 ? NULL : refuse(head, graph, plan, found);
}

//===--- build -------------------------------------------------------------===//

mmd_status_t mmd_onnx_head_rename(mmd_graph_t *graph, mmd_edge_t *edge, const char *name) {
  mmd_edge_t *owner = mmd_graph_find_edge(graph, name);
  if (owner == edge) return NULL;
  if (owner) {
    const char *fresh = mmd_graph_fresh_name(graph, name);
    MMD_TRY_ALLOC(fresh);
    MMD_TRY(mmd_edge_rename(owner, fresh));
  }
  return mmd_edge_rename(edge, name);
}

static mmd_status_t add_nodes(const mmd_onnx_head_t *head, mmd_graph_t *graph,
                              const mmd_onnx_head_plan_t *plan, const mmd_value_t *test_cfg,
                              const mmd_value_t *post_processing, mmd_edge_t *out_edges[2]) {
  mmd_builder_t builder;
  mmd_edge_t *boxes = NULL, *scores = NULL;
  MMD_TRY(mmd_builder_init(&builder, graph, NULL));
  builder.config_path = "--head";
  builder.post_processing = post_processing;
  builder.image = plan->input;
  const mmd_multiclass_nms_t nms = mmd_multiclass_nms_read(&builder, test_cfg, "--head");
  const size_t mark = mmd_scope_enter(&builder, "head");
  head->decode(&builder, plan, &boxes, &scores);
  mmd_nn_multiclass_nms(&builder, &nms, 0, boxes, scores, &out_edges[0], &out_edges[1], NULL);
  mmd_scope_leave(&builder, mark);
  return mmd_builder_finish(&builder);
}

mmd_status_t mmd_onnx_head_build(const mmd_onnx_head_t *head, mmd_graph_t *graph,
                                 const mmd_onnx_head_plan_t *plan, const mmd_value_t *test_cfg,
                                 const mmd_value_t *post_processing, const char *const names[2]) {
  mmd_edge_t *outputs[2] = {NULL, NULL};
  MMD_TRY(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, GRAPH_OPSET));
  MMD_TRY(add_nodes(head, graph, plan, test_cfg, post_processing, outputs));
  while (graph->root->output_count)
    MMD_TRY(mmd_region_remove_output(graph->root, graph->root->output_count - 1));
  for (int i = 0; i < 2; ++i) {
    MMD_TRY(mmd_onnx_head_rename(graph, outputs[i], names[i]));
    MMD_TRY(mmd_region_add_output(graph->root, outputs[i]));
  }
  return mmd_graph_infer(graph);
}
