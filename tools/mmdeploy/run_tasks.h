// SPDX-License-Identifier: Apache-2.0
//
// What the tasks of `mmdeploy run` share.
#ifndef MMDEPLOY_TOOLS_RUN_TASKS_H_
#define MMDEPLOY_TOOLS_RUN_TASKS_H_

#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"
#include "tools/mmdeploy/run.h"

// Runs a handle on |input|, which is consumed, with the options of the run.
int run_call(run_t *run, void *handle, mmdeploy_value_t input, mmdeploy_value_t *output);

int run_detect(run_t *run, void *detector, const mmdeploy_mat_t *mats, int count,
               run_answer_t *answers);

void run_item_set_label(run_item_t *item, int label_id, float score);
// Text, and as score the mean of its characters' scores. False when memory is short.
bool run_item_set_text(run_item_t *item, const mmdeploy_text_recognition_t *text);
int run_add_text_box(const mmdeploy_text_detection_t *box, run_answer_t *answer);

#endif  // MMDEPLOY_TOOLS_RUN_TASKS_H_
