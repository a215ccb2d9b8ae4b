// SPDX-License-Identifier: Apache-2.0
//
// Around a node whose inputs have '*' (flatten) or '+' (broadcast): samples that are lists become
// samples of their own, and outputs with '*' get their lists back.
#include "base/alloc.h"
#include "pipeline/node.h"

typedef struct flatten_node_t {
  mmd_pipeline_node_t base;
  mmd_pipeline_node_t *inner;
  char inputs[MMD_NODE_MAX_PORTS];   // '*', '+' or 0
  char outputs[MMD_NODE_MAX_PORTS];  // '*' or not
} flatten_node_t;

// How many samples each outer sample became.
typedef struct index_t {
  size_t *counts;
  size_t size, total;
} index_t;

static mmd_status_t item_error(const flatten_node_t *node, size_t input, size_t sample,
                               const mmd_value_t *item) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: input %zu is flattened, but its sample %zu is no list but %s",
                   node->base.where, input, sample, mmd_value_kind_name(mmd_value_kind(item)));
}

static mmd_status_t make_index(const flatten_node_t *node, mmd_value_t *const *inputs,
                               index_t *index) {
  size_t first = 0;
  while (node->inputs[first] != '*') ++first;
  index->size = mmd_array_size(inputs[first]);
  index->counts = mmd_alloc_array(index->size + 1, sizeof *index->counts);
  MMD_TRY_ALLOC(index->counts);
  for (size_t i = 0; i < index->size; ++i) {
    const mmd_value_t *item = mmd_array_at(inputs[first], i);
    if (mmd_value_kind(item) != MMD_VALUE_ARRAY) return item_error(node, first, i, item);
    index->counts[i] = mmd_array_size(item);
    index->total += index->counts[i];
  }
  return NULL;
}

static mmd_status_t size_error(const flatten_node_t *node, size_t input, size_t found,
                               size_t wanted) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: input %zu has %zu samples where the flattened one has %zu",
                   node->base.where, input, found, wanted);
}

static mmd_status_t flatten_into(const flatten_node_t *node, size_t input, const index_t *index,
                                 const mmd_value_t *from, mmd_value_t *to) {
  for (size_t i = 0; i < index->size; ++i) {
    const mmd_value_t *item = mmd_array_at(from, i);
    if (mmd_value_kind(item) != MMD_VALUE_ARRAY) return item_error(node, input, i, item);
    if (mmd_array_size(item) != index->counts[i]) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "%s: flattened inputs do not go together: sample %zu of input %zu is a list "
                       "of %zu, of another input of %zu",
                       node->base.where, i, input, mmd_array_size(item), index->counts[i]);
    }
    for (size_t k = 0; k < index->counts[i]; ++k) {
      MMD_TRY(mmd_array_take(to, mmd_value_retain(mmd_array_at(item, k))));
    }
  }
  return NULL;
}

static mmd_status_t repeat_into(const index_t *index, const mmd_value_t *from, mmd_value_t *to) {
  for (size_t i = 0; i < index->size; ++i) {
    for (size_t k = 0; k < index->counts[i]; ++k) {
      MMD_TRY(mmd_array_take(to, mmd_value_retain(mmd_array_at(from, i))));
    }
  }
  return NULL;
}

static mmd_status_t convert_input(const flatten_node_t *node, size_t input, const index_t *index,
                                  mmd_value_t *from, mmd_value_t **out_flat) {
  const char op = node->inputs[input];
  if (!op) {
    *out_flat = mmd_value_retain(from);
    return NULL;
  }
  if (mmd_array_size(from) != index->size) {
    return size_error(node, input, mmd_array_size(from), index->size);
  }
  *out_flat = mmd_value_array();
  MMD_TRY_ALLOC(*out_flat);
  return op == '*' ? flatten_into(node, input, index, from, *out_flat)
                   : repeat_into(index, from, *out_flat);
}

static mmd_status_t unflatten_into(const index_t *index, const mmd_value_t *from, mmd_value_t *to) {
  size_t at = 0;
  for (size_t i = 0; i < index->size; ++i) {
    mmd_value_t *list = mmd_value_array();
    MMD_TRY(mmd_array_take(to, list));
    for (size_t k = 0; k < index->counts[i]; ++k, ++at) {
      MMD_TRY(mmd_array_take(list, mmd_value_retain(mmd_array_at(from, at))));
    }
  }
  return NULL;
}

// |*output| is replaced.
static mmd_status_t convert_output(const flatten_node_t *node, size_t output, const index_t *index,
                                   mmd_value_t **value) {
  if (node->outputs[output] != '*') return NULL;
  if (mmd_value_kind(*value) != MMD_VALUE_ARRAY || mmd_array_size(*value) != index->total) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: output %zu has %zu samples, its lists take %zu",
                     node->base.where, output, mmd_array_size(*value), index->total);
  }
  mmd_value_t *nested = mmd_value_array();
  MMD_TRY_ALLOC(nested);
  mmd_status_t status = unflatten_into(index, *value, nested);
  mmd_value_release(*value);
  *value = nested;
  return status;
}

static mmd_status_t run_flat(const flatten_node_t *node, const mmd_run_t *run, index_t *index,
                             mmd_value_t *const *inputs, mmd_value_t **flat,
                             mmd_value_t **outputs) {
  MMD_TRY(make_index(node, inputs, index));
  for (size_t i = 0; i < node->base.input_count; ++i) {
    MMD_TRY(convert_input(node, i, index, inputs[i], &flat[i]));
  }
  MMD_TRY(node->inner->run(node->inner, run, flat, outputs));
  for (size_t i = 0; i < node->base.output_count; ++i) {
    MMD_TRY(convert_output(node, i, index, &outputs[i]));
  }
  return NULL;
}

static mmd_status_t run(const mmd_pipeline_node_t *base, const mmd_run_t *call,
                        mmd_value_t *const *inputs, mmd_value_t **outputs) {
  mmd_value_t *flat[MMD_NODE_MAX_PORTS] = {NULL};
  index_t index = {0};
  mmd_status_t status = run_flat((const flatten_node_t *)base, call, &index, inputs, flat, outputs);
  for (size_t i = 0; i < base->input_count; ++i) mmd_value_release(flat[i]);
  mmd_free(index.counts);
  return status;
}

static void destroy(mmd_pipeline_node_t *base) {
  flatten_node_t *node = (flatten_node_t *)base;
  mmd_pipeline_node_destroy(node->inner);
  mmd_free(node);
}

mmd_status_t mmd_flatten_node_create(const mmd_ports_t *ports, mmd_pipeline_node_t *inner,
                                     mmd_pipeline_node_t **out_node) {
  flatten_node_t *node = mmd_alloc(sizeof *node);
  if (!node) {
    mmd_pipeline_node_destroy(inner);
    return mmd_status_no_memory();
  }
  node->base = *inner;
  node->base.run = run;
  node->base.destroy = destroy;
  node->inner = inner;
  for (size_t i = 0; i < ports->input_count; ++i) node->inputs[i] = ports->inputs[i].op;
  for (size_t i = 0; i < ports->output_count; ++i) node->outputs[i] = ports->outputs[i].op;
  *out_node = &node->base;
  return NULL;
}
