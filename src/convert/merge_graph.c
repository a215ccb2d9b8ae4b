// SPDX-License-Identifier: Apache-2.0
#include "convert/merge_graph.h"

#include <string.h>

#include "base/alloc.h"
#include "convert/edit_graph.h"
#include "convert/run_onnx_inputs.h"
#include "frontends/onnx/import.h"
#include "graph/append.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "writers/onnx/annotation.h"

// An output of A and the input of B that takes it.
typedef struct wire_t {
  size_t output, input;
} wire_t;

typedef struct merge_t {
  mmd_graph_t *a, *b;
  const mmd_merge_request_t *request;
  size_t wire_count, wire_capacity;
  wire_t *wires;
  size_t a_inputs, a_outputs;  // of A alone
} merge_t;

//===--- which to which ----------------------------------------------------===//

static bool find_named(mmd_edge_t *const *edges, size_t count, const char *name,
                       size_t *out_index) {
  for (*out_index = 0; *out_index < count; ++*out_index)
    if (strcmp(edges[*out_index]->name, name) == 0) return true;
  return false;
}

static mmd_status_t add_wire(merge_t *merge, size_t output, size_t input) {
  for (size_t i = 0; i < merge->wire_count; ++i) {
    if (merge->wires[i].input != input) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s' of the second graph is given twice",
                     merge->b->root->inputs[input]->name);
  }
  MMD_TRY(MMD_GROW(merge->wires, merge->wire_capacity, merge->wire_count + 1));
  merge->wires[merge->wire_count++] = (wire_t){.output = output, .input = input};
  return NULL;
}

static mmd_status_t no_such(const char *what, const char *name, mmd_edge_t *const *edges,
                            size_t count) {
  mmd_str_t names = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count && !status; ++i)
    status = mmd_str_printf(&names, "%s%s", i ? ", " : "", edges[i]->name);
  if (!status) {
    status = MMD_ERROR(MMD_NOT_FOUND, "the %s graph has no %s '%s'; it has %s",
                       strcmp(what, "output") == 0 ? "first" : "second", what, name,
                       mmd_str_text(&names));
  }
  mmd_str_deinit(&names);
  return status;
}

static mmd_status_t add_entry(merge_t *merge, const char *entry) {
  const mmd_region_t *a = merge->a->root, *b = merge->b->root;
  char *name = NULL;
  const char *input_name = NULL;
  size_t output = 0, input = 0;
  MMD_TRY(mmd_run_split(entry, "map", &name, &input_name));
  mmd_status_t status = NULL;
  if (!find_named(a->outputs, a->output_count, name, &output)) {
    status = no_such("output", name, a->outputs, a->output_count);
  } else if (!find_named(b->inputs, b->input_count, input_name, &input)) {
    status = no_such("input", input_name, b->inputs, b->input_count);
  }
  mmd_free(name);
  return status ? status : add_wire(merge, output, input);
}

static mmd_status_t find_wires(merge_t *merge) {
  const mmd_region_t *a = merge->a->root, *b = merge->b->root;
  const mmd_value_t *map = merge->request->map;
  for (size_t i = 0; i < mmd_array_size(map); ++i)
    MMD_TRY(add_entry(merge, mmd_value_get_string(mmd_array_at(map, i), "")));
  if (map) return NULL;
  for (size_t i = 0; i < b->input_count; ++i) {
    size_t output = 0;
    if (find_named(a->outputs, a->output_count, b->inputs[i]->name, &output))
      MMD_TRY(add_wire(merge, output, i));
  }
  if (merge->wire_count) return NULL;
  if (a->output_count == 1 && b->input_count == 1) return add_wire(merge, 0, 0);
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "no output of the first graph has the name of an input of the second one; "
                   "--map OUTPUT=INPUT says which is which");
}

