// SPDX-License-Identifier: Apache-2.0
#include "formats/checkpoint/upgrade.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

typedef struct upgrade_t {
  mmd_checkpoint_t *checkpoint;  // has the keys of the file until the end
  size_t count;
  char **names;  // NULL while a key has its old name
  bool *dropped;
} upgrade_t;

typedef struct rule_t rule_t;
// Upgrades one key, which may be left alone.
typedef mmd_status_t (*rule_fn)(upgrade_t *upgrade, const rule_t *rule, size_t index);

struct rule_t {
  const char *origin;             // whose hook it is
  mmd_upgrade_release_t release;  // first line of releases that has it
  const char *module;             // whose version counts; NULL when |apply| looks itself
  int version;                    // it applies to modules below this
  const char *evidence;           // a part of some key, or NULL
  rule_fn apply;
  const char *begin;  // of the keys it takes
  const char *from;   // the part that is replaced
  const char *to;     // NULL drops the key
};

static mmd_status_t replace(upgrade_t *upgrade, const rule_t *rule, size_t index);
static mmd_status_t move_offset(upgrade_t *upgrade, const rule_t *rule, size_t index);
static mmd_status_t number_norm(upgrade_t *upgrade, const rule_t *rule, size_t index);
static mmd_status_t split_final_layer(upgrade_t *upgrade, const rule_t *rule, size_t index);

#define SWIN_TABLE ".attn.w_msa.relative_position_bias_table"
#define DETR_OLD "bbox_head.transformer.decoder.layers.0.multihead_attn."
#define DETR_BEGIN "bbox_head.transformer."
#define OLD_FINAL_LAYER "keypoint_head.final_layer."
#define CID_OLD "keypoint_center_conv"

// Applied from top to bottom, each to what the ones before made of the keys.
static const rule_t g_rules[] = {
    {"mmcv DeformConv2dPack", MMD_UPGRADE_0X, NULL, 2, NULL, move_offset, "", NULL, NULL},
    {"mmcls SwinTransformer", MMD_UPGRADE_0X, "backbone", 2, SWIN_TABLE, number_norm,
     "backbone.norm.", NULL, NULL},
    {"mmcls SwinTransformer", MMD_UPGRADE_0X, "", 2, SWIN_TABLE, number_norm, "norm.", NULL, NULL},
    {"mmcls SwinTransformer", MMD_UPGRADE_0X, "backbone", 3, SWIN_TABLE, replace, "", "attn_mask",
     NULL},
    {"mmdet AnchorFreeHead", MMD_UPGRADE_0X, "bbox_head", 1, NULL, replace, "bbox_head.",
     ".fcos_cls.", ".conv_cls."},
    {"mmdet AnchorFreeHead", MMD_UPGRADE_0X, "bbox_head", 1, NULL, replace, "bbox_head.",
     ".fcos_reg.", ".conv_reg."},
    {"mmdet AnchorFreeHead", MMD_UPGRADE_0X, "bbox_head", 1, NULL, replace, "bbox_head.",
     ".fcos_centerness.", ".conv_centerness."},
    {"mmdet DETRHead", MMD_UPGRADE_0X, "bbox_head", 2, DETR_OLD, replace, DETR_BEGIN, ".self_attn.",
     ".attentions.0."},
    {"mmdet DETRHead", MMD_UPGRADE_0X, "bbox_head", 2, DETR_OLD, replace, DETR_BEGIN, ".ffn.",
     ".ffns.0."},
    {"mmdet DETRHead", MMD_UPGRADE_0X, "bbox_head", 2, DETR_OLD, replace, DETR_BEGIN,
     ".multihead_attn.", ".attentions.1."},
    {"mmdet DETRHead", MMD_UPGRADE_0X, "bbox_head", 2, DETR_OLD, replace, DETR_BEGIN,
     ".decoder.norm.", ".decoder.post_norm."},
    {"mmpose BasePoseEstimator", MMD_UPGRADE_1X, "", 2, "keypoint_head", replace, "keypoint_head.",
     "keypoint_head.", "head."},
    {"mmpose CIDHead", MMD_UPGRADE_1X, "head", 2, CID_OLD, replace, "head.", "keypoint_center_conv",
     "iia_module.keypoint_root_conv"},
    {"mmpose CIDHead", MMD_UPGRADE_1X, "head", 2, CID_OLD, replace, "head.", "conv_down",
     "gfd_module.conv_down"},
    {"mmpose CIDHead", MMD_UPGRADE_1X, "head", 2, CID_OLD, replace, "head.", "c_attn",
     "gfd_module.channel_attention"},
    {"mmpose CIDHead", MMD_UPGRADE_1X, "head", 2, CID_OLD, replace, "head.", "s_attn",
     "gfd_module.spatial_attention"},
    {"mmpose CIDHead", MMD_UPGRADE_1X, "head", 2, CID_OLD, replace, "head.", "fuse_attn",
     "gfd_module.fuse_attention"},
    {"mmpose CIDHead", MMD_UPGRADE_1X, "head", 2, CID_OLD, replace, "head.", "heatmap_conv",
     "gfd_module.heatmap_conv"},
    {"mmpose RLEHead", MMD_UPGRADE_1X, "head", 2, "keypoint_head.loss.", replace, "head.loss.",
     "head.loss.", "head.loss_module."},
    {"mmpose HeatmapHead", MMD_UPGRADE_1X, "head", 2, OLD_FINAL_LAYER, split_final_layer,
     "head.final_layer.", NULL, NULL},
};

