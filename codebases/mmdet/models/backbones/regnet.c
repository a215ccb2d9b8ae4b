// SPDX-License-Identifier: Apache-2.0
//
// RegNet: a ResNeXt without expansion whose widths and depths lie on a quantised line.
#include <math.h>
#include <string.h>

#include "codebases/mmdet/models/backbones/resnet.h"

static const mmd_option_t g_options[] = {
    MMD_RESNET_COMMON_OPTIONS,
    MMD_OPT_DICT_REQUIRED("arch", mmd_mmdet_resnet_t, arch,
                          "Name, or dict of w0, wa, wm, group_w, depth and bot_mul."),
    MMD_OPT_COUNT("stem_channels", mmd_mmdet_resnet_t, stem_channels, "32",
                  "Channels behind the stem."),
    MMD_OPT_INTS("strides", mmd_mmdet_resnet_t, strides, "[2, 2, 2, 2]", "Stride of each stage."),
    {.name = "base_channels",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Without effect."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("RegNet", mmd_mmdet_resnet_t, g_options);

enum { DIVISOR = 8, MAX_DEPTH = 256 };

typedef struct arch_t {
  const char *name;
  double w0, wa, wm, bot_mul;
  int64_t group_w, depth;
} arch_t;

static const arch_t g_archs[] = {
    {"regnetx_400mf", 24, 24.48, 2.54, 1, 16, 22},  {"regnetx_800mf", 56, 35.73, 2.28, 1, 16, 16},
    {"regnetx_1.6gf", 80, 34.01, 2.25, 1, 24, 18},  {"regnetx_3.2gf", 88, 26.31, 2.25, 1, 48, 25},
    {"regnetx_4.0gf", 96, 38.65, 2.43, 1, 40, 23},  {"regnetx_6.4gf", 184, 60.83, 2.07, 1, 56, 17},
    {"regnetx_8.0gf", 80, 49.56, 2.88, 1, 120, 23}, {"regnetx_12gf", 168, 73.36, 2.37, 1, 112, 19},
};

static mmd_status_t read_arch(const mmd_builder_t *b, const mmd_value_t *value, arch_t *out) {
  const char *name = mmd_value_get_string(value, NULL);
  for (size_t i = 0; name && i < sizeof g_archs / sizeof g_archs[0]; ++i) {
    if (strcmp(g_archs[i].name, name) != 0) continue;
    *out = g_archs[i];
    return NULL;
  }
  if (name)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.arch: '%s' is unknown", b->config_path, name);
  *out = (arch_t){.w0 = mmd_value_get_float(mmd_object_get(value, "w0"), 0),
                  .wa = mmd_value_get_float(mmd_object_get(value, "wa"), -1),
                  .wm = mmd_value_get_float(mmd_object_get(value, "wm"), 0),
                  .bot_mul = mmd_value_get_float(mmd_object_get(value, "bot_mul"), 0),
                  .group_w = mmd_value_get_int(mmd_object_get(value, "group_w"), 0),
                  .depth = mmd_value_get_int(mmd_object_get(value, "depth"), 0)};
  if (out->w0 > 0 && out->w0 < 65536 && fmod(out->w0, DIVISOR) == 0 && out->wa >= 0 &&
      out->wa < 65536 && out->wm > 1 && out->bot_mul > 0 && out->bot_mul < 64 && out->group_w > 0 &&
      out->group_w < 65536 && out->depth > 0 && out->depth <= MAX_DEPTH) {
    return NULL;
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.arch: w0 %g (a multiple of %d), wa %g, wm %g (above 1), group_w %lld, depth "
                   "%lld, bot_mul %g do not fit together",
                   b->config_path, out->w0, DIVISOR, out->wa, out->wm, (long long)out->group_w,
                   (long long)out->depth, out->bot_mul);
}

// Blocks of one width make a stage.
static mmd_status_t find_stages(const mmd_builder_t *b, const arch_t *arch,
                                mmd_resnet_stage_t *stages, int64_t *out_count) {
  *out_count = 0;
  for (int64_t i = 0; i < arch->depth; ++i) {
    const double power = rint(log(((double)i * arch->wa + arch->w0) / arch->w0) / log(arch->wm));
    const double width = rint(arch->w0 * pow(arch->wm, power) / DIVISOR) * DIVISOR;
    if (*out_count > 0 && (double)stages[*out_count - 1].channels == width) {
      ++stages[*out_count - 1].blocks;
      continue;
    }
    if (*out_count == MMD_RESNET_MAX_STAGES || !(width < 65536)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.arch: it has more than %d stages", b->config_path,
                       MMD_RESNET_MAX_STAGES);
    }
    stages[(*out_count)++] = (mmd_resnet_stage_t){.blocks = 1, .channels = (int64_t)width};
  }
  return NULL;
}

// Widths become multiples of the groups' widths.
static void adjust(const arch_t *arch, mmd_resnet_stage_t *stage) {
  const int64_t product = (int64_t)((double)stage->channels * arch->bot_mul);
  const int64_t inner = product > 0 ? product : 1;
  const int64_t group = arch->group_w < inner ? arch->group_w : inner;
  const double rounded = rint((double)inner / (double)group) * (double)group;
  stage->channels = (int64_t)(rounded / arch->bot_mul);
  stage->base_width = group;
  stage->groups = (int64_t)rint((double)stage->channels * arch->bot_mul) / group;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mmd_mmdet_resnet_t *self = options;
  mmd_resnet_t resnet = mmd_mmdet_resnet_read(b, self);
  mmd_resnet_stage_t stages[MMD_RESNET_MAX_STAGES];
  arch_t arch;
  mmd_status_t status = read_arch(b, self->arch, &arch);
  if (!status) status = find_stages(b, &arch, stages, &resnet.num_stages);
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  for (int64_t i = 0; i < resnet.num_stages; ++i) adjust(&arch, &stages[i]);
  resnet.stages = stages;
  resnet.small_stem = true;
  mmd_mmdet_resnet_build(b, &resnet, inputs, out_outputs);
}

MMD_MMDET_BACKBONE(mmd_mmdet_regnet, "RegNet", g_table, build);