static bool may_be_equal(const mmd_type_t *a, const mmd_type_t *b) {
  if (a->kind != b->kind) return a->kind == MMD_TYPE_UNKNOWN || b->kind == MMD_TYPE_UNKNOWN;
  if (a->kind != MMD_TYPE_TENSOR) return true;
  if (a->dtype != b->dtype) return !a->dtype || !b->dtype;
  if (!a->has_rank || !b->has_rank) return true;
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank; ++i) {
    if (mmd_dim_is_const(a->dims[i]) && mmd_dim_is_const(b->dims[i]) &&
        a->dims[i]->number != b->dims[i]->number)
      return false;
  }
  return true;
}

static mmd_status_t check_wires(const merge_t *merge) {
  for (size_t i = 0; i < merge->wire_count; ++i) {
    const mmd_edge_t *output = merge->a->root->outputs[merge->wires[i].output];
    const mmd_edge_t *input = merge->b->root->inputs[merge->wires[i].input];
    mmd_str_t from = {0}, to = {0};
    if (may_be_equal(&output->type, &input->type)) continue;
    mmd_status_t status = mmd_type_format(&output->type, &from);
    if (!status) status = mmd_type_format(&input->type, &to);
    if (!status) {
      status = MMD_ERROR(MMD_MISMATCH, "output '%s' is %s, input '%s' is %s", output->name,
                         mmd_str_text(&from), input->name, mmd_str_text(&to));
    }
    mmd_str_deinit(&from);
    mmd_str_deinit(&to);
    return status;
  }
  return NULL;
}

//===--- names -------------------------------------------------------------===//

