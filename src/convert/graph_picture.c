// SPDX-License-Identifier: Apache-2.0
#include "convert/graph_picture.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/inspect.h"

enum {
  MAX_LINE = 56,  // bytes of a line in a box
  LINE_TITLE = 0,
  LINE_PATH,
  LINE_TYPE,
  LINE_SUMS,
};

//===--- kinds -------------------------------------------------------------===//

static const struct {
  const char *const *ops;  // sorted
  size_t count;
  mmd_picture_kind_t kind;
} g_kinds[] = {
#define KIND(kind, ...)                                                                       \
  {                                                                                           \
    (const char *const[]){__VA_ARGS__},                                                       \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), MMD_PICTURE_##kind \
  }
    KIND(PRODUCT, "Conv", "ConvInteger", "ConvTranspose", "DeformConv", "Einsum", "GRU", "Gemm",
         "LSTM", "MMCVDeformConv2d", "MMCVModulatedDeformConv2d", "MatMul", "MatMulInteger",
         "MultiHeadAttention", "QLinearConv", "QLinearMatMul", "RNN",
         "ScaledDotProductAttentionTRT"),
    KIND(NORM, "BatchNormalization", "DequantizeLinear", "GroupNormalization",
         "InstanceNormalization", "LRN", "LayerNormalization", "LpNormalization",
         "MeanVarianceNormalization", "QuantizeLinear"),
    KIND(ACTIVATION, "Celu", "Clip", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu",
         "LogSoftmax", "Mish", "PRelu", "Relu", "Selu", "Sigmoid", "Softmax", "Softplus",
         "Softsign", "Tanh", "ThresholdedRelu"),
    KIND(POOL, "ArgMax", "ArgMin", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
         "GridSample", "LpPool", "MMCVRoIAlign", "MMCVRoIAlignRotated", "MaxPool", "ReduceL1",
         "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Resize",
         "RoiAlign", "TopK", "Upsample", "grid_sampler"),
    KIND(SHAPE, "Cast", "Concat", "Constant", "ConstantOfShape", "DepthToSpace", "Expand",
         "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "NonZero", "OneHot", "Pad",
         "Range", "Reshape", "ScatterElements", "ScatterND", "Shape", "Size", "Slice",
         "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze"),
    KIND(CONTROL, "If", "Loop", "Scan"),
    KIND(MATH, "Abs", "Add", "And", "Ceil", "Cos", "Div", "Equal", "Exp", "Floor", "Greater",
         "GreaterOrEqual", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min", "Mod", "Mul", "Neg",
         "Not", "Or", "Pow", "Reciprocal", "Round", "Sin", "Sqrt", "Sub", "Sum", "Where"),
};

static int compare_op(const void *key, const void *item) {
  return strcmp(key, *(const char *const *)item);
}

static mmd_picture_kind_t kind_of(const mmd_node_t *node) {
  for (size_t i = 0; i < sizeof g_kinds / sizeof *g_kinds; ++i) {
    if (bsearch(node->op, g_kinds[i].ops, g_kinds[i].count, sizeof(const char *), compare_op))
      return g_kinds[i].kind;
  }
  return MMD_PICTURE_OTHER;
}

const char *mmd_picture_colour(mmd_picture_kind_t kind) {
  static const char *const colours[MMD_PICTURE_KIND_COUNT] = {
      [MMD_PICTURE_PORT] = "#ffffff",       [MMD_PICTURE_MODULE] = "#d9e6f5",
      [MMD_PICTURE_PRODUCT] = "#9fc5e8",    [MMD_PICTURE_NORM] = "#d9d2e9",
      [MMD_PICTURE_ACTIVATION] = "#f4cccc", [MMD_PICTURE_POOL] = "#d9ead3",
      [MMD_PICTURE_MATH] = "#fff2cc",       [MMD_PICTURE_SHAPE] = "#eeeeee",
      [MMD_PICTURE_CONTROL] = "#f9cb9c",    [MMD_PICTURE_OTHER] = "#ead1dc",
  };
  return colours[kind];
}

