// SPDX-License-Identifier: Apache-2.0
//
// What RoI extractors share.
#ifndef MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_ROI_LAYER_H_
#define MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_ROI_LAYER_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/roi_align.h"

// Reads |cfg|, "<config path>.roi_layer" (dict(type='RoIAlign', …)), into a description of no
// levels.
void mmd_roi_layer_read(mmd_builder_t *builder, const mmd_value_t *cfg,
                        mmd_roi_extract_t *out_extract);
// |inputs| have a map for each stride, of |channels|, and RoIs behind the maps.
bool mmd_roi_maps_check(mmd_builder_t *builder, const mmd_ints_t *strides, int64_t channels,
                        const mmd_features_t *inputs);

#endif  // MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_ROI_LAYER_H_
