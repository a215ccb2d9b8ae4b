// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::MultiClassNMS (nn/multiclass_nms.h) spelled out: NonMaxSuppression, what it selects
// gathered, a row of zeros appended, the best of all classes by TopK. With more images than one,
// rows of other images become zeros with label -1.
#include "ops/infer.h"
#include "passes/spell.h"

typedef struct nms_t {
  mmd_spell_t s;
  int64_t images;           // -1: not known
  int64_t pre_top_k, keep;  // <= 0: all
  bool agnostic;
  bool by_class;  // boxes [images, n, classes, 4]: each class is suppressed as an image of its own
  mmd_edge_t *boxes, *scores;  // [images, n, 4], [images, n, classes]
  mmd_edge_t *label_map;       // [images, n] when agnostic
  mmd_edge_t *row_map;         // [images, n]: rows before the choice, or NULL
  mmd_edge_t *owner;           // per selection: its image,
  mmd_edge_t *box, *score;     // box and score
  mmd_edge_t *label, *row;     // class and row
} nms_t;

// The largest value that |dim| can have, or -1.
static int64_t upper_bound(const mmd_dim_t *dim) {
  if (mmd_dim_is_const(dim)) return dim->number;
  if (!dim || (dim->kind != MMD_DIM_MIN && dim->kind != MMD_DIM_ADD)) return -1;
  const int64_t a = upper_bound(dim->a), b = upper_bound(dim->b);
  if (dim->kind == MMD_DIM_ADD)
    return a < 0 || b < 0 || a > INT32_MAX || b > INT32_MAX ? -1 : a + b;
  if (a < 0 || b < 0) return a < 0 ? b : a;
  return a < b ? a : b;
}

static bool may_exceed(const nms_t *n) {
  const mmd_type_t *type = &n->scores->type;
  if (n->pre_top_k <= 0) return false;
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank || type->rank != 3) return true;
  const int64_t bound = upper_bound(type->dims[1]);
  return bound < 0 || bound > n->pre_top_k;
}

static mmd_edge_t *best_of_classes(nms_t *n) {
  static const int64_t last = 2;
  mmd_edge_t *axes = mmd_spell_i64(&n->s, 1, &last);
  return mmd_spell_int(&n->s, "ReduceMax", n->scores, axes, "keepdims", 0);
}

// Rows |index| [images, k, 1] of |x| [images, n, size].
static mmd_edge_t *gather_rows(nms_t *n, mmd_edge_t *x, mmd_edge_t *index, int64_t size) {
  const int64_t dims[] = {1, 1, size};
  index = mmd_spell(&n->s, "Expand", index, mmd_spell_i64(&n->s, 3, dims));
  return mmd_spell_int(&n->s, "GatherElements", x, index, "axis", 1);
}

static void choose_rows(nms_t *n) {
  static const int64_t first = 0;
  if (!may_exceed(n)) return;
  mmd_edge_t *best = best_of_classes(n);
  mmd_edge_t *index =
      mmd_spell_top_k(&n->s, best, mmd_spell_limited_size(&n->s, best, n->pre_top_k));
  n->row_map = index;
  const int64_t classes = mmd_spell_size(n->scores, 2);
  if (n->images == 1) {
    index = mmd_spell(&n->s, "Squeeze", index, mmd_spell_i64(&n->s, 1, &first));
    n->boxes = mmd_spell_int(&n->s, "Gather", n->boxes, index, "axis", 1);
    n->scores = mmd_spell_int(&n->s, "Gather", n->scores, index, "axis", 1);
    return;
  }
  if (!n->s.status && classes < 0) {
    n->s.status = MMD_ERROR(MMD_NOT_SUPPORTED, "the number of classes is not known");
  }
  index = mmd_spell_unsqueeze(&n->s, 2, index);
  n->scores = gather_rows(n, n->scores, index, classes);
  if (n->by_class) {
    const int64_t dims[] = {1, 1, classes, 4};
    index = mmd_spell_unsqueeze(&n->s, 3, index);
    index = mmd_spell(&n->s, "Expand", index, mmd_spell_i64(&n->s, 4, dims));
    n->boxes = mmd_spell_int(&n->s, "GatherElements", n->boxes, index, "axis", 1);
  } else {
    n->boxes = gather_rows(n, n->boxes, index, 4);
  }
}

static mmd_edge_t *transpose(nms_t *n, size_t rank, const int64_t *perm, mmd_edge_t *x) {
  mmd_node_t *node = mmd_spell_node(&n->s, "Transpose", 1, &x, 1);
  mmd_spell_set_ints(&n->s, node, "perm", rank, perm);
  return node ? node->outputs[0] : NULL;
}

