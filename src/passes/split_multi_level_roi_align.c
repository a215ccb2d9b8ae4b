// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::MMCVMultiLevelRoiAlign (nn/roi_align.h) spelled out: each RoI finds its level, each
// level pools its own RoIs, and the results are put back into the order of the RoIs. Averages over
// upright RoIs only; what else there is stays as it is.
#include "ops/infer.h"
#include "passes/spell.h"

enum { MAX_LEVELS = 10 };

typedef struct roi_t {
  mmd_spell_t s;
  int64_t levels;
  const double *strides;
  mmd_edge_t *boxes;              // [n, 4]
  mmd_edge_t *corners[2], *size;  // [n, 2]
  mmd_edge_t *image;              // [n], i64
  mmd_edge_t *level;              // [n], float
} roi_t;

static bool is_readable(const mmd_node_t *node) {
  const mmd_attr_t *strides = mmd_node_attr(node, "featmap_strides");
  return strides && strides->kind == MMD_ATTR_FLOATS && node->input_count >= 2 &&
         node->input_count <= 1 + MAX_LEVELS && strides->count + 1 >= node->input_count &&
         mmd_node_attr_int(node, "pool_mode", 0) == 1;
}

static mmd_edge_t *slice_columns(roi_t *r, int64_t begin, int64_t end, mmd_edge_t *x) {
  static const int64_t axis = 1;
  mmd_edge_t *const inputs[] = {x, mmd_spell_i64(&r->s, 1, &begin), mmd_spell_i64(&r->s, 1, &end),
                                mmd_spell_i64(&r->s, 1, &axis)};
  mmd_node_t *node = mmd_spell_node(&r->s, "Slice", 4, inputs, 1);
  return node ? node->outputs[0] : NULL;
}

static void split_rois(roi_t *r) {
  mmd_spell_t *s = &r->s;
  mmd_edge_t *rois = s->node->inputs[0];
  r->boxes = slice_columns(r, 1, 5, rois);
  mmd_edge_t *image = mmd_spell_int(s, "Gather", rois, mmd_spell_scalar_i64(s, 0), "axis", 1);
  r->image = mmd_spell_int(s, "Cast", image, NULL, "to", MMD_I64);
}

static mmd_edge_t *scalar(roi_t *r, double number) {
  return mmd_spell_f32(&r->s, 0, NULL, (float)number);
}

// floor(log2(sqrt(area) / finest_scale + 1e-6)), within the levels.
static void find_levels(roi_t *r) {
  static const int64_t axis = 1;
  mmd_spell_t *s = &r->s;
  const double finest = (double)mmd_node_attr_int(s->node, "finest_scale", 56);
  mmd_edge_t *x =
      mmd_spell_int(s, "ReduceProd", r->size, mmd_spell_i64(s, 1, &axis), "keepdims", 0);
  x = mmd_spell(s, "Div", mmd_spell(s, "Sqrt", x, NULL), scalar(r, finest));
  x = mmd_spell(s, "Log", mmd_spell(s, "Add", x, scalar(r, 1e-6)), NULL);
  x = mmd_spell(s, "Floor", mmd_spell(s, "Div", x, scalar(r, 0.69314718055994531)), NULL);
  r->level = mmd_spell_three(s, "Clip", x, scalar(r, 0), scalar(r, (double)(r->levels - 1)));
}

static void measure(roi_t *r) {
  r->corners[0] = slice_columns(r, 0, 2, r->boxes);
  r->corners[1] = slice_columns(r, 2, 4, r->boxes);
  r->size = mmd_spell(&r->s, "Sub", r->corners[1], r->corners[0]);
}

// About their centre; their sides count as longer by roi_border.
static void enlarge(roi_t *r) {
  mmd_spell_t *s = &r->s;
  const double factor = mmd_node_attr_float(s->node, "roi_scale_factor", -1);
  const double border = mmd_node_attr_float(s->node, "roi_border", 1);
  if (!(factor > 0) || factor == 1) return;
  mmd_edge_t *center = mmd_spell(s, "Add", r->corners[0], r->corners[1]);
  center = mmd_spell(s, "Mul", center, scalar(r, 0.5));
  mmd_edge_t *half = mmd_spell(s, "Mul", r->size, scalar(r, factor * 0.5));
  if (border != 0) half = mmd_spell(s, "Add", half, scalar(r, border * (factor - 1) * 0.5));
  r->boxes =
      mmd_spell_concat(s, 1, mmd_spell(s, "Sub", center, half), mmd_spell(s, "Add", center, half));
}

