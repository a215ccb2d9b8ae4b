// SPDX-License-Identifier: Apache-2.0
//
// Clip(x + 3, 0, 6) / 6, the way old exporters spell it, becomes HardSigmoid; x times it becomes
// x * HardSigmoid(x), which engines know as hard-swish:
//   Div(Mul(x, Clip(Add(x, b), 0, c)), c)  ->  Mul(x, HardSigmoid(x))   alpha = 1 / c, beta = b / c
#include <string.h>

#include "passes/pass_util.h"

typedef struct {
  mmd_node_t *scale, *product, *clip, *add;  // |product| may be NULL
  mmd_edge_t *x;
  double alpha, beta;
} pattern_t;

// The only element of a floating-point constant.
static bool scalar(const mmd_node_t *node, size_t index, double *out_number) {
  const mmd_tensor_t *tensor = mmd_pass_constant(node, index);
  if (!tensor || tensor->dtype != MMD_F32 || mmd_tensor_count(tensor) != 1) return false;
  *out_number = mmd_tensor_get_f64(tensor, 0);
  return true;
}

// Its shape does not make the result larger.
static bool is_plain_scalar(const mmd_node_t *node, size_t index, const mmd_edge_t *x) {
  const mmd_tensor_t *tensor = mmd_pass_constant(node, index);
  if (tensor->shape.rank == 0) return true;
  return x->type.kind == MMD_TYPE_TENSOR && x->type.has_rank && tensor->shape.rank <= x->type.rank;
}

static mmd_node_t *before(const mmd_node_t *node, size_t index, const char *op) {
  mmd_edge_t *edge = mmd_node_input(node, index);
  mmd_node_t *producer = edge ? edge->producer : NULL;
  if (!producer || producer->region != node->region || !mmd_pass_is(producer, op)) return NULL;
  return mmd_edge_use_count(edge) == 1 ? producer : NULL;
}

static bool clip_bounds(const mmd_node_t *clip, double *out_low, double *out_high) {
  if (clip->version >= 11) return scalar(clip, 1, out_low) && scalar(clip, 2, out_high);
  if (!mmd_node_attr(clip, "min") || !mmd_node_attr(clip, "max")) return false;
  *out_low = mmd_node_attr_float(clip, "min", 0);
  *out_high = mmd_node_attr_float(clip, "max", 0);
  return true;
}

// Clip(x + b, 0, c) behind input |index| of |node|.
static bool match_clip(pattern_t *p, const mmd_node_t *node, size_t index, double *out_top) {
  double low = 0, b = 0;
  p->clip = before(node, index, "Clip");
  if (!p->clip || !clip_bounds(p->clip, &low, out_top) || low != 0 || !(*out_top > 0)) return false;
  p->add = before(p->clip, 0, "Add");
  if (!p->add || p->add->version < 7 || p->add->input_count != 2) return false;
  size_t constant = mmd_pass_constant(p->add, 1) ? 1 : 0;
  if (!scalar(p->add, constant, &b)) return false;
  p->x = p->add->inputs[1 - constant];
  if (!p->x || !is_plain_scalar(p->add, constant, p->x)) return false;
  p->alpha = 1 / *out_top;
  p->beta = b / *out_top;
  return true;
}

// 1 / c as Div by c or Mul by 1 / c.
static bool match_scale(const mmd_node_t *node, size_t *out_constant, double *out_divisor) {
  double number = 0;
  if (node->input_count != 2 || node->version < 7) return false;
  if (mmd_pass_is(node, "Div")) {
    *out_constant = 1;
    return scalar(node, 1, out_divisor);
  }
  if (!mmd_pass_is(node, "Mul")) return false;
  *out_constant = mmd_pass_constant(node, 1) ? 1 : 0;
  if (!scalar(node, *out_constant, &number) || number == 0) return false;
  *out_divisor = 1 / number;
  return true;
}

static bool is_near(double a, double b) {
  double difference = a - b;
  return difference <= 1e-6 * b && difference >= -1e-6 * b;
}

static bool match(mmd_node_t *node, pattern_t *out_pattern) {
  pattern_t p = {.scale = node};
  double divisor = 0, top = 0;
  size_t constant = 0;
  if (!match_scale(node, &constant, &divisor)) return false;
  p.product = before(node, 1 - constant, "Mul");
  bool found = false;
  for (size_t i = 0; p.product && i < 2 && !found; ++i)
    found = match_clip(&p, p.product, i, &top) && mmd_node_input(p.product, 1 - i) == p.x;
  if (!found) {
    p.product = NULL;
    found = match_clip(&p, node, 1 - constant, &top);
  }
  if (!found || !is_near(divisor, top) || !is_plain_scalar(node, constant, p.x)) return false;
  if (p.x->type.dtype != MMD_F32) return false;
  *out_pattern = p;
  return true;
}

static mmd_status_t erase_inner(const pattern_t *p) {
  if (p->product) MMD_TRY(mmd_node_erase(p->product));
  MMD_TRY(mmd_node_erase(p->clip));
  return mmd_node_erase(p->add);
}

static mmd_status_t fuse(const pattern_t *p) {
  mmd_node_t *node = p->scale, *sigmoid = NULL, *last = NULL;
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, "HardSigmoid", p->add->name, 1,
                          &p->x, 1, &sigmoid));
  MMD_TRY(mmd_node_set_float(sigmoid, "alpha", (double)(float)p->alpha));
  MMD_TRY(mmd_node_set_float(sigmoid, "beta", (double)(float)p->beta));
  MMD_TRY(mmd_edge_set_type(sigmoid->outputs[0], &p->x->type));
  last = sigmoid;
  if (p->product) {
    mmd_edge_t *inputs[] = {p->x, sigmoid->outputs[0]};
    MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, "Mul", node->name, 2, inputs, 1,
                            &last));
    MMD_TRY(mmd_edge_set_type(last->outputs[0], &p->x->type));
  }
  MMD_TRY(mmd_edge_forward(node->outputs[0], last->outputs[0]));
  MMD_TRY(mmd_node_erase(node));
  return erase_inner(p);
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  pattern_t pattern;
  if (node->output_count != 1 || !node->outputs[0] || !match(node, &pattern)) return NULL;
  MMD_TRY(fuse(&pattern));
  *(bool *)context = true;
  return NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fuse_hard_sigmoid = {
    .name = "fuse_hard_sigmoid",
    .help = "make HardSigmoid of Clip(x + 3, 0, 6) / 6 and the like",
    .run = run,
};