// The images' classes as images of one class: boxes become [images * classes, n, 4], the result is
// [images * classes, 1, n].
static mmd_edge_t *unfold_classes(nms_t *n) {
  static const int64_t rows_last[] = {0, 2, 1}, rows_behind[] = {0, 2, 1, 3}, minus_one = -1,
                       four = 4, folded[] = {-1, 1, 0}, class_first[] = {2, 0, 1},
                       boxes_first[] = {2, 0, 1, 3}, axis = 1;
  mmd_spell_t *s = &n->s;
  if (n->images == 1) {
    n->boxes =
        mmd_spell(s, "Squeeze", transpose(n, 4, boxes_first, n->boxes), mmd_spell_i64(s, 1, &axis));
    return transpose(n, 3, class_first, n->scores);
  }
  mmd_node_t *shape = mmd_spell_node(s, "Shape", 1, &n->scores, 1);
  mmd_spell_set_int(s, shape, "start", 1);
  mmd_spell_set_int(s, shape, "end", 2);
  mmd_edge_t *dims = shape ? shape->outputs[0] : NULL;
  dims = mmd_spell_concat(s, 0, mmd_spell_i64(s, 1, &minus_one), dims);
  dims = mmd_spell_concat(s, 0, dims, mmd_spell_i64(s, 1, &four));
  n->boxes = mmd_spell(s, "Reshape", transpose(n, 4, rows_behind, n->boxes), dims);
  return mmd_spell(s, "Reshape", transpose(n, 3, rows_last, n->scores),
                   mmd_spell_i64(s, 3, folded));
}

// [images, classes, n]; one class, the best, when boxes suppress those of other classes.
static mmd_edge_t *scores_by_class(nms_t *n) {
  static const int64_t perm[] = {0, 2, 1};
  if (n->by_class) return unfold_classes(n);
  if (n->agnostic) {
    mmd_node_t *node = mmd_spell_node(&n->s, "ArgMax", 1, &n->scores, 1);
    mmd_spell_set_int(&n->s, node, "axis", 2);
    mmd_spell_set_int(&n->s, node, "keepdims", 0);
    n->label_map = node ? node->outputs[0] : NULL;
    return mmd_spell_unsqueeze(&n->s, 1, best_of_classes(n));
  }
  return transpose(n, 3, perm, n->scores);
}

static mmd_edge_t *select(nms_t *n, mmd_edge_t *scores) {
  const mmd_node_t *node = n->s.node;
  const int64_t one = 1;
  int64_t limit = mmd_node_attr_int(node, "max_output_boxes_per_class", 1000);
  if (n->agnostic) limit = n->keep > 0 ? n->keep : INT32_MAX;
  const float iou = (float)mmd_node_attr_float(node, "iou_threshold", 0);
  const float score = (float)mmd_node_attr_float(node, "score_threshold", 0);
  mmd_edge_t *const inputs[] = {n->boxes, scores, mmd_spell_i64(&n->s, 1, &limit),
                                mmd_spell_f32(&n->s, 1, &one, iou),
                                mmd_spell_f32(&n->s, 1, &one, score)};
  mmd_node_t *out = mmd_spell_node(&n->s, "NonMaxSuppression", 5, inputs, 1);
  return out ? out->outputs[0] : NULL;
}

static mmd_edge_t *column(nms_t *n, mmd_edge_t *selected, int64_t index) {
  return mmd_spell_int(&n->s, "Gather", selected, mmd_spell_scalar_i64(&n->s, index), "axis", 1);
}

static void gather_selected(nms_t *n) {
  static const int64_t place[] = {0, 2};
  mmd_edge_t *scores = scores_by_class(n);
  mmd_edge_t *selected = select(n, scores);
  mmd_edge_t *at =
      mmd_spell_int(&n->s, "Gather", selected, mmd_spell_i64(&n->s, 2, place), "axis", 1);
  n->score = mmd_spell(&n->s, "GatherND", scores, selected);
  n->box = mmd_spell(&n->s, "GatherND", n->boxes, at);
  n->label = n->agnostic ? mmd_spell(&n->s, "GatherND", n->label_map, at)
                         : column(n, selected, n->by_class ? 0 : 1);
  n->owner = n->images == 1 ? NULL : column(n, selected, 0);
  if (n->by_class && n->owner) {
    mmd_edge_t *classes = mmd_spell_scalar_i64(&n->s, mmd_spell_size(n->s.node->inputs[1], 2));
    n->label = mmd_spell(&n->s, "Mod", n->owner, classes);
    n->owner = mmd_spell(&n->s, "Div", n->owner, classes);
  }
  if (n->s.node->output_count < 3) return;
  n->row = n->row_map ? mmd_spell(&n->s, "GatherND", n->row_map, at) : column(n, selected, 2);
}

//===--- one image ---------------------------------------------------------===//

// |x| [s] with |last| behind it, at |index| [1, k].
static mmd_edge_t *pick_number(nms_t *n, mmd_edge_t *x, int64_t last, mmd_edge_t *index) {
  x = mmd_spell_concat(&n->s, 0, x, mmd_spell_i64(&n->s, 1, &last));
  return mmd_spell_int(&n->s, "Gather", x, index, "axis", 0);
}