static mmd_edge_t *align(roi_t *r, int64_t level, mmd_edge_t *boxes, mmd_edge_t *image) {
  mmd_spell_t *s = &r->s;
  const mmd_node_t *from = s->node;
  mmd_edge_t *const inputs[] = {from->inputs[1 + level], boxes, image};
  mmd_node_t *node = mmd_spell_node(s, "RoiAlign", 3, inputs, 1);
  if (!node) return NULL;
  mmd_spell_set_int(s, node, "output_height", mmd_node_attr_int(from, "output_height", 7));
  mmd_spell_set_int(s, node, "output_width", mmd_node_attr_int(from, "output_width", 7));
  mmd_spell_set_int(s, node, "sampling_ratio", mmd_node_attr_int(from, "sampling_ratio", 2));
  const bool aligned = mmd_node_attr_int(from, "aligned", 0) != 0;
  if (!s->status) s->status = mmd_node_set_float(node, "spatial_scale", 1 / r->strides[level]);
  if (!s->status) {
    s->status = mmd_node_set_string(node, "coordinate_transformation_mode",
                                    aligned ? "half_pixel" : "output_half_pixel");
  }
  return node->outputs[0];
}

// The RoIs of a level, and what is pooled for them.
static mmd_edge_t *pool_level(roi_t *r, int64_t level, mmd_edge_t **out_rows) {
  static const int64_t first = 0;
  mmd_spell_t *s = &r->s;
  mmd_edge_t *mask = mmd_spell(s, "Equal", r->level, scalar(r, (double)level));
  mmd_edge_t *rows = mmd_spell(s, "NonZero", mask, NULL);
  rows = mmd_spell(s, "Squeeze", rows, mmd_spell_i64(s, 1, &first));
  *out_rows = rows;
  return align(r, level, mmd_spell_int(s, "Gather", r->boxes, rows, "axis", 0),
               mmd_spell_int(s, "Gather", r->image, rows, "axis", 0));
}

static mmd_edge_t *concat(roi_t *r, mmd_edge_t *const *items) {
  mmd_node_t *node = mmd_spell_node(&r->s, "Concat", (size_t)r->levels, items, 1);
  mmd_spell_set_int(&r->s, node, "axis", 0);
  return node ? node->outputs[0] : NULL;
}

// Where each RoI is found among |rows|, which hold all of them: the order that sorts them.
static mmd_edge_t *places(roi_t *r, mmd_edge_t *rows) {
  mmd_spell_t *s = &r->s;
  mmd_edge_t *const inputs[] = {rows, mmd_spell(s, "Shape", rows, NULL)};
  mmd_node_t *node = mmd_spell_node(s, "TopK", 2, inputs, 2);
  mmd_spell_set_int(s, node, "axis", 0);
  mmd_spell_set_int(s, node, "largest", 0);
  return node ? node->outputs[1] : NULL;
}

static mmd_edge_t *pool_levels(roi_t *r) {
  mmd_edge_t *parts[MAX_LEVELS], *rows[MAX_LEVELS];
  measure(r);
  find_levels(r);
  enlarge(r);
  for (int64_t i = 0; i < r->levels; ++i) parts[i] = pool_level(r, i, &rows[i]);
  mmd_edge_t *order = places(r, concat(r, rows));
  return mmd_spell_int(&r->s, "Gather", concat(r, parts), order, "axis", 0);
}

static mmd_edge_t *pool_one(roi_t *r) {
  if (mmd_node_attr_float(r->s.node, "roi_scale_factor", -1) > 0) {
    measure(r);
    enlarge(r);
  }
  return align(r, 0, r->boxes, r->image);
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (!mmd_spell_is(node, "MMCVMultiLevelRoiAlign") || !is_readable(node)) return NULL;
  roi_t r = {.s = {.node = node},
             .levels = (int64_t)node->input_count - 1,
             .strides = mmd_node_attr(node, "featmap_strides")->u.numbers};
  split_rois(&r);
  mmd_spell_replace(&r.s, 0, r.levels == 1 ? pool_one(&r) : pool_levels(&r));
  *(bool *)context = true;
  return mmd_spell_finish(&r.s);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_split_multi_level_roi_align = {
    .name = "split_multi_level_roi_align",
    .help = "Spells the pooling of RoIs over several levels out in standard operators",
    .run = run,
};
