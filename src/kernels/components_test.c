// SPDX-License-Identifier: Apache-2.0
//
// Against OpenCV 4.7.0.72: testdata/components_golden.txt, made by make_components_golden.py.
#include "kernels/components.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/mmd_test.h"

static uint32_t g_state;

static uint32_t below(uint32_t limit) {
  g_state = g_state * 1664525u + 1013904223u;
  return (g_state >> 8) % limit;
}

static unsigned long long fnv(const void *data, size_t size) {
  uint64_t value = 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; ++i) value = (value ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
  return value;
}

static void test_labels(void **state) {
  (void)state;
  FILE *file = fopen(MMD_TEST_FILE("src/kernels/testdata/components_golden.txt"), "r");
  unsigned seed = 0;
  size_t width, height, wanted, found = 0;
  int connectivity = 0, lines = 0;
  unsigned long long hash = 0;
  assert_non_null(file);
  for (; fscanf(file, "%u %zu %zu %d %zu %llx", &seed, &width, &height, &connectivity, &wanted,
                &hash) == 6;
       ++lines) {
    g_state = seed;
    assert_int_equal(1 + below(50), width);
    assert_int_equal(1 + below(40), height);
    uint8_t *mask = malloc(width * height);
    int32_t *labels = malloc(width * height * sizeof *labels);
    for (size_t i = 0; i < width * height; ++i) mask[i] = below(8) > seed % 5;
    mmd_assert_ok(mmd_components_label(mask, width, height, (mmd_connectivity_t)connectivity,
                                       labels, &found));
    assert_int_equal(found, wanted);
    assert_true(fnv(labels, width * height * sizeof *labels) == hash);
    free(mask);
    free(labels);
  }
  fclose(file);
  assert_int_equal(lines, 60);
}

static bool is_not_three(const void *context, int32_t label, size_t index) {
  (void)label;
  return index != *(const size_t *)context;
}

static void test_grow(void **state) {
  const size_t three = 3;
  const uint8_t mask[10] = {1, 1, 1, 1, 1, 0, 1, 1, 1, 1};
  const int32_t first[10] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0};
  const int32_t whole[10] = {1, 1, 1, 2, 2, 0, 1, 1, 2, 2};
  const int32_t without[10] = {1, 1, 1, 0, 2, 0, 1, 1, 2, 2};
  mmd_components_growth_t growth = {.mask = mask, .width = 5, .height = 2};
  int32_t labels[10];
  (void)state;
  // The middle is as far from both; label 1 is asked first.
  memcpy(labels, first, sizeof labels);
  mmd_assert_ok(mmd_components_grow(&growth, labels));
  assert_memory_equal(labels, whole, sizeof labels);
  memcpy(labels, first, sizeof labels);
  growth.accept = is_not_three;
  growth.context = &three;
  mmd_assert_ok(mmd_components_grow(&growth, labels));
  assert_memory_equal(labels, without, sizeof labels);
}

static void test_empty(void **state) {
  size_t count = 9;
  int32_t label = 7;
  (void)state;
  mmd_assert_ok(mmd_components_label(NULL, 0, 0, MMD_CONNECTED_4, &label, &count));
  assert_int_equal(count, 0);
  assert_int_equal(label, 7);
  mmd_assert_fails(mmd_components_label(NULL, (size_t)1 << 40, 1, MMD_CONNECTED_4, &label, &count),
                   MMD_OUT_OF_RANGE, "too large");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_labels),
      cmocka_unit_test(test_grow),
      cmocka_unit_test(test_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
