// SPDX-License-Identifier: Apache-2.0
//
// What FPN and the necks that grow from it share: options, lateral convolutions, the path down,
// more levels.
#ifndef MMD_CODEBASES_MMDET_MODELS_NECKS_FPN_H_
#define MMD_CODEBASES_MMDET_MODELS_NECKS_FPN_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/upsample.h"

typedef struct mmd_fpn_t {
  mmd_ints_t in_channels;
  int64_t out_channels, num_outs, start_level, end_level, stack_times;
  const mmd_value_t *add_extra_convs, *conv_cfg, *norm_cfg, *act_cfg, *upsample_cfg;
  bool relu_before_extra_convs, no_norm_on_lateral;
} mmd_fpn_t;

// clang-format off
#define MMD_FPN_LEVEL_OPTIONS                                                                                       \
  {.name = "in_channels", .type = MMD_OPTION_INTS, .offset = offsetof(mmd_fpn_t, in_channels),                      \
   .min = 1, .max = 65536, .flags = MMD_OPTION_REQUIRED, .help = "Channels of each input."},                        \
  MMD_OPT_COUNT_REQUIRED("out_channels", mmd_fpn_t, out_channels, "Channels of each output."),                      \
  {.name = "num_outs", .type = MMD_OPTION_INT, .offset = offsetof(mmd_fpn_t, num_outs),                             \
   .min = 1, .max = MMD_MAX_FEATURES, .flags = MMD_OPTION_REQUIRED, .help = "Number of outputs."},                  \
  MMD_OPT_INT("start_level", mmd_fpn_t, start_level, "0", "First input that is used."),                             \
  MMD_OPT_INT("end_level", mmd_fpn_t, end_level, "-1", "Last input that is used; -1: the last."),                   \
  MMD_OPT_DICT("norm_cfg", mmd_fpn_t, norm_cfg, "Kind of normalisation; None: none."),                              \
  MMD_OPT_TRAINING("init_cfg")
#define MMD_FPN_OPTIONS                                                                                             \
  MMD_FPN_LEVEL_OPTIONS,                                                                                            \
  MMD_OPT_DICT("add_extra_convs", mmd_fpn_t, add_extra_convs,                                                       \
               "False: more levels by pooling; 'on_input', 'on_lateral', 'on_output': by "                          \
               "convolutions of that; True: 'on_input'."),                                                          \
  MMD_OPT_BOOL("relu_before_extra_convs", mmd_fpn_t, relu_before_extra_convs, "false",                              \
               "ReLU in front of all but the first extra convolution."),                                            \
  MMD_OPT_BOOL("no_norm_on_lateral", mmd_fpn_t, no_norm_on_lateral, "false",                                        \
               "Lateral convolutions have no norm."),                                                               \
  MMD_OPT_DICT("conv_cfg", mmd_fpn_t, conv_cfg, "Kind of convolution."),                                            \
  MMD_OPT_DICT("act_cfg", mmd_fpn_t, act_cfg, "Kind of activation; None: none.")
// clang-format on

typedef enum mmd_fpn_source_t {
  MMD_FPN_POOLING,
  MMD_FPN_ON_INPUT,
  MMD_FPN_ON_LATERAL,
  MMD_FPN_ON_OUTPUT
} mmd_fpn_source_t;

typedef struct mmd_fpn_plan_t {
  const mmd_fpn_t *self;
  int first, end;           // inputs that are used
  mmd_fpn_source_t source;  // of the further levels
  mmd_norm_t norm;
  mmd_activation_t activation;
  mmd_upsample_mode_t mode;
  double scale;  // 0: to the size of the finer level
} mmd_fpn_plan_t;

// Reads the options and checks them against |inputs|; false after a failure.
bool mmd_fpn_plan(mmd_builder_t *b, const mmd_fpn_t *self, const mmd_features_t *inputs,
                  mmd_fpn_plan_t *out_plan);

// "lateral_convs.<i>" of each used input.
void mmd_fpn_laterals(mmd_builder_t *b, const mmd_fpn_plan_t *plan, const mmd_features_t *inputs,
                      mmd_edge_t **out_laterals);
// Adds to each map the coarser one, enlarged.
void mmd_fpn_top_down(mmd_builder_t *b, const mmd_fpn_plan_t *plan, mmd_edge_t **laterals);
// A 3x3 convolution with norm and activation: "<list>.<index>".
mmd_edge_t *mmd_fpn_conv(mmd_builder_t *b, const mmd_fpn_plan_t *plan, const char *list, int index,
                         int64_t in_channels, int64_t stride, mmd_edge_t *x);
// Levels above the used ones, up to num_outs.
void mmd_fpn_add_levels(mmd_builder_t *b, const mmd_fpn_plan_t *plan, const mmd_features_t *inputs,
                        mmd_edge_t *const *laterals, mmd_features_t *outs);

#endif  // MMD_CODEBASES_MMDET_MODELS_NECKS_FPN_H_