//===--- boxes -------------------------------------------------------------===//

// Arithmetic on sizes, which types show already.
static bool is_size(const mmd_node_t *node) {
  for (size_t i = 0; i < node->output_count; ++i) {
    if (node->outputs[i] && !node->outputs[i]->elements) return false;
  }
  return true;
}

static bool is_shown(const mmd_picture_t *p, size_t item) {
  if (p->tree.items[item].node && is_size(p->tree.items[item].node)) return false;
  const bool is_box = p->tree.items[item].node || p->tree.items[item].level == p->depth;
  return is_box && mmd_graph_tree_visible(&p->tree, item, p->depth) == item;
}

static size_t count_boxes(mmd_picture_t *p, int depth) {
  size_t count = 0;
  p->depth = depth;
  for (size_t i = 0; i < p->tree.count; ++i) count += is_shown(p, i);
  return count;
}

static void choose_depth(mmd_picture_t *p) {
  int deepest = 1;
  for (size_t i = 0; i < p->tree.count; ++i) {
    if (p->tree.items[i].level > deepest) deepest = p->tree.items[i].level;
  }
  for (int depth = deepest; depth >= 1; --depth) {
    if (count_boxes(p, depth) <= MMD_PICTURE_BOXES) return;
  }
}

// |text| as it is shown: long paths lose their beginning, all else its end; no character is cut.
static mmd_status_t shorten(mmd_str_t *text, bool is_path) {
  const size_t cut = text->size - MAX_LINE;
  char *begin = text->data;
  if (is_path) {
    char *rest = begin + cut;
    while (((unsigned char)*rest & 0xc0) == 0x80) ++rest;
    const size_t kept = (size_t)(begin + text->size - rest);
    memmove(begin + 2, rest, kept + 1);
    memcpy(begin, "..", 2);
    text->size = kept + 2;
    return NULL;
  }
  size_t kept = MAX_LINE;
  while (kept && ((unsigned char)begin[kept] & 0xc0) == 0x80) --kept;
  begin[kept] = '\0';
  text->size = kept;
  return mmd_str_append(text, "..");
}

// |text| becomes the line unless |status| is a failure.
static mmd_status_t set_line(mmd_picture_box_t *box, int line, mmd_status_t status,
                             mmd_str_t *text) {
  if (!status && text->size > MAX_LINE + 2) status = shorten(text, line == LINE_PATH);
  if (!status && text->size) {
    box->lines[line] = mmd_str_take(text);
    if (!box->lines[line]) status = mmd_status_no_memory();
    if (!status) mmd_str_sanitize(box->lines[line]);
  }
  mmd_str_deinit(text);
  return status;
}

static mmd_status_t set_type(mmd_picture_box_t *box, const mmd_edge_t *edge) {
  mmd_str_t text = {0};
  mmd_status_t status = edge ? mmd_type_format(&edge->type, &text) : NULL;
  return set_line(box, LINE_TYPE, status, &text);
}

static mmd_status_t format_sums(mmd_graph_t *graph, const mmd_tree_item_t *item, mmd_str_t *out) {
  const mmd_dim_t *flops = mmd_cost_flops(graph, &item->cost);
  MMD_TRY_ALLOC(flops);
  if (item->parameters) {
    MMD_TRY(mmd_inspect_count(out, item->parameters));
    MMD_TRY(mmd_str_append(out, " params"));
  }
  if (mmd_dim_number(flops) <= 0) return NULL;
  if (out->size) MMD_TRY(mmd_str_append(out, ", "));
  MMD_TRY(mmd_inspect_count(out, (uint64_t)flops->number));
  return mmd_str_append(out, " FLOPs");
}

