// SPDX-License-Identifier: Apache-2.0
//
// task_answers STEM PACKAGE META.json PHOTO…: what our library answers, as STEM.json and STEM.npz
// in the form of tests/tasks/goldens. For scripts/parity/compare_sdk.py.
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "formats/npy/npy.h"
#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "tests/integration/tasks/task_runner.h"
#include "value/json.h"

static int fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  return 1;
}

static int fail_status(mmd_status_t status) {
  fail(mmd_status_message(status));
  mmd_status_free(status);
  return 1;
}

static int save(const char *stem, const task_answer_t *answer) {
  char path[1024];
  snprintf(path, sizeof path, "%s.json", stem);
  mmd_status_t status = mmd_json_write_file(answer->rows, 1, path);
  snprintf(path, sizeof path, "%s.npz", stem);
  if (!status && mmd_object_size(answer->arrays)) status = mmd_npz_write_file(path, answer->arrays);
  return status ? fail_status(status) : 0;
}

// The first answer.
static int answer(const task_spec_t *spec, const char *package, const mmdeploy_mat_t *mats,
                  int count, const char *stem) {
  task_answer_t answers[TASK_MAX_PICTURES];
  mmdeploy_model_t model = NULL;
  task_runner_t *runner = NULL;
  int code = mmdeploy_model_create_by_path(package, &model);
  if (!code) code = task_runner_open(spec, model, 1, &runner);
  if (!code) code = task_runner_run(runner, mats, count, answers);
  if (code) return fail(mmdeploy_last_error_message());
  code = save(stem, &answers[0]);
  for (size_t i = 0; i < task_answer_count(runner, count); ++i) task_answer_deinit(&answers[i]);
  task_runner_close(runner);
  mmdeploy_model_destroy(model);
  return code;
}

int main(int argc, char **argv) {
  mmdeploy_image_t images[TASK_MAX_PICTURES] = {NULL};
  mmdeploy_mat_t mats[TASK_MAX_PICTURES];
  mmd_value_t *meta = NULL;
  const int count = argc - 4;
  if (count < 1 || count > TASK_MAX_PICTURES) return fail("STEM PACKAGE META.json PHOTO…");
  mmd_status_t status = mmd_json_read_file(argv[3], &meta);
  if (status) return fail_status(status);
  for (int i = 0; i < count; ++i) {
    if (mmdeploy_image_read(argv[4 + i], MMDEPLOY_IMAGE_COLOR, &images[i]))
      return fail(mmdeploy_last_error_message());
    mats[i] = *mmdeploy_image_mat(images[i]);
  }
  const task_spec_t spec = task_spec_read(meta);
  const int code = answer(&spec, argv[2], mats, count, argv[1]);
  for (int i = 0; i < count; ++i) mmdeploy_image_destroy(images[i]);
  mmd_value_release(meta);
  return code;
}
