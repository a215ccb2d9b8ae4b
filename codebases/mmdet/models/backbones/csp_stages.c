// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/backbones/csp_stages.h"

#include <math.h>
#include <string.h>

enum { STAGE_ITEMS = 5, MAX_CHANNELS = 65536, MAX_BLOCKS = 1024 };

// [in_channels, out_channels, num_blocks, add_identity, use_spp].
static bool read_stage(const mmd_value_t *item, mmd_csp_stage_t *out_stage) {
  *out_stage = (mmd_csp_stage_t){
      .in_channels = mmd_value_get_int(mmd_array_at(item, 0), -1),
      .out_channels = mmd_value_get_int(mmd_array_at(item, 1), -1),
      .blocks = mmd_value_get_int(mmd_array_at(item, 2), -1),
      .add_identity = mmd_value_get_bool(mmd_array_at(item, 3), false),
      .use_spp = mmd_value_get_bool(mmd_array_at(item, 4), false),
  };
  return mmd_array_size(item) == STAGE_ITEMS && out_stage->in_channels > 0 &&
         out_stage->in_channels <= MAX_CHANNELS && out_stage->out_channels > 0 &&
         out_stage->out_channels <= MAX_CHANNELS && out_stage->blocks > 0 &&
         out_stage->blocks <= MAX_BLOCKS;
}

static mmd_status_t read_stages(const mmd_builder_t *b, mmd_csp_backbone_t *backbone) {
  const size_t count = mmd_array_size(backbone->arch_ovewrite);
  if (count < 1 || count > MMD_CSP_MAX_STAGES) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.arch_ovewrite: a list of 1 to %d stages is expected",
                     b->config_path, MMD_CSP_MAX_STAGES);
  }
  backbone->stage_count = (int)count;
  for (size_t i = 0; i < count; ++i) {
    if (read_stage(mmd_array_at(backbone->arch_ovewrite, i), &backbone->stages[i])) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.arch_ovewrite[%zu]: [in_channels, out_channels, num_blocks, add_identity, "
                     "use_spp] is expected",
                     b->config_path, i);
  }
  return NULL;
}

static mmd_status_t scale(const mmd_builder_t *b, mmd_csp_backbone_t *backbone) {
  const double widen = backbone->widen_factor, deepen = backbone->deepen_factor;
  const double narrowest = widen * (double)backbone->stages[0].in_channels;
  if (!(widen > 0 && widen < 64 && deepen > 0 && deepen < 64) || narrowest < 1) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: widen_factor %g and deepen_factor %g are impossible",
                     b->config_path, widen, deepen);
  }
  for (int i = 0; i < backbone->stage_count; ++i) {
    mmd_csp_stage_t *stage = &backbone->stages[i];
    const double blocks = rint((double)stage->blocks * deepen);  // half to even, as Python
    stage->in_channels = (int64_t)((double)stage->in_channels * widen);
    stage->out_channels = (int64_t)((double)stage->out_channels * widen);
    stage->blocks = blocks < 1 ? 1 : (int64_t)blocks;
    if (stage->blocks > MAX_BLOCKS) {
      return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: stage %d has %lld blocks; at most %d", b->config_path,
                       i + 1, (long long)stage->blocks, MAX_BLOCKS);
    }
  }
  return NULL;
}

static mmd_status_t check_indices(const mmd_builder_t *b, const mmd_csp_backbone_t *backbone) {
  for (int i = 0; i < backbone->out_indices.count; ++i) {
    const int64_t index = backbone->out_indices.items[i];
    if (index >= 0 && index <= backbone->stage_count) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.out_indices: %lld is no stage; 0 to %d are",
                     b->config_path, (long long)index, backbone->stage_count);
  }
  return NULL;
}

bool mmd_csp_backbone_read(mmd_builder_t *b, int count, const mmd_csp_stage_t *table,
                           mmd_csp_backbone_t *backbone) {
  mmd_status_t status = NULL;
  backbone->stage_count = count;
  memcpy(backbone->stages, table, (size_t)count * sizeof *table);
  if (!mmd_value_is_null(backbone->arch_ovewrite)) status = read_stages(b, backbone);
  if (!status) status = scale(b, backbone);
  if (!status) status = check_indices(b, backbone);
  if (status) mmd_builder_fail(b, status);
  return mmd_builder_ok(b);
}

static mmd_edge_t *build_stage(mmd_builder_t *b, const mmd_csp_backbone_t *backbone,
                               const mmd_csp_style_t *style, const mmd_csp_stage_t *stage,
                               mmd_edge_t *x) {
  const int64_t out = stage->out_channels;
  mmd_csp_layer_t layer = backbone->layer;
  layer.in_channels = layer.out_channels = out;
  layer.blocks = stage->blocks;
  layer.add_identity = stage->add_identity;
  x = mmd_nn_csp_wide_conv(b, "0", style, stage->in_channels, out, 3, 2, x);
  if (stage->use_spp) {
    x = mmd_nn_spp_bottleneck(b, "1", style, out, out, backbone->spp_kernels.count,
                              backbone->spp_kernels.items, x);
  }
  return mmd_nn_csp_layer(b, stage->use_spp ? "2" : "1", style, &layer, x);
}

static bool is_wanted(const mmd_ints_t *indices, int64_t index) {
  for (int i = 0; i < indices->count; ++i) {
    if (indices->items[i] == index) return true;
  }
  return false;
}

void mmd_csp_backbone_build(mmd_builder_t *b, const mmd_csp_backbone_t *backbone,
                            const mmd_csp_style_t *style, mmd_edge_t *stem,
                            mmd_features_t *out_outputs) {
  mmd_edge_t *x = stem;
  if (is_wanted(&backbone->out_indices, 0)) out_outputs->items[out_outputs->count++] = x;
  for (int i = 0; i < backbone->stage_count && mmd_builder_ok(b); ++i) {
    const size_t mark = mmd_scope_enter(b, "stage%d", i + 1);
    x = build_stage(b, backbone, style, &backbone->stages[i], x);
    mmd_scope_leave(b, mark);
    if (is_wanted(&backbone->out_indices, i + 1)) out_outputs->items[out_outputs->count++] = x;
  }
}