// A node is called by its operator, and lies in a module.
static mmd_status_t set_title(const mmd_picture_t *p, const mmd_tree_item_t *item,
                              mmd_picture_box_t *box) {
  const mmd_tree_item_t *above = &p->tree.items[item->parent];
  const char *path = item->node ? above->path : "";
  mmd_str_t title = {0}, second = {0};
  box->kind = item->node ? kind_of(item->node) : MMD_PICTURE_MODULE;
  mmd_status_t status = mmd_str_append(&title, item->node ? item->node->op : item->name);
  if (!status && !item->node) status = mmd_str_printf(&second, "%zu nodes", item->node_count);
  if (!status && item->node) status = mmd_str_append(&second, path);
  status = set_line(box, LINE_TITLE, status, &title);
  return set_line(box, LINE_PATH, status, &second);
}

static mmd_status_t add_box(mmd_picture_t *p, size_t item, mmd_picture_box_t **out_box) {
  MMD_TRY(MMD_GROW(p->boxes, p->box_capacity, p->box_count + 1));
  *out_box = &p->boxes[p->box_count++];
  **out_box = (mmd_picture_box_t){.item = item};
  return NULL;
}

static mmd_status_t add_item(mmd_picture_t *p, size_t at) {
  const mmd_tree_item_t *item = &p->tree.items[at];
  mmd_picture_box_t *box;
  mmd_str_t sums = {0};
  MMD_TRY(add_box(p, at, &box));
  MMD_TRY(set_title(p, item, box));
  MMD_TRY(set_type(box, item->output));
  MMD_TRY(set_line(box, LINE_SUMS, format_sums(p->tree.graph, item, &sums), &sums));
  box->detail = mmd_strdup(item->node ? item->node->name : item->path);
  MMD_TRY_ALLOC(box->detail);
  mmd_str_sanitize(box->detail);
  return NULL;
}

static mmd_status_t add_port(mmd_picture_t *p, const mmd_edge_t *edge) {
  mmd_picture_box_t *box;
  mmd_str_t name = {0};
  MMD_TRY(add_box(p, MMD_TREE_NONE, &box));
  MMD_TRY(set_line(box, LINE_TITLE, mmd_str_append(&name, edge->name), &name));
  MMD_TRY(set_type(box, edge));
  box->detail = mmd_strdup(edge->name);
  MMD_TRY_ALLOC(box->detail);
  mmd_str_sanitize(box->detail);
  return NULL;
}

//===--- arrows ------------------------------------------------------------===//

typedef struct drawer_t {
  mmd_picture_t *picture;
  size_t *box_of;  // items to boxes
  size_t first_output;
} drawer_t;

static size_t box_of_node(const drawer_t *d, const mmd_node_t *node) {
  const mmd_picture_t *p = d->picture;
  return d->box_of[mmd_graph_tree_visible(&p->tree, node->mark, p->depth)];
}

// An input of a body comes from the node that owns it; no arrow then, nor for sizes.
static size_t box_of_edge(const drawer_t *d, const mmd_edge_t *edge) {
  if (edge->elements) return MMD_TREE_NONE;
  if (edge->producer) return box_of_node(d, edge->producer);
  const bool is_input = !edge->is_constant && edge->region == d->picture->tree.graph->root;
  return is_input ? edge->output_index : MMD_TREE_NONE;
}

static mmd_status_t add_arrow(const drawer_t *d, const mmd_edge_t *edge, size_t to) {
  mmd_picture_t *p = d->picture;
  const size_t from = edge ? box_of_edge(d, edge) : MMD_TREE_NONE;
  if (from == MMD_TREE_NONE || to == MMD_TREE_NONE || from == to) return NULL;
  MMD_TRY(MMD_GROW(p->arrows, p->arrow_capacity, p->arrow_count + 1));
  p->arrows[p->arrow_count++] = (mmd_picture_arrow_t){from, to, edge, 1};
  return NULL;
}