static void finish_single(nms_t *n) {
  static const int64_t row[] = {1, 5}, one = 1;
  mmd_spell_t *s = &n->s;
  mmd_edge_t *dets = mmd_spell_concat(s, 1, n->box, mmd_spell_unsqueeze(s, 1, n->score));
  dets = mmd_spell_concat(s, 0, dets, mmd_spell_f32(s, 2, row, 0));
  mmd_edge_t *scores = mmd_spell_concat(s, 0, n->score, mmd_spell_f32(s, 1, &one, 0));
  scores = mmd_spell_unsqueeze(s, 0, scores);
  mmd_edge_t *index = mmd_spell_top_k(s, scores, mmd_spell_limited_size(s, scores, n->keep));
  mmd_spell_replace(s, 0, mmd_spell_int(s, "Gather", dets, index, "axis", 0));
  mmd_spell_replace(s, 1, pick_number(n, n->label, 0, index));
  if (n->row) mmd_spell_replace(s, 2, pick_number(n, n->row, -1, index));
}

//===--- several images ----------------------------------------------------===//

// [images, 1]: 0, 1, 2 …
static mmd_edge_t *image_numbers(nms_t *n) {
  static const int64_t zero = 0;
  mmd_spell_t *s = &n->s;
  mmd_node_t *shape = mmd_spell_node(s, "Shape", 1, &n->scores, 1);
  mmd_spell_set_int(s, shape, "end", 1);
  mmd_edge_t *count = shape ? shape->outputs[0] : NULL;
  count = mmd_spell(s, "Squeeze", count, mmd_spell_i64(s, 1, &zero));
  mmd_edge_t *numbers =
      mmd_spell_three(s, "Range", mmd_spell_scalar_i64(s, 0), count, mmd_spell_scalar_i64(s, 1));
  return mmd_spell_unsqueeze(s, 1, numbers);
}

static mmd_edge_t *append(nms_t *n, size_t count, const int64_t *pads, mmd_edge_t *x,
                          mmd_edge_t *value) {
  return mmd_spell_three(&n->s, "Pad", x, mmd_spell_i64(&n->s, count, pads), value);
}

// |x| [s] of the images that own it, -1 elsewhere, |last| behind all, at |index| [images, k].
static mmd_edge_t *pick_own_number(nms_t *n, mmd_edge_t *mask, mmd_edge_t *x, int64_t last,
                                   mmd_edge_t *index) {
  static const int64_t pads[] = {0, 0, 0, 1};
  x = mmd_spell_three(&n->s, "Where", mask, x, mmd_spell_scalar_i64(&n->s, -1));
  x = append(n, 4, pads, x, mmd_spell_scalar_i64(&n->s, last));
  return mmd_spell_int(&n->s, "GatherElements", x, index, "axis", 1);
}

static void finish_batched(nms_t *n) {
  static const int64_t pads[] = {0, 0, 0, 0, 1, 0};
  mmd_spell_t *s = &n->s;
  mmd_edge_t *mask = mmd_spell(s, "Equal", n->owner, image_numbers(n));
  mmd_edge_t *dets = mmd_spell_concat(s, 1, n->box, mmd_spell_unsqueeze(s, 1, n->score));
  dets = mmd_spell_three(s, "Where", mmd_spell_unsqueeze(s, 2, mask), dets,
                         mmd_spell_f32(s, 0, NULL, 0));
  dets = append(n, 6, pads, dets, NULL);
  mmd_edge_t *scores = mmd_spell_int(s, "Gather", dets, mmd_spell_scalar_i64(s, 4), "axis", 2);
  mmd_edge_t *index = mmd_spell_top_k(s, scores, mmd_spell_limited_size(s, scores, n->keep));
  mmd_spell_replace(s, 0, gather_rows(n, dets, mmd_spell_unsqueeze(s, 2, index), 5));
  mmd_spell_replace(s, 1, pick_own_number(n, mask, n->label, 0, index));
  if (n->row) mmd_spell_replace(s, 2, pick_own_number(n, mask, n->row, -1, index));
}

//===--- the pass ----------------------------------------------------------===//

static int rank_of(const mmd_edge_t *edge) {
  const mmd_type_t *type = edge ? &edge->type : NULL;
  return type && type->kind == MMD_TYPE_TENSOR && type->has_rank ? type->rank : -1;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (!mmd_spell_is(node, "MultiClassNMS")) return NULL;
  nms_t n = {.s = {.node = node},
             .boxes = node->inputs[0],
             .scores = node->inputs[1],
             .images = mmd_spell_size(node->inputs[0], 0),
             .pre_top_k = mmd_node_attr_int(node, "pre_top_k", -1),
             .keep = mmd_node_attr_int(node, "keep_top_k", -1),
             .agnostic = mmd_node_attr_int(node, "class_agnostic", 0) != 0,
             .by_class = rank_of(node->inputs[0]) == 4};
  if (n.by_class &&
      (n.agnostic || node->output_count > 2 || mmd_spell_size(node->inputs[1], 2) < 0))
    return NULL;
  choose_rows(&n);
  gather_selected(&n);
  if (n.images == 1) {
    finish_single(&n);
  } else {
    finish_batched(&n);
  }
  *(bool *)context = true;
  return mmd_spell_finish(&n.s);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_split_multi_class_nms = {
    .name = "split_multi_class_nms",
    .help = "Spells multi-class suppression of boxes out in standard operators",
    .run = run,
};
