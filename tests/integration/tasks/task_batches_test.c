// SPDX-License-Identifier: Apache-2.0
//
// Batches of pictures of many sizes give what the pictures give one by one, for every package.
#include <math.h>

#include "sdk/sdk_testing.h"
#include "tests/integration/tasks/task_files.h"
#include "tests/support/mmd_test_engine.h"

enum { MOST = 32 };

//===--- pictures ----------------------------------------------------------===//

// The top left part of |mat|; every second one has the same size as its neighbour.
static mmdeploy_mat_t crop(const mmdeploy_mat_t *mat, int index) {
  mmdeploy_mat_t part = *mat;
  part.height -= index / 2 % 5 * (mat->height / 12);
  part.width -= index / 2 % 3 * (mat->width / 9);
  const size_t row = (size_t)part.width * 3;
  part.data = malloc((size_t)part.height * row);
  assert_non_null(part.data);
  for (int y = 0; y < part.height; ++y)
    memcpy(part.data + (size_t)y * row, mat->data + (size_t)y * (size_t)mat->width * 3, row);
  return part;
}

//===--- answers -----------------------------------------------------------===//

// A batch takes other ways through the engine's arithmetic than one picture.
static bool is_near(const mmd_value_t *a, const mmd_value_t *b) {
  if (mmd_value_kind(a) == MMD_VALUE_OBJECT) {
    for (size_t i = 0; i < mmd_object_size(a); ++i) {
      if (!is_near(mmd_object_value_at(a, i), mmd_object_get(b, mmd_object_key_at(a, i))))
        return false;
    }
    return true;
  }
  if (mmd_value_kind(a) == MMD_VALUE_ARRAY) {
    if (mmd_array_size(a) != mmd_array_size(b)) return false;
    for (size_t i = 0; i < mmd_array_size(a); ++i) {
      if (!is_near(mmd_array_at(a, i), mmd_array_at(b, i))) return false;
    }
    return true;
  }
  if (!mmd_value_is_number(a) || !mmd_value_is_number(b)) return mmd_value_equal(a, b);
  const double x = mmd_value_get_float(a, 0), y = mmd_value_get_float(b, 0);
  return fabs(x - y) <= 1e-4 * (1 + fabs(x));
}

static bool arrays_near(const mmd_value_t *a, const mmd_value_t *b) {
  for (size_t i = 0; i < mmd_object_size(a); ++i) {
    const mmd_tensor_t *x = mmd_value_get_tensor(mmd_object_value_at(a, i));
    const mmd_tensor_t *y = mmd_value_get_tensor(mmd_object_get(b, mmd_object_key_at(a, i)));
    if (!y || !mmd_shape_equal(&x->shape, &y->shape)) return false;
    const size_t count = mmd_tensor_count(x);
    const double step = x->dtype == MMD_U8 ? 1 : 1e-4;
    size_t far = 0;
    for (size_t k = 0; k < count; ++k)
      far += fabs(mmd_tensor_get_f64(x, k) - mmd_tensor_get_f64(y, k)) > step;
    if (far * 1000 > count) return false;
  }
  return mmd_object_size(a) == mmd_object_size(b);
}

//===--- packages ----------------------------------------------------------===//

static int g_failures, g_different;

static void check_batch(const char *name, task_runner_t *runner, const mmdeploy_mat_t *mats,
                        int pictures, const task_answer_t *singles) {
  task_answer_t answers[TASK_MAX_PICTURES];
  assert_success(task_runner_run(runner, mats, pictures, answers));
  for (size_t i = 0; i < task_answer_count(runner, pictures); ++i) {
    g_different += !task_answer_equal(&singles[i], &answers[i]);
    if (!is_near(singles[i].rows, answers[i].rows) ||
        !arrays_near(singles[i].arrays, answers[i].arrays)) {
      print_error("%s: item %zu of a batch of %d pictures\n", name, i, pictures);
      ++g_failures;
    }
    task_answer_deinit(&answers[i]);
  }
}

static void check_package(const char *name) {
  static const int sizes[] = {1, 3, 8, MOST};
  task_case_t item;
  mmdeploy_mat_t mats[TASK_MAX_PICTURES];
  task_answer_t singles[TASK_MAX_PICTURES];
  task_case_open(name, &item);
  const int frames = item.photo_count;  // of a video, else 1
  const int items = MOST * frames <= TASK_MAX_PICTURES ? MOST : 8;
  task_runner_t *runner = task_open(&item, NULL, 2);
  for (int i = 0; i < items * frames; ++i) {
    mats[i] = crop(&item.mats[i % frames], i / frames);
    if (i % frames == frames - 1) {
      assert_success(task_runner_run(runner, &mats[i + 1 - frames], frames, &singles[i / frames]));
    }
  }
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes && sizes[s] <= items; ++s)
    check_batch(name, runner, mats, sizes[s] * frames, singles);
  for (int i = 0; i < items; ++i) task_answer_deinit(&singles[i]);
  for (int i = 0; i < items * frames; ++i) free(mats[i].data);
  task_runner_close(runner);
  task_case_close(&item);
}

static void batches_equal_singles(void **state) {
  (void)state;
  static char names[TASK_MAX_PACKAGES][64];
  mmd_test_need_engine("onnxruntime");
  task_list(names);
  for (int i = 0; *names[i]; ++i) check_package(names[i]);
  print_message("%d answers are equal but for rounding, the others to the bit\n", g_different);
  assert_int_equal(g_failures, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(batches_equal_singles)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
