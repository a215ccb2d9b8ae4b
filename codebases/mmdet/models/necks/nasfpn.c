// SPDX-License-Identifier: Apache-2.0
//
// NAS-FPN: five levels that are merged pairwise by a searched plan, several times over.
#include "codebases/mmdet/models/necks/fpn.h"
#include "nn/adaptive_pool.h"
#include "nn/pool.h"

static const mmd_option_t g_options[] = {
    MMD_FPN_LEVEL_OPTIONS,
    {.name = "stack_times",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_fpn_t, stack_times),
     .min = 1,
     .max = 64,
     .flags = MMD_OPTION_REQUIRED,
     .help = "How often the plan is repeated."},
    {.name = "add_extra_convs",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Without effect."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("NASFPN", mmd_fpn_t, g_options);

enum { P3, P4, P5, P6, P7, P4_INNER, TMP, MAP_COUNT };  // P4_INNER is of P4's size

// One merging cell: |first| and |second| at the size of level |level| become |out|.
typedef struct cell_t {
  const char *name;
  bool is_sum;  // else the first one, scaled by what the second one says, is added to the second
  bool has_conv;
  int first, second, level, out;
} cell_t;

static const cell_t cells[] = {
    {"gp_64_4", false, true, P6, P4, P4, P4_INNER},
    {"sum_44_4", true, true, P4_INNER, P4, P4, P4_INNER},
    {"sum_43_3", true, true, P4_INNER, P3, P3, P3},
    {"sum_34_4", true, true, P3, P4_INNER, P4, P4},
    {"gp_43_5", false, false, P4, P3, P5, TMP},
    {"sum_55_5", true, true, P5, TMP, P5, P5},
    {"gp_54_7", false, false, P5, P4_INNER, P7, TMP},
    {"sum_77_7", true, true, P7, TMP, P7, P7},
    {"gp_75_6", false, true, P7, P5, P6, P6},
};

typedef struct map_t {
  mmd_edge_t *edge;
  int level;
} map_t;

static mmd_edge_t *resize(mmd_builder_t *b, const map_t *x, const map_t *like) {
  const int steps = like->level - x->level;
  if (steps == 0) return x->edge;
  if (steps < 0) return mmd_nn_upsample_like(b, MMD_UPSAMPLE_NEAREST, x->edge, like->edge);
  return mmd_nn_padded_max_pool_like(b, (int64_t)2 << steps, x->edge, like->edge);
}

static mmd_edge_t *merge(mmd_builder_t *b, const cell_t *cell, mmd_edge_t *first,
                         mmd_edge_t *second) {
  if (cell->is_sum) return mmd_nn_binary(b, "Add", first, second);
  mmd_edge_t *scale = mmd_nn_unary(b, "Sigmoid", mmd_nn_global_average_pool(b, second));
  return mmd_nn_binary(b, "Add", second, mmd_nn_binary(b, "Mul", scale, first));
}

// ReLU, 3x3 convolution and norm, in that order.
static mmd_edge_t *out_conv(mmd_builder_t *b, const mmd_fpn_plan_t *plan, mmd_edge_t *x) {
  const int64_t channels = plan->self->out_channels;
  mmd_conv_t conv = mmd_conv_square(channels, channels, 3, 1, 1);
  conv.bias = true;
  const size_t mark = mmd_scope_enter(b, "out_conv");
  x = mmd_nn_conv(b, "conv", &conv, mmd_nn_relu(b, x));
  x = mmd_nn_norm_numbered(b, 0, &plan->norm, channels, x);
  mmd_scope_leave(b, mark);
  return x;
}

static void run_cell(mmd_builder_t *b, const mmd_fpn_plan_t *plan, const cell_t *cell,
                     map_t *maps) {
  const map_t *like = &maps[cell->level];
  const size_t mark = mmd_scope_enter(b, "%s", cell->name);
  mmd_edge_t *first = resize(b, &maps[cell->first], like);
  mmd_edge_t *x = merge(b, cell, first, resize(b, &maps[cell->second], like));
  if (cell->has_conv) x = out_conv(b, plan, x);
  mmd_scope_leave(b, mark);
  maps[cell->out] = (map_t){x, cell->level};
}

// Levels above the inputs: 1x1 convolutions and pooling of the one below.
static void add_levels(mmd_builder_t *b, const mmd_fpn_plan_t *plan, map_t *maps) {
  const int64_t channels = plan->self->out_channels;
  const mmd_conv_t conv = mmd_conv_square(channels, channels, 1, 1, 0);
  const mmd_pool2d_t pool = {.kernel = 2, .stride = 2};
  const int used = plan->end - plan->first;
  for (int i = used; i <= P7; ++i) {
    const size_t mark = mmd_scope_enter(b, "extra_downsamples.%d.0", i - used);
    mmd_edge_t *x =
        mmd_nn_conv_module(b, "", &conv, &plan->norm, &plan->activation, maps[i - 1].edge);
    mmd_scope_leave(b, mark);
    maps[i] = (map_t){mmd_nn_max_pool(b, &pool, x), i};
  }
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mmd_fpn_t *self = options;
  mmd_fpn_plan_t plan;
  mmd_edge_t *laterals[MMD_MAX_FEATURES];
  map_t maps[MAP_COUNT] = {{NULL, 0}};
  if (!mmd_fpn_plan(b, self, inputs, &plan)) return;
  if (self->num_outs != P7 + 1) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.num_outs: %lld; 5 is expected",
                                  b->config_path, (long long)self->num_outs));
    return;
  }
  mmd_fpn_laterals(b, &plan, inputs, laterals);
  for (int i = 0; i < plan.end - plan.first; ++i) maps[i] = (map_t){laterals[i], i};
  add_levels(b, &plan, maps);
  for (int64_t i = 0; i < self->stack_times; ++i) {
    const size_t mark = mmd_scope_enter(b, "fpn_stages.%d", (int)i);
    for (size_t k = 0; k < sizeof cells / sizeof cells[0]; ++k) run_cell(b, &plan, &cells[k], maps);
    mmd_scope_leave(b, mark);
  }
  for (int i = P3; i <= P7; ++i) out_outputs->items[out_outputs->count++] = maps[i].edge;
}

const mmd_module_t mmd_mmdet_nasfpn = {
    .codebase = "mmdet", .kind = "neck", .type = "NASFPN", .options = &g_table, .build = build};
