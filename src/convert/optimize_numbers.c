// SPDX-License-Identifier: Apache-2.0
#include "convert/optimize_numbers.h"

#include <string.h>

#include "base/hash.h"

enum { MAX_CHOICES = 8, MAX_DEPTH = 4 };

//===--- meaning -----------------------------------------------------------===//

// What the nodes behind an integer input say about it.
typedef struct meaning_t {
  int64_t choices[MAX_CHOICES];  // constants that it is compared with
  size_t choice_count;
  int64_t limit;  // it picks from this many; 0: it picks nothing
  bool is_size;
} meaning_t;

static bool is_one_of(const mmd_node_t *node, const char *const *ops) {
  for (; *ops; ++ops)
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, *ops)) return true;
  return false;
}

// The numbers of an edge that is a constant or made by a node that is one.
static const mmd_tensor_t *find_constant(const mmd_edge_t *edge) {
  if (!edge) return NULL;
  if (edge->is_constant) return &edge->constant;
  const mmd_node_t *node = edge->producer;
  if (!node || !mmd_node_is(node, MMD_DOMAIN_ONNX, "Constant")) return NULL;
  return mmd_node_attr_tensor(node, "value");
}

static void add_choice(meaning_t *meaning, const mmd_edge_t *other) {
  const mmd_tensor_t *constant = find_constant(other);
  if (!constant || mmd_tensor_count(constant) != 1) return;
  const mmd_dtype_t dtype = constant->dtype;
  if (dtype == MMD_STRING || dtype == MMD_C64 || dtype == MMD_C128) return;
  const double number = mmd_tensor_get_f64(constant, 0);
  if (!(number >= -9e15 && number <= 9e15) || meaning->choice_count == MAX_CHOICES) return;
  for (size_t i = 0; i < meaning->choice_count; ++i)
    if (meaning->choices[i] == (int64_t)number) return;
  meaning->choices[meaning->choice_count++] = (int64_t)number;
}

// Index 0 fits whatever the size is that is not known.
static void add_limit(meaning_t *meaning, const mmd_node_t *node) {
  const mmd_edge_t *data = mmd_node_input(node, 0);
  int64_t axis = mmd_node_attr_int(node, "axis", 0), size = 1;
  if (data && data->type.kind == MMD_TYPE_TENSOR && data->type.has_rank) {
    if (axis < 0) axis += data->type.rank;
    if (axis >= 0 && axis < data->type.rank) size = mmd_dim_number(data->type.dims[axis]);
  }
  if (size < 1) size = 1;
  if (meaning->limit == 0 || size < meaning->limit) meaning->limit = size;
}

static void learn(const mmd_edge_t *edge, int depth, meaning_t *meaning) {
  static const char *const same[] = {"Cast", "Identity", "Squeeze", "Unsqueeze", "Reshape", NULL};
  static const char *const comparisons[] = {"Equal",          "Greater",     "Less",
                                            "GreaterOrEqual", "LessOrEqual", NULL};
  static const char *const picks[] = {"Gather", "GatherElements", NULL};
  static const char *const sized[] = {"Reshape", "Expand", "Tile", "Range", "TopK", NULL};
  for (const mmd_use_t *use = edge->uses; use; use = use->next) {
    const mmd_node_t *node = use->node;
    if (!node) continue;
    if (use->index == 0 && is_one_of(node, same) && node->output_count == 1 && node->outputs[0] &&
        depth < MAX_DEPTH)
      learn(node->outputs[0], depth + 1, meaning);
    if (is_one_of(node, comparisons) && node->input_count == 2)
      add_choice(meaning, node->inputs[1 - use->index]);
    if (use->index == 1 && is_one_of(node, picks)) add_limit(meaning, node);
    if ((use->index == 1 && is_one_of(node, sized)) ||
        mmd_node_is(node, MMD_DOMAIN_ONNX, "ConstantOfShape"))
      meaning->is_size = true;
  }
}

//===--- numbers -----------------------------------------------------------===//

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1103515245u + 12345u;
  return *state >> 16 & 0x7fff;
}

static int64_t make_integer(const meaning_t *meaning, uint32_t seed, uint32_t random) {
  const size_t turn = meaning->choice_count ? seed % (meaning->choice_count + 1) : 0;
  if (turn < meaning->choice_count) return meaning->choices[turn];
  if (meaning->limit > 0) return (int64_t)random % meaning->limit;
  return (int64_t)(random & 3) + meaning->is_size;
}

void mmd_optimize_fill(const mmd_edge_t *edge, uint32_t seed, mmd_tensor_t *tensor) {
  const size_t count = mmd_tensor_count(tensor);
  void *data = mmd_tensor_mutable_data(tensor);
  const bool is_float = mmd_dtype_is_float(tensor->dtype);
  uint32_t state = (uint32_t)mmd_hash_seed_of(edge->name) + seed * 2654435761u;
  meaning_t meaning = {0};
  if (!is_float) learn(edge, 0, &meaning);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t random = next_random(&state);
    if (is_float) {
      mmd_dtype_store_f64(tensor->dtype, data, i, (double)random / 16384.0 - 1.0);
    } else {
      mmd_dtype_store_i64(tensor->dtype, data, i, make_integer(&meaning, seed, random));
    }
  }
}

bool mmd_optimize_has_choices(const mmd_graph_t *graph) {
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    const mmd_edge_t *edge = graph->root->inputs[i];
    meaning_t meaning = {0};
    if (mmd_dtype_is_float(edge->type.dtype)) continue;
    learn(edge, 0, &meaning);
    if (meaning.choice_count > 0) return true;
  }
  return false;
}
