// SPDX-License-Identifier: Apache-2.0
//
// What detectors share: modules one behind another, with their scopes, config paths and marks.
#ifndef MMD_CODEBASES_MMDET_MODELS_DETECTORS_DETECTOR_H_
#define MMD_CODEBASES_MMDET_MODELS_DETECTORS_DETECTOR_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"

// Rows that all detectors have and that inference has no use for.
#define MMD_DETECTOR_OPTIONS                                                                     \
  MMD_OPT_TRAINING("pretrained"), MMD_OPT_TRAINING("train_cfg"), MMD_OPT_TRAINING("init_cfg"), { \
    .name = "data_preprocessor", .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED,          \
    .help = "Becomes steps of the package's pipeline."                                           \
  }

// The network's input, marked; builder->image is set.
mmd_features_t mmd_detector_begin(mmd_builder_t *builder, const mmd_features_t *inputs);
// Features of the backbone and, where there are some, of the necks behind it.
void mmd_detector_features(mmd_builder_t *builder, const mmd_value_t *backbone,
                           const mmd_value_t *neck, mmd_features_t *features);
// The module |dict| of |slot|; it gets the detector's |test_cfg| (may be NULL).
void mmd_detector_head(mmd_builder_t *builder, const char *slot, const mmd_value_t *dict,
                       const mmd_value_t *test_cfg, mmd_features_t *features);
// The same where the checkpoint has it under another name.
void mmd_detector_head_in(mmd_builder_t *builder, const char *slot, const char *scope,
                          const mmd_value_t *dict, const mmd_value_t *test_cfg,
                          mmd_features_t *features);
// Marks dets, labels and masks.
void mmd_detector_end(mmd_builder_t *builder, mmd_features_t *outputs);

#endif  // MMD_CODEBASES_MMDET_MODELS_DETECTORS_DETECTOR_H_
