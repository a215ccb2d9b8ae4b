// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/target/form.h"

static bool is_one(const mmd_dim_t *dim) {
  return dim->kind == MMD_DIM_CONST && dim->number == 1;
}

bool nc_form_of(mmd_graph_t *graph, const mmd_type_t *type, const mmd_dim_t *batch,
                nc_form_t *out_form) {
  nc_form_t form = {.rank = type->rank};
  bool is_kept[MMD_MAX_RANK];
  if (!type->has_rank) return false;
  int count = type->rank;
  for (int i = 0; i < type->rank; ++i) is_kept[i] = true;
  for (int i = 0; i < type->rank; ++i) {
    const bool is_first_one = i == 0 && type->rank >= 2 && is_one(type->dims[0]);
    if (type->dims[i] != batch && !is_first_one) continue;
    is_kept[i] = false;
    --count;
  }
  for (int i = 1; i < type->rank && count > MMD_NCNN_MAX_AXES; ++i) {
    if (!is_one(type->dims[i]) || !is_kept[i]) continue;
    is_kept[i] = false;
    --count;
  }
  form.is_flat = count > MMD_NCNN_MAX_AXES;
  for (int i = 0; i < type->rank && !form.is_flat; ++i) {
    if (!is_kept[i]) continue;
    form.axes[form.count] = i;
    form.dims[form.count++] = type->dims[i];
  }
  if (form.is_flat || !form.count) {  // a number, or an item of a row of numbers, is a mat of one
    form.dims[0] = form.is_flat ? NULL : mmd_dim_const(graph, 1);
    form.axes[0] = -1;
    form.count = 1;
  }
  *out_form = form;
  return true;
}

int nc_form_axis(const nc_form_t *form, int64_t axis) {
  if (axis < 0) axis += form->rank;
  for (int i = 0; i < form->count && !form->is_flat; ++i) {
    if (form->axes[i] == axis) return i;
  }
  return -1;
}

bool nc_form_fits(const nc_form_t *form, int count, const mmd_dim_t *const *dims) {
  bool fits = !form->is_flat && form->count == count;
  for (int i = 0; i < count && fits; ++i) fits = form->dims[i] == dims[i];
  return fits;
}

//===--- batch -------------------------------------------------------------===//

static bool holds(const mmd_dim_t *dim, const mmd_dim_t *symbol) {
  if (!dim) return false;
  return dim == symbol || holds(dim->a, symbol) || holds(dim->b, symbol);
}

static int count_batches(const mmd_edge_t *edge, const mmd_dim_t *batch) {
  int count = 0;
  for (int i = 0; edge && edge->type.has_rank && i < edge->type.rank; ++i)
    count += edge->type.dims[i] == batch;
  return count;
}

// The batch stands there at most once, and as it is.
static bool is_clean(const mmd_edge_t *edge, const mmd_dim_t *batch) {
  if (!edge->type.has_rank) return false;
  for (int i = 0; i < edge->type.rank; ++i) {
    const mmd_dim_t *dim = edge->type.dims[i];
    if (holds(dim, batch) && dim != batch) return false;
  }
  return count_batches(edge, batch) <= 1;
}

// What comes from outside or goes there has its items in front.
static bool is_in_front(const mmd_edge_t *edge, const mmd_dim_t *batch) {
  return is_clean(edge, batch) && (!count_batches(edge, batch) || edge->type.dims[0] == batch);
}

// What is computed from items stays items. Whole numbers with a known course are sizes; priors are
// those of a size too.
static bool keeps_items(const mmd_node_t *node, const mmd_dim_t *batch) {
  bool takes = false;
  if (mmd_node_is(node, "mmdeploy", "GridPriors")) return true;
  for (size_t i = 0; i < node->input_count; ++i) takes |= count_batches(node->inputs[i], batch) > 0;
  for (size_t i = 0; i < node->output_count; ++i) {
    const mmd_edge_t *edge = node->outputs[i];
    if (!edge || edge->elements) continue;
    if (!is_clean(edge, batch) || (takes && !count_batches(edge, batch))) return false;
  }
  return true;
}

const mmd_dim_t *nc_find_batch(const mmd_graph_t *graph) {
  const mmd_dim_t *batch = NULL;
  const mmd_region_t *root = graph->root;
  for (size_t i = 0; i < root->input_count && !batch; ++i) {
    const mmd_type_t *type = &root->inputs[i]->type;
    if (type->has_rank && type->rank >= 2 && type->dims[0]->kind == MMD_DIM_SYMBOL)
      batch = type->dims[0];
  }
  if (!batch) return NULL;
  for (size_t i = 0; i < root->input_count; ++i) {
    if (!is_in_front(root->inputs[i], batch)) return NULL;
  }
  for (size_t i = 0; i < root->output_count; ++i) {
    if (!is_in_front(root->outputs[i], batch)) return NULL;
  }
  for (const mmd_node_t *node = root->first; node; node = node->next) {
    if (!keeps_items(node, batch)) return NULL;
  }
  return batch;
}
