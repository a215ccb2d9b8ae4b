// SPDX-License-Identifier: Apache-2.0
//
// Packages of tests/tasks through the public C API, any task the same way: pictures in, answers out
// in the form of tests/tasks/goldens.
#ifndef MMD_TESTS_INTEGRATION_TASKS_TASK_RUNNER_H_
#define MMD_TESTS_INTEGRATION_TASKS_TASK_RUNNER_H_

#include <stdbool.h>
#include <stddef.h>

#include "mmdeploy/common.h"
#include "mmdeploy/model.h"
#include "value/value.h"

enum { TASK_MAX_PICTURES = 96, TASK_MAX_BOXES = 8 };

typedef struct task_spec_t {
  const char *task;  // "Detector", "Segmentor", …
  // Poses: people of each picture. Video: clip_len and num_clips.
  size_t box_count;
  mmdeploy_rect_t boxes[TASK_MAX_BOXES];
  int clip_len, num_clips;
} task_spec_t;

// Of one picture, of all frames of a video.
typedef struct task_answer_t {
  mmd_value_t *rows;    // array of objects
  mmd_value_t *arrays;  // object of tensors: "masks" (N,H,W), "mask", "scores", "image"
} task_answer_t;

typedef struct task_runner_t task_runner_t;

// Reads "task", "boxes", "clip" of a meta.json.
task_spec_t task_spec_read(const mmd_value_t *meta);

// All return a code of common.h, with its message in mmdeploy_last_error_message.
// |threads| 0: the library's choice.
int task_runner_open(const task_spec_t *spec, mmdeploy_model_t model, int threads,
                     task_runner_t **out_runner);
void task_runner_close(task_runner_t *runner);
// |answers| has room for task_answer_count: one a picture, or one a video, whose clip_len x
// num_clips frames the pictures are.
int task_runner_run(task_runner_t *runner, const mmdeploy_mat_t *mats, int count,
                    task_answer_t *answers);
size_t task_answer_count(const task_runner_t *runner, int pictures);
void task_answer_deinit(task_answer_t *answer);
// Bit for bit.
bool task_answer_equal(const task_answer_t *a, const task_answer_t *b);

#endif  // MMD_TESTS_INTEGRATION_TASKS_TASK_RUNNER_H_
