// SPDX-License-Identifier: Apache-2.0
//
// Runs whatever graph a file holds, in both modes and within limits. What a node makes has the type
// that was inferred for it.
#include <stdio.h>
#include <stdlib.h>

#include "ops/infer.h"
#include "tests/fuzz/graph_mutate.h"
#include "tests/fuzz/graph_run.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  return mmd_fuzz_mutate_graph(data, size, max_size, seed);
}

// What files say of results may be wrong; only what follows from the inputs is held against them.
static void forget_types(mmd_region_t *region) {
  for (mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i)
      if (node->outputs[i]) mmd_fuzz_must(mmd_edge_set_type(node->outputs[i], NULL));
    for (size_t i = 0; i < node->attr_count; ++i) {
      const mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind != MMD_ATTR_REGION) continue;
      for (size_t k = 0; k < attr->u.region->input_count; ++k)
        mmd_fuzz_must(mmd_edge_set_type(attr->u.region->inputs[k], NULL));
      forget_types(attr->u.region);
    }
  }
}

static void report(const mmd_node_t *node, const mmd_type_t *type, const mmd_tensor_t *tensor) {
  mmd_str_t want = {0}, have = {0};
  mmd_fuzz_must(mmd_type_format(type, &want));
  mmd_fuzz_must(mmd_tensor_format(tensor, &have));
  fprintf(stderr, "%s-%lld '%s': inferred %s, made %s\n", node->op, (long long)node->version,
          node->name, mmd_str_text(&want), mmd_str_text(&have));
  abort();
}

static mmd_status_t check_types(void *user, const mmd_node_t *node, const mmd_datum_t *outputs) {
  (void)user;
  for (size_t i = 0; i < node->output_count; ++i) {
    if (!node->outputs[i] || outputs[i].kind != MMD_TYPE_TENSOR) continue;
    const mmd_type_t *type = &node->outputs[i]->type;
    const mmd_tensor_t *tensor = &outputs[i].tensor;
    if (type->kind != MMD_TYPE_TENSOR) continue;
    bool fits = type->dtype == MMD_DTYPE_UNDEFINED || type->dtype == tensor->dtype;
    if (type->has_rank && type->rank != tensor->shape.rank) fits = false;
    for (int k = 0; fits && type->has_rank && k < type->rank; ++k) {
      const int64_t dim = mmd_dim_number(type->dims[k]);
      if (mmd_dim_is_const(type->dims[k]) && dim != tensor->shape.dims[k]) fits = false;
    }
    if (!fits) report(node, type, tensor);
  }
  return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_graph_t *graph = mmd_fuzz_import(data, size);
  mmd_fuzz_run_t run;
  if (!graph) return 0;
  forget_types(graph->root);
  bool is_typed = !mmd_status_ignore(mmd_graph_infer(graph));
  // An empty sequence does not say of what it is one, so its type is not kept when it runs.
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    const mmd_type_kind_t kind = graph->root->inputs[i]->type.kind;
    is_typed = is_typed && (kind == MMD_TYPE_TENSOR || kind == MMD_TYPE_UNKNOWN);
  }
  if (mmd_fuzz_make_inputs(graph, &run)) {
    for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
      (void)mmd_status_ignore(
          mmd_fuzz_evaluate(graph, (mmd_eval_mode_t)mode, is_typed ? check_types : NULL, &run));
      mmd_fuzz_clear_outputs(&run);
    }
    mmd_fuzz_run_deinit(&run);
  }
  mmd_graph_destroy(graph);
  return 0;
}
