// SPDX-License-Identifier: Apache-2.0
//
// Colours of the classes, which data sets keep for drawing.
#ifndef MMD_CONVERT_CLASS_COLORS_H_
#define MMD_CONVERT_CLASS_COLORS_H_

#include "base/str.h"
#include "formats/checkpoint/checkpoint.h"

// "#dc143c,#770b20,…": of the checkpoint's meta, else of the config's data set ("palette",
// "metainfo.palette"); stays empty where neither has one of whole numbers from 0 to 255.
// |checkpoint| may be NULL.
mmd_status_t mmd_class_colors_find(const mmd_checkpoint_t *checkpoint, const mmd_value_t *model_cfg,
                                   mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_CONVERT_CLASS_COLORS_H_
