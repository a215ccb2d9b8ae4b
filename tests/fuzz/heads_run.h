// SPDX-License-Identifier: Apache-2.0
//
// Post-processing as a JSON object tells it: {"values": [...], "steps": [{"module": "mmdet",
// "component": "ResizeBBox", "params": {...}, "in": [0, 1]}...]}. Each step takes values by number
// and appends its results to them, as in pipeline.json. {"shape": [...], "data": [...]} is a
// tensor,
// {"width": 9, "height": 7} an image. "file" of a step is the text of all files of the package.
#ifndef MMD_TESTS_FUZZ_HEADS_RUN_H_
#define MMD_TESTS_FUZZ_HEADS_RUN_H_

#include "value/value.h"

mmd_status_t mmd_fuzz_run_heads(const mmd_value_t *root) MMD_MUST_USE;

#endif  // MMD_TESTS_FUZZ_HEADS_RUN_H_
