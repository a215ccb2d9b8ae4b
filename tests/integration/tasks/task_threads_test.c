// SPDX-License-Identifier: Apache-2.0
//
// One handle in eight threads answers as in one, for a package of each head, on our own evaluator.
#include <pthread.h>
#include <stdatomic.h>

#include "sdk/sdk_testing.h"
#include "tests/integration/tasks/task_files.h"

enum { THREADS = 8, ROUNDS = 2, PARTS = 3 };

static const char *const packages[] = {
    "detection_retinanet",
    "detection_rtmdet_1x",
    "instance-seg_mask-rcnn",
    "pose_res18",
    "pose_simcc_1x",
    "pose_deeppose",
    "restoration_srcnn",
    "rotated-detection_retinanet",
    "segmentation_fcn",
    "segmentation_fcn_scores_1x",
    "text-detection_dbnet",
    "text-detection_panet",
    "text-detection_psenet",
    "text-recognition_crnn",
    "text-recognition_satrn_1x",
    "video_tsn",
};

typedef struct shared_t {
  task_runner_t *runner;
  const task_case_t *item;
  const task_answer_t *wanted;  // for each part of the picture
  atomic_int wrong;
} shared_t;

typedef struct work_t {
  shared_t *shared;
  int first;
} work_t;

// Rows from the top, so that sizes differ from call to call; a video stays whole.
static void take_part(const task_case_t *item, int part, mmdeploy_mat_t *mats) {
  memcpy(mats, item->mats, (size_t)item->photo_count * sizeof *mats);
  if (item->photo_count == 1) mats[0].height -= part * (mats[0].height / 8);
}

// Threads must not use cmocka's assertions.
static void *run_often(void *opaque) {
  const work_t *work = opaque;
  shared_t *shared = work->shared;
  mmdeploy_mat_t mats[TASK_MAX_PICTURES];
  for (int i = 0; i < ROUNDS; ++i) {
    const int part = (work->first + i) % PARTS;
    task_answer_t answer;
    take_part(shared->item, part, mats);
    if (task_runner_run(shared->runner, mats, shared->item->photo_count, &answer)) {
      ++shared->wrong;
      continue;
    }
    if (!task_answer_equal(&shared->wanted[part], &answer)) ++shared->wrong;
    task_answer_deinit(&answer);
  }
  return NULL;
}

static void check_package(const char *name) {
  task_case_t item;
  task_answer_t wanted[PARTS];
  pthread_t threads[THREADS];
  work_t work[THREADS];
  mmdeploy_mat_t mats[TASK_MAX_PICTURES];
  task_case_open(name, &item);
  shared_t shared = {task_open(&item, "reference", 2), &item, wanted, 0};
  for (int i = 0; i < PARTS; ++i) {
    take_part(&item, i, mats);
    assert_success(task_runner_run(shared.runner, mats, item.photo_count, &wanted[i]));
  }
  for (int i = 0; i < THREADS; ++i) {
    work[i] = (work_t){&shared, i};
    assert_int_equal(pthread_create(&threads[i], NULL, run_often, &work[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) assert_int_equal(pthread_join(threads[i], NULL), 0);
  if (shared.wrong) fail_msg("%s: %d of %d answers", name, shared.wrong, THREADS * ROUNDS);
  for (int i = 0; i < PARTS; ++i) task_answer_deinit(&wanted[i]);
  task_runner_close(shared.runner);
  task_case_close(&item);
}

static void one_handle_in_many_threads(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof packages / sizeof *packages; ++i) check_package(packages[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_handle_in_many_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
