// SPDX-License-Identifier: Apache-2.0
//
// Post-processing of action recognition: the best |topk| classes, best first. A package names the
// head's class, so each class has an entry; they do the same.
#ifndef MMD_CODEBASES_MMACTION_POSTPROCESS_BASE_HEAD_H_
#define MMD_CODEBASES_MMACTION_POSTPROCESS_BASE_HEAD_H_

#include "value/component.h"

extern const mmd_component_t mmd_action_base_head, mmd_action_slow_fast_head, mmd_action_tsn_head;

#endif  // MMD_CODEBASES_MMACTION_POSTPROCESS_BASE_HEAD_H_
