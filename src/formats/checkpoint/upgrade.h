// SPDX-License-Identifier: Apache-2.0
//
// Key upgrades: what the OpenMMLab classes do in _load_from_state_dict and its hooks when they meet
// a checkpoint of an earlier release. A rule is one row of a table in upgrade.c. It applies when
// the version that PyTorch keeps for the module is below the row's, or when none is kept, and when
// the keys show that the module is of that class.
//
// Not here, because they need the model's class or change numbers: mmdet 3.x's exchange of
// bbox_head and rpn_head, ImVoteNet's and Mask2FormerVIS's prefixes, DEKRHead's channels,
// ConvAWS2d's weight_gamma and weight_beta, sparse convolutions' axes, resized position tables.
#ifndef MMD_FORMATS_CHECKPOINT_UPGRADE_H_
#define MMD_FORMATS_CHECKPOINT_UPGRADE_H_

#include "base/status.h"
#include "formats/checkpoint/checkpoint.h"

// The line of releases whose names are wanted.
typedef enum mmd_upgrade_release_t {
  MMD_UPGRADE_0X,  // mmcv 1.x, mmdet 2.x, mmcls 0.x, …
  MMD_UPGRADE_1X,  // mmengine: mmdet 3.x, mmpretrain 1.x, mmpose 1.x, …; those of 0.x apply too
} mmd_upgrade_release_t;

typedef struct mmd_upgrade_report_t {
  size_t renamed, dropped;
} mmd_upgrade_report_t;

// Changes the keys of |checkpoint|. |out_report| may be NULL.
mmd_status_t mmd_checkpoint_upgrade(mmd_checkpoint_t *checkpoint, mmd_upgrade_release_t release,
                                    mmd_upgrade_report_t *out_report) MMD_MUST_USE;

#endif  // MMD_FORMATS_CHECKPOINT_UPGRADE_H_
