// SPDX-License-Identifier: Apache-2.0
//
// Modules with a list of input channels: what comes is what they expect.
#ifndef MMD_CODEBASES_MMDET_MODELS_INPUT_CHECK_H_
#define MMD_CODEBASES_MMDET_MODELS_INPUT_CHECK_H_

#include "frontends/openmmlab/module.h"

// Number and channels of |inputs| against the option in_channels; |is_reversed|: the list begins
// with the last input. False after a failure.
bool mmd_check_in_channels(mmd_builder_t *b, const mmd_features_t *inputs,
                           const mmd_ints_t *in_channels, bool is_reversed);
// The same of a module that takes the last input alone.
bool mmd_check_last_channels(mmd_builder_t *b, const mmd_features_t *inputs, const char *key,
                             int64_t channels);

// The lists of two options are equally long.
bool mmd_check_same_length(mmd_builder_t *b, const char *key, int count, const char *other_key,
                           int other_count);

#endif  // MMD_CODEBASES_MMDET_MODELS_INPUT_CHECK_H_
