// SPDX-License-Identifier: Apache-2.0
//
// The files of tests/tasks for tests: packages, photos, goldens.
#ifndef MMD_TESTS_INTEGRATION_TASKS_TASK_FILES_H_
#define MMD_TESTS_INTEGRATION_TASKS_TASK_FILES_H_

#include "mmdeploy/media.h"
#include "tests/integration/tasks/task_runner.h"

#define TASKS_FOLDER MMD_SOURCE_DIR "/tests/tasks/"

// A package with its photos.
typedef struct task_case_t {
  char name[64];
  mmd_value_t *meta;  // meta.json
  task_spec_t spec;
  int photo_count;
  mmdeploy_image_t images[TASK_MAX_PICTURES];
  mmdeploy_mat_t mats[TASK_MAX_PICTURES];
} task_case_t;

// The names of all packages, "" behind the last.
enum { TASK_MAX_PACKAGES = 100 };
void task_list(char names[TASK_MAX_PACKAGES][64]);

// Fail the test on errors.
void task_case_open(const char *name, task_case_t *out_case);
void task_case_close(task_case_t *item);
// |backend| NULL: as the package says. Another one: a copy of the package with that name in it.
mmdeploy_model_t task_model_open(const char *name, const char *backend);
task_runner_t *task_open(const task_case_t *item, const char *backend, int threads);

// goldens/NAME/REFERENCE.json with its .npz; false when there is none or it tells an error.
bool task_golden_read(const char *name, const char *reference, task_answer_t *out_answer);

#endif  // MMD_TESTS_INTEGRATION_TASKS_TASK_FILES_H_
