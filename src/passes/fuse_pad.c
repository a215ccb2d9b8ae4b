// SPDX-License-Identifier: Apache-2.0
//
// Pad with zeros in front of a Conv becomes the Conv's own padding. So it does in front of
// AveragePool that counts the padding.
#include <string.h>

#include "passes/pass_util.h"

typedef struct {
  size_t count;  // begins of all axes, then ends
  int64_t numbers[2 * MMD_MAX_RANK];
} pads_t;

static bool is_zero(const mmd_tensor_t *tensor) {
  return mmd_tensor_count(tensor) == 1 && tensor->dtype != MMD_STRING &&
         mmd_tensor_get_f64(tensor, 0) == 0;
}

// Constant, not negative, of nothing but the spatial axes.
static bool read_pads(const mmd_node_t *pad, pads_t *out_pads) {
  if (!mmd_pass_is(pad, "Pad") || strcmp(mmd_node_attr_string(pad, "mode", "constant"), "constant"))
    return false;
  if (pad->version >= 11) {
    const mmd_tensor_t *value = mmd_pass_constant(pad, 2);
    if (mmd_node_input(pad, 3) || (mmd_node_input(pad, 2) && (!value || !is_zero(value))))
      return false;
    if (!mmd_pass_ints(pad, 1, 2 * MMD_MAX_RANK, out_pads->numbers, &out_pads->count)) return false;
  } else {
    const int64_t *numbers = mmd_node_attr_ints(pad, "pads", &out_pads->count);
    if (!numbers || out_pads->count > 2 * MMD_MAX_RANK || mmd_node_attr_float(pad, "value", 0) != 0)
      return false;
    memcpy(out_pads->numbers, numbers, out_pads->count * sizeof *numbers);
  }
  size_t rank = out_pads->count / 2;
  if (rank < 3 || out_pads->count % 2) return false;
  for (size_t i = 0; i < out_pads->count; ++i) {
    bool is_spatial = i % rank >= 2;
    if (out_pads->numbers[i] < 0 || out_pads->numbers[i] > INT32_MAX) return false;
    if (!is_spatial && out_pads->numbers[i] != 0) return false;
  }
  return true;
}

static bool takes_padding(const mmd_node_t *node) {
  bool is_conv = mmd_pass_is(node, "Conv");
  bool is_pool = mmd_pass_is(node, "AveragePool") && node->version >= 7 &&
                 mmd_node_attr_int(node, "count_include_pad", 0) == 1 &&
                 mmd_node_attr_int(node, "ceil_mode", 0) == 0;
  const char *rule = mmd_node_attr_string(node, "auto_pad", "NOTSET");
  return (is_conv || is_pool) && strcmp(rule, "NOTSET") == 0;
}

// Engines refuse a pool whose padding is as large as its window.
static bool fits_window(const mmd_node_t *node, size_t spatial, const int64_t *pads) {
  size_t count = 0;
  if (strcmp(node->op, "AveragePool") != 0) return true;
  const int64_t *window = mmd_node_attr_ints(node, "kernel_shape", &count);
  if (!window || count != spatial) return false;
  for (size_t i = 0; i < 2 * spatial; ++i)
    if (pads[i] >= window[i % spatial]) return false;
  return true;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  mmd_edge_t *edge = mmd_node_input(node, 0);
  mmd_node_t *pad = edge ? edge->producer : NULL;
  pads_t pads;
  if (!pad || pad->region != node->region || mmd_edge_use_count(edge) != 1) return NULL;
  if (!takes_padding(node) || !read_pads(pad, &pads)) return NULL;
  size_t rank = pads.count / 2, spatial = rank - 2, count = 0;
  const int64_t *old = mmd_node_attr_ints(node, "pads", &count);
  int64_t sums[2 * MMD_MAX_RANK];
  if (old && count != 2 * spatial) return NULL;
  for (size_t i = 0; i < 2 * spatial; ++i) {
    size_t from = i < spatial ? 2 + i : rank + 2 + (i - spatial);
    sums[i] = pads.numbers[from] + (old ? old[i] : 0);
    if (old && (old[i] < 0 || old[i] > INT32_MAX)) return NULL;
  }
  if (!fits_window(node, spatial, sums)) return NULL;
  MMD_TRY(mmd_node_set_ints(node, "pads", 2 * spatial, sums));
  MMD_TRY(mmd_node_set_input(node, 0, pad->inputs[0]));
  *(bool *)context = true;
  return mmd_node_erase(pad);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fuse_pad = {
    .name = "fuse_pad",
    .help = "let Conv and AveragePool pad themselves",
    .run = run,
};