// --- keys ---

static const char *key_of(const upgrade_t *upgrade, size_t index) {
  return upgrade->names[index] ? upgrade->names[index]
                               : mmd_checkpoint_key_at(upgrade->checkpoint, index);
}

static bool has_key(const upgrade_t *upgrade, const char *key) {
  return mmd_checkpoint_get(upgrade->checkpoint, key) != NULL;
}

// Below |version|, or unknown.
static bool is_older(const upgrade_t *upgrade, const char *module, int version) {
  const mmd_value_t *versions = mmd_checkpoint_versions(upgrade->checkpoint);
  const mmd_value_t *entry = mmd_object_get(versions, module);
  return mmd_value_get_int(mmd_object_get(entry, "version"), 0) < version;
}

static bool has_evidence(const upgrade_t *upgrade, const char *part) {
  for (size_t i = 0; i < upgrade->count; ++i) {
    if (strstr(mmd_checkpoint_key_at(upgrade->checkpoint, i), part)) return true;
  }
  return false;
}

// Takes |name|. A key that exists already is not replaced: then the checkpoint is not that old.
static mmd_status_t set_name(upgrade_t *upgrade, size_t index, mmd_str_t *name) {
  if (has_key(upgrade, mmd_str_text(name))) return NULL;
  char *text = mmd_str_take(name);
  MMD_TRY_ALLOC(text);
  mmd_free(upgrade->names[index]);
  upgrade->names[index] = text;
  return NULL;
}

// "|size| bytes of |head|" + |middle| + |tail|.
static mmd_status_t join(upgrade_t *upgrade, size_t index, size_t size, const char *middle,
                         const char *tail) {
  mmd_str_t name = {0};
  mmd_status_t status = mmd_str_append_n(&name, key_of(upgrade, index), size);
  if (!status) status = mmd_str_append(&name, middle);
  if (!status) status = mmd_str_append(&name, tail);
  if (!status) status = set_name(upgrade, index, &name);
  mmd_str_deinit(&name);
  return status;
}

// --- rules ---

static mmd_status_t replace(upgrade_t *upgrade, const rule_t *rule, size_t index) {
  const char *key = key_of(upgrade, index);
  const char *at = strstr(key, rule->from);
  if (!at) return NULL;
  if (!rule->to) {
    upgrade->dropped[index] = true;
    return NULL;
  }
  return join(upgrade, index, (size_t)(at - key), rule->to, at + strlen(rule->from));
}

// Beside "conv2.weight", "conv2_offset.weight" becomes "conv2.conv_offset.weight"; bias likewise.
static mmd_status_t move_offset(upgrade_t *upgrade, const rule_t *rule, size_t index) {
  static const char *const ends[] = {"_offset.weight", "_offset.bias"};
  const char *key = key_of(upgrade, index);
  for (size_t i = 0; i < 2; ++i) {
    if (!mmd_str_ends_with(key, ends[i])) continue;
    const size_t size = strlen(key) - strlen(ends[i]);
    mmd_str_t module = {0}, weight = {0};
    mmd_status_t status = mmd_str_append_n(&module, key, size);
    if (!status) status = mmd_str_printf(&weight, "%s.weight", mmd_str_text(&module));
    if (!status && has_key(upgrade, mmd_str_text(&weight)) &&
        is_older(upgrade, mmd_str_text(&module), rule->version)) {
      status = join(upgrade, index, size, ".conv", key + size);
    }
    mmd_str_deinit(&module);
    mmd_str_deinit(&weight);
    return status;
  }
  return NULL;
}