static mmd_status_t make_unique(const merge_t *merge, mmd_edge_t *edge) {
  mmd_str_t name = {0};
  if (!edge || !mmd_graph_find_edge(merge->a, edge->name)) return NULL;
  mmd_status_t status = NULL;
  for (int number = 0; !status; ++number) {
    mmd_str_clear(&name);
    status = mmd_str_printf(&name, "%s%s", merge->request->prefix ? merge->request->prefix : "b_",
                            edge->name);
    if (!status && number) status = mmd_str_printf(&name, "_%d", number);
    if (!status && !mmd_graph_find_edge(merge->a, mmd_str_text(&name)) &&
        !mmd_graph_find_edge(merge->b, mmd_str_text(&name)))
      break;
  }
  if (!status) status = mmd_onnx_rename_annotated(edge, mmd_str_text(&name));
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t make_all_unique(const merge_t *merge) {
  for (mmd_region_t *region = merge->b->regions; region; region = region->next_region) {
    for (size_t i = 0; i < region->input_count; ++i) MMD_TRY(make_unique(merge, region->inputs[i]));
    for (size_t i = 0; i < region->constant_count; ++i)
      MMD_TRY(make_unique(merge, region->constants[i]));
    for (mmd_node_t *node = region->first; node; node = node->next) {
      for (size_t i = 0; i < node->output_count; ++i) MMD_TRY(make_unique(merge, node->outputs[i]));
    }
  }
  return NULL;
}

// Sizes that no file names are not those of the other file.
static mmd_status_t part_sizes(const merge_t *merge) {
  const size_t size = strlen(MMD_ONNX_UNNAMED_DIM);
  for (size_t i = 0; i < merge->b->root->input_count; ++i) {
    mmd_type_t *type = &merge->b->root->inputs[i]->type;
    for (int k = 0; type->kind == MMD_TYPE_TENSOR && type->has_rank && k < type->rank; ++k) {
      mmd_str_t name = {0};
      if (type->dims[k]->kind != MMD_DIM_SYMBOL ||
          strncmp(type->dims[k]->symbol, MMD_ONNX_UNNAMED_DIM, size) != 0)
        continue;
      mmd_status_t status =
          mmd_str_printf(&name, "%s_b%s", MMD_ONNX_UNNAMED_DIM, type->dims[k]->symbol + size);
      const mmd_dim_t *dim = status ? NULL : mmd_dim_symbol(merge->b, mmd_str_text(&name));
      mmd_str_deinit(&name);
      MMD_TRY(status);
      MMD_TRY_ALLOC(dim);
      type->dims[k] = dim;
    }
  }
  return NULL;
}

//===--- joining -----------------------------------------------------------===//

static bool is_wired(const merge_t *merge, size_t input) {
  for (size_t i = 0; i < merge->wire_count; ++i)
    if (merge->wires[i].input == input) return true;
  return false;
}

// Inputs that both have, before the names are made unique. |twins| says for each input of B which
// one of A it is, or NULL.
static void find_shared(const merge_t *merge, mmd_edge_t **twins) {
  const mmd_region_t *a = merge->a->root, *b = merge->b->root;
  for (size_t i = 0; i < b->input_count; ++i) {
    size_t index = 0;
    if (is_wired(merge, i) || !find_named(a->inputs, a->input_count, b->inputs[i]->name, &index) ||
        !may_be_equal(&a->inputs[index]->type, &b->inputs[i]->type))
      continue;
    twins[i] = a->inputs[index];
  }
  for (size_t i = 0; i < merge->wire_count; ++i)
    twins[merge->wires[i].input] = a->outputs[merge->wires[i].output];
}

static mmd_status_t join(merge_t *merge, mmd_edge_t *const *twins) {
  mmd_region_t *root = merge->a->root;
  const size_t b_inputs = merge->b->root->input_count;
  MMD_TRY(make_all_unique(merge));
  MMD_TRY(part_sizes(merge));
  MMD_TRY(mmd_graph_append(merge->a, merge->b));
  for (size_t i = b_inputs; i-- > 0;) {
    if (!twins[i]) continue;
    MMD_TRY(mmd_edge_replace_uses(root->inputs[merge->a_inputs + i], twins[i]));
    MMD_TRY(mmd_region_remove_input(root, merge->a_inputs + i));
  }
  for (size_t i = merge->a_outputs; i-- > 0 && !merge->request->keep_outputs;) {
    bool is_taken = false;
    for (size_t k = 0; k < merge->wire_count; ++k) is_taken |= merge->wires[k].output == i;
    if (is_taken) MMD_TRY(mmd_region_remove_output(root, i));
  }
  return NULL;
}

static mmd_status_t level_opsets(merge_t *merge) {
  const int64_t a = mmd_graph_opset(merge->a, MMD_DOMAIN_ONNX);
  const int64_t b = mmd_graph_opset(merge->b, MMD_DOMAIN_ONNX);
  if (!a || !b || a == b) return NULL;
  if (merge->a->ir_version < merge->b->ir_version) merge->a->ir_version = merge->b->ir_version;
  return mmd_edit_opset(a < b ? merge->a : merge->b, a < b ? b : a);
}

static mmd_status_t merge_all(merge_t *merge) {
  MMD_TRY(mmd_graph_infer(merge->a));
  MMD_TRY(find_wires(merge));
  MMD_TRY(check_wires(merge));
  MMD_TRY(level_opsets(merge));
  merge->a_inputs = merge->a->root->input_count;
  merge->a_outputs = merge->a->root->output_count;
  mmd_edge_t **twins = mmd_alloc_array(merge->b->root->input_count + 1, sizeof(mmd_edge_t *));
  MMD_TRY_ALLOC(twins);
  find_shared(merge, twins);
  mmd_status_t status = join(merge, twins);
  mmd_free(twins);
  MMD_TRY(status);
  MMD_TRY(mmd_edit_infer(merge->a));
  return mmd_graph_verify(merge->a);
}

mmd_status_t mmd_merge_graphs(mmd_graph_t *a, mmd_graph_t *b, const mmd_merge_request_t *request,
                              size_t *out_wires) {
  merge_t merge = {.a = a, .b = b, .request = request};
  mmd_status_t status = merge_all(&merge);
  if (out_wires) *out_wires = merge.wire_count;
  mmd_free(merge.wires);
  return status;
}
