// SPDX-License-Identifier: Apache-2.0
#include "convert/parity_ranks.h"

#include <stdio.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static const mmd_ranking_t g_rankings[] = {{"scores", 0, 0}, {"dets", 4, 1}, {"first", 0, 1}, {0}};
enum { ROWS = 4 };

// Boxes and scores of two classes, as the engine and we have them, and three numbers that are no
// rows of theirs.
typedef struct scene_t {
  float boxes[2][ROWS * 4], scores[2][ROWS * 2], rest[3];
  mmd_tensor_t engine[3], ours[3], aligned[3];
  size_t moved[3];
} scene_t;

static const scene_t g_equal = {
    .boxes = {{0, 0, 8, 8, 1, 1, 9, 9, 2, 2, 7, 7, 3, 3, 6, 6},
              {0, 0, 8, 8, 1, 1, 9, 9, 2, 2, 7, 7, 3, 3, 6, 6}},
    .scores = {{.9F, .1F, .2F, .8F, .8F, .3F, .5F, .4F}, {.9F, .1F, .2F, .8F, .8F, .3F, .5F, .4F}},
    .rest = {1, 2, 3},
};

static void swap_rows(float *numbers, size_t width, size_t a, size_t b) {
  for (size_t k = 0; k < width; ++k) {
    const float x = numbers[a * width + k];
    numbers[a * width + k] = numbers[b * width + k];
    numbers[b * width + k] = x;
  }
}

static void swap_in_engine(scene_t *s, size_t a, size_t b) {
  swap_rows(s->boxes[0], 4, a, b);
  swap_rows(s->scores[0], 2, a, b);
}

static mmd_status_t make(const float *numbers, mmd_shape_t shape, mmd_tensor_t *out_tensor) {
  return mmd_tensor_from_data(MMD_F32, &shape, numbers, out_tensor);
}

static mmd_status_t unrank(scene_t *s, const char *scores) {
  static char names[3][8] = {"boxes", "", "rest"};
  mmd_edge_t edges[3] = {{.name = names[0]}, {.name = names[1]}, {.name = names[2]}};
  const mmd_edge_t *const outputs[] = {&edges[0], &edges[1], &edges[2]};
  const mmd_rank_sides_t sides = {outputs, s->engine, s->ours, 3, 1e-4};
  snprintf(names[1], sizeof names[1], "%s", scores);
  mmd_status_t status = NULL;
  for (int i = 0; i < 2 && !status; ++i) {
    mmd_tensor_t *tensors = i ? s->ours : s->engine;
    status = make(s->boxes[i], (mmd_shape_t){3, {1, ROWS, 4}}, &tensors[0]);
    if (!status) status = make(s->scores[i], (mmd_shape_t){3, {1, ROWS, 2}}, &tensors[1]);
    if (!status) status = make(s->rest, (mmd_shape_t){1, {3}}, &tensors[2]);
  }
  return status ? status : mmd_parity_unrank(g_rankings, &sides, s->aligned, s->moved);
}

static void drop(scene_t *s) {
  for (int i = 0; i < 3; ++i) {
    mmd_tensor_deinit(&s->engine[i]);
    mmd_tensor_deinit(&s->ours[i]);
    mmd_tensor_deinit(&s->aligned[i]);
  }
}

// |moved| rows of boxes and scores; all are then as we have them, or else as the engine has them.
static void expect(scene_t *s, const char *scores, size_t moved) {
  mmd_assert_ok(unrank(s, scores));
  for (int i = 0; i < 2; ++i) {
    mmd_difference_t d;
    assert_int_equal(s->moved[i], moved);
    mmd_assert_ok(mmd_tensor_difference(&s->aligned[i], moved ? &s->ours[i] : &s->engine[i], &d));
    assert_true(d.max_abs < 1e-4);
  }
  assert_int_equal(s->moved[2], 0);
  assert_true(mmd_tensor_equal(&s->aligned[2], &s->engine[2]));
  drop(s);
}

static void test_equal(void **state) {
  (void)state;
  scene_t s = g_equal;
  expect(&s, "scores", 0);
}

// Rows 1 and 2 tie by their best classes.
static void test_tie(void **state) {
  (void)state;
  scene_t s = g_equal;
  swap_in_engine(&s, 1, 2);
  s.scores[0][3] += 1e-5F;
  expect(&s, "scores", 2);
}

// By their first class alone they do not.
static void test_one_score(void **state) {
  (void)state;
  scene_t s = g_equal;
  swap_in_engine(&s, 1, 2);
  expect(&s, "first", 0);
}

// Rows 0 and 3 do not tie: whoever puts them in another order is wrong.
static void test_no_tie(void **state) {
  (void)state;
  scene_t s = g_equal;
  swap_in_engine(&s, 0, 3);
  expect(&s, "scores", 0);
}

static void test_other_row(void **state) {
  (void)state;
  scene_t s = g_equal;
  swap_in_engine(&s, 1, 2);
  s.boxes[0][5] += .5F;
  expect(&s, "scores", 0);
}

static void test_not_ranked(void **state) {
  (void)state;
  scene_t s = g_equal;
  swap_in_engine(&s, 1, 2);
  expect(&s, "logits", 0);
}

static mmd_status_t use(void *context) {
  (void)context;
  scene_t s = g_equal;
  swap_in_engine(&s, 1, 2);
  mmd_status_t status = unrank(&s, "scores");
  drop(&s);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(use, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal),     cmocka_unit_test(test_tie),
      cmocka_unit_test(test_one_score), cmocka_unit_test(test_no_tie),
      cmocka_unit_test(test_other_row), cmocka_unit_test(test_not_ranked),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