static mmd_status_t add_arrows(const drawer_t *d) {
  const mmd_picture_t *p = d->picture;
  for (size_t i = 0; i < p->tree.count; ++i) {
    const mmd_node_t *node = p->tree.items[i].node;
    if (!node) continue;
    const size_t to = box_of_node(d, node);
    for (size_t k = 0; k < node->input_count; ++k) MMD_TRY(add_arrow(d, node->inputs[k], to));
  }
  const mmd_region_t *root = p->tree.graph->root;
  for (size_t i = 0; i < root->output_count; ++i)
    MMD_TRY(add_arrow(d, root->outputs[i], d->first_output + i));
  return NULL;
}

static int compare_arrows(const void *a, const void *b) {
  const mmd_picture_arrow_t *x = a, *y = b;
  if (x->from != y->from) return x->from < y->from ? -1 : 1;
  if (x->to != y->to) return x->to < y->to ? -1 : 1;
  return strcmp(x->edge->name, y->edge->name);
}

void mmd_picture_merge_arrows(mmd_picture_t *p) {
  size_t count = 0;
  if (p->arrow_count) qsort(p->arrows, p->arrow_count, sizeof *p->arrows, compare_arrows);
  for (size_t i = 0; i < p->arrow_count; ++i) {
    mmd_picture_arrow_t *last = count ? &p->arrows[count - 1] : NULL;
    const mmd_picture_arrow_t *arrow = &p->arrows[i];
    if (last && last->from == arrow->from && last->to == arrow->to) {
      last->count += last->edge != arrow->edge;
      last->edge = arrow->edge;
    } else {
      p->arrows[count++] = *arrow;
    }
  }
  p->arrow_count = count;
}

//===--- picture -----------------------------------------------------------===//

static mmd_status_t fill(drawer_t *d) {
  mmd_picture_t *p = d->picture;
  const mmd_region_t *root = p->tree.graph->root;
  for (size_t i = 0; i < root->input_count; ++i) MMD_TRY(add_port(p, root->inputs[i]));
  for (size_t i = 0; i < p->tree.count; ++i) {
    d->box_of[i] = is_shown(p, i) ? p->box_count : MMD_TREE_NONE;
    if (d->box_of[i] != MMD_TREE_NONE) MMD_TRY(add_item(p, i));
  }
  d->first_output = p->box_count;
  for (size_t i = 0; i < root->output_count; ++i) MMD_TRY(add_port(p, root->outputs[i]));
  MMD_TRY(add_arrows(d));
  mmd_picture_merge_arrows(p);
  return p->box_count > MMD_PICTURE_BOXES ? mmd_picture_join_chains(p) : NULL;
}

mmd_status_t mmd_picture_create(mmd_graph_t *graph, int depth, mmd_picture_t *out_picture) {
  *out_picture = (mmd_picture_t){.depth = depth};
  MMD_TRY(mmd_graph_tree_create(graph, &out_picture->tree));
  if (depth < 0) choose_depth(out_picture);
  if (out_picture->depth == 0) out_picture->depth = 1;  // the root is the picture
  drawer_t d = {.picture = out_picture};
  d.box_of = mmd_alloc_array(out_picture->tree.count, sizeof *d.box_of);
  mmd_status_t status = d.box_of ? fill(&d) : mmd_status_no_memory();
  mmd_free(d.box_of);
  if (status) mmd_picture_deinit(out_picture);
  return status;
}

void mmd_picture_deinit(mmd_picture_t *picture) {
  for (size_t i = 0; i < picture->box_count; ++i) {
    for (int k = 0; k < MMD_PICTURE_LINES; ++k) mmd_free(picture->boxes[i].lines[k]);
    mmd_free(picture->boxes[i].detail);
  }
  mmd_free(picture->boxes);
  mmd_free(picture->arrows);
  mmd_graph_tree_deinit(&picture->tree);
  *picture = (mmd_picture_t){0};
}
