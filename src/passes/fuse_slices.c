// SPDX-License-Identifier: Apache-2.0
//
// Slice behind Slice becomes one when their bounds are constants and their axes differ, and nothing
// but such slices reads the first.
#include "ops/infer.h"
#include "passes/pass_util.h"

typedef struct {
  size_t count;
  int64_t numbers[4][MMD_MAX_RANK];  // starts, ends, axes, steps
} slice_t;

// Axes counted from the front; false when something is not known.
static bool read_slice(const mmd_node_t *node, slice_t *out_slice) {
  if (!mmd_pass_is(node, "Slice") || node->version < 10 || !node->inputs[0]) return false;
  const mmd_type_t *type = &node->inputs[0]->type;
  size_t count = 0;
  for (size_t i = 0; i < 4; ++i) {
    size_t size = 0;
    if (i == 3 && !mmd_node_input(node, 4)) {
      for (size_t j = 0; j < count; ++j) out_slice->numbers[3][j] = 1;
    } else if (!mmd_pass_ints(node, i + 1, MMD_MAX_RANK, out_slice->numbers[i], &size) ||
               (i > 0 && size != count)) {
      return false;
    }
    if (i == 0) count = size;
  }
  out_slice->count = count;
  for (size_t j = 0; j < count; ++j) {
    int64_t *axis = &out_slice->numbers[2][j];
    if (*axis >= 0) continue;
    if (type->kind != MMD_TYPE_TENSOR || !type->has_rank) return false;
    *axis += type->rank;
  }
  return true;
}

static bool can_join(const slice_t *a, const slice_t *b) {
  if (a->count + b->count > MMD_MAX_RANK) return false;
  for (size_t i = 0; i < a->count; ++i)
    for (size_t j = 0; j < b->count; ++j)
      if (a->numbers[2][i] == b->numbers[2][j]) return false;
  return true;
}

// The first slice, when all its readers can take it over.
static mmd_node_t *find_first(const mmd_node_t *node, slice_t *out_first) {
  mmd_edge_t *edge = node->inputs[0];
  mmd_node_t *first = edge->producer;
  if (!first || first->region != node->region || !read_slice(first, out_first)) return NULL;
  for (const mmd_use_t *use = edge->uses; use; use = use->next) {
    slice_t other;
    if (!use->node || use->index != 0 || use->node->region != node->region ||
        !read_slice(use->node, &other) || !can_join(out_first, &other))
      return NULL;
  }
  return first;
}

static mmd_status_t join(mmd_node_t *node, const slice_t *a, const slice_t *b) {
  static const char *const names[] = {"starts", "ends", "axes", "steps"};
  for (size_t i = 0; i < 4; ++i) {
    int64_t numbers[2 * MMD_MAX_RANK];
    mmd_tensor_t tensor = {0};
    mmd_edge_t *edge = NULL;
    for (size_t j = 0; j < a->count; ++j) numbers[j] = a->numbers[i][j];
    for (size_t j = 0; j < b->count; ++j) numbers[a->count + j] = b->numbers[i][j];
    MMD_TRY(mmd_tensor_from_i64(numbers, a->count + b->count, &tensor));
    mmd_arena_t *arena = &node->region->graph->arena;
    const char *name = mmd_arena_printf(arena, "%s_%s", node->outputs[0]->name, names[i]);
    if (!name) {
      mmd_tensor_deinit(&tensor);
      return mmd_status_no_memory();
    }
    MMD_TRY(mmd_pass_add_constant(node, name, &tensor, &edge));
    MMD_TRY(mmd_node_set_input(node, i + 1, edge));
  }
  return NULL;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  slice_t first_slice, slice;
  if (node->output_count != 1 || !node->outputs[0] || !read_slice(node, &slice)) return NULL;
  mmd_node_t *first = find_first(node, &first_slice);
  if (!first) return NULL;
  MMD_TRY(join(node, &first_slice, &slice));
  MMD_TRY(mmd_node_set_input(node, 0, first->inputs[0]));
  *(bool *)context = true;
  return first->outputs[0]->uses ? NULL : mmd_node_erase(first);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fuse_slices = {
    .name = "fuse_slices",
    .help = "let Slice behind Slice of other axes be one",
    .run = run,
};