// The largest number behind |begin| in the keys of the file, or -1.
static long last_number(const upgrade_t *upgrade, const char *begin) {
  long last = -1;
  for (size_t i = 0; i < upgrade->count; ++i) {
    const char *key = mmd_checkpoint_key_at(upgrade->checkpoint, i);
    char *end = NULL;
    if (!mmd_str_starts_with(key, begin)) continue;
    key += strlen(begin);
    if (*key < '0' || *key > '9') continue;
    const long number = strtol(key, &end, 10);
    if (*end == '.' && number > last) last = number;
  }
  return last;
}

// The norm behind the last stage has its number.
static mmd_status_t number_norm(upgrade_t *upgrade, const rule_t *rule, size_t index) {
  mmd_str_t stages = {0}, norm = {0};
  const size_t size = strlen(rule->begin);  // "backbone.norm."
  mmd_status_t status = mmd_str_append_n(&stages, rule->begin, size - strlen("norm."));
  if (!status) status = mmd_str_append(&stages, "stages.");
  const long last = status ? -1 : last_number(upgrade, mmd_str_text(&stages));
  if (last >= 0) status = mmd_str_printf(&norm, "%ld.", last);
  if (!status && last >= 0) {
    status = join(upgrade, index, size - 1, mmd_str_text(&norm), key_of(upgrade, index) + size);
  }
  mmd_str_deinit(&stages);
  mmd_str_deinit(&norm);
  return status;
}

// "final_layer.N.weight": the last N is the final layer, the others are conv_layers.
static mmd_status_t split_final_layer(upgrade_t *upgrade, const rule_t *rule, size_t index) {
  const char *tail = key_of(upgrade, index) + strlen(rule->begin), *name = strchr(tail, '.');
  if (!name || strchr(name + 1, '.')) return NULL;
  const long last = last_number(upgrade, OLD_FINAL_LAYER);
  const size_t head = strlen("head.");
  if (last < 0 || tail[0] < '0' || tail[0] > '9') return NULL;
  if (strtol(tail, NULL, 10) < last) return join(upgrade, index, head, "conv_layers.", tail);
  return join(upgrade, index, head, "final_layer.", name + 1);
}

// --- all ---

static bool is_active(const upgrade_t *upgrade, const rule_t *rule, mmd_upgrade_release_t release) {
  if (rule->release > release) return false;
  if (rule->module && !is_older(upgrade, rule->module, rule->version)) return false;
  return !rule->evidence || has_evidence(upgrade, rule->evidence);
}

static mmd_status_t apply_rules(upgrade_t *upgrade, mmd_upgrade_release_t release) {
  for (size_t r = 0; r < sizeof g_rules / sizeof *g_rules; ++r) {
    const rule_t *rule = &g_rules[r];
    if (!is_active(upgrade, rule, release)) continue;
    for (size_t i = 0; i < upgrade->count; ++i) {
      if (upgrade->dropped[i] || !mmd_str_starts_with(key_of(upgrade, i), rule->begin)) continue;
      MMD_TRY(rule->apply(upgrade, rule, i));
    }
  }
  return NULL;
}

static mmd_status_t set_keys(upgrade_t *upgrade, mmd_upgrade_report_t *report) {
  const char **names = mmd_alloc_array(upgrade->count + 1, sizeof *names);
  MMD_TRY_ALLOC(names);
  for (size_t i = 0; i < upgrade->count; ++i) {
    if (upgrade->dropped[i]) {
      ++report->dropped;
      continue;
    }
    names[i] = key_of(upgrade, i);
    if (upgrade->names[i]) ++report->renamed;
  }
  mmd_status_t status = mmd_checkpoint_set_keys(upgrade->checkpoint, names);
  mmd_free(names);
  return status;
}

mmd_status_t mmd_checkpoint_upgrade(mmd_checkpoint_t *checkpoint, mmd_upgrade_release_t release,
                                    mmd_upgrade_report_t *out_report) {
  mmd_upgrade_report_t report = {0};
  upgrade_t upgrade = {.checkpoint = checkpoint, .count = mmd_checkpoint_size(checkpoint)};
  upgrade.names = mmd_alloc_array(upgrade.count + 1, sizeof *upgrade.names);
  upgrade.dropped = mmd_alloc_array(upgrade.count + 1, sizeof *upgrade.dropped);
  mmd_status_t status = upgrade.names && upgrade.dropped ? NULL : mmd_status_no_memory();
  if (!status) status = apply_rules(&upgrade, release);
  if (!status) status = set_keys(&upgrade, &report);
  for (size_t i = 0; upgrade.names && i < upgrade.count; ++i) mmd_free(upgrade.names[i]);
  mmd_free(upgrade.names);
  mmd_free(upgrade.dropped);
  if (!status && out_report) *out_report = report;
  return status;
}
