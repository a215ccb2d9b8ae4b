// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"

#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void test_zeroed(void **state) {
  (void)state;
  for (int custom = 0; custom < 2; ++custom) {
    if (custom) mmd_test_fail_begin(0, false);
    unsigned char *bytes = mmd_alloc(1000);
    assert_int_equal((uintptr_t)bytes % 16, 0);
    for (int i = 0; i < 1000; ++i) assert_int_equal(bytes[i], 0);
    mmd_free(bytes);
    if (custom) mmd_test_fail_end();
  }
  void *empty = mmd_alloc(0);
  assert_non_null(empty);
  mmd_free(empty);
  mmd_free(NULL);
}

static void test_hostile_sizes(void **state) {
  (void)state;
  assert_null(mmd_alloc(SIZE_MAX));
  assert_null(mmd_alloc_uninit(SIZE_MAX / 2));
  assert_null(mmd_alloc_array(SIZE_MAX / 4, 8));
  assert_null(mmd_alloc_aligned(SIZE_MAX - 8, 64));
  assert_null(mmd_realloc(NULL, SIZE_MAX));
  assert_null(mmd_strndup("x", SIZE_MAX));
}

static void test_aligned(void **state) {
  (void)state;
  for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    char *bytes = mmd_alloc_aligned(100, alignment);
    assert_int_equal((uintptr_t)bytes % alignment, 0);
    memset(bytes, 1, 100);
    mmd_free_aligned(bytes);
  }
  mmd_free_aligned(NULL);
}

static void test_strings(void **state) {
  (void)state;
  char *a = mmd_strdup("abc"), *b = mmd_strndup("abc", 2);
  assert_string_equal(a, "abc");
  assert_string_equal(b, "ab");
  assert_null(mmd_strdup(NULL));
  mmd_free(a);
  mmd_free(b);
}

static mmd_status_t grow(void *context) {
  (void)context;
  int *items = NULL;
  size_t capacity = 0;
  mmd_status_t status = NULL;
  for (int i = 0; i < 1000 && !status; ++i) {
    status = MMD_GROW(items, capacity, (size_t)i + 1);
    if (!status) items[i] = i;
  }
  if (!status && items[999] != 999) status = MMD_ERROR(MMD_INTERNAL, "lost");
  mmd_free(items);
  return status;
}

static void test_grow(void **state) {
  (void)state;
  mmd_test_sweep(grow, NULL);
  int *items = NULL;
  size_t capacity = 0;
  mmd_assert_fails(MMD_GROW(items, capacity, SIZE_MAX / 2), MMD_OUT_OF_MEMORY, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_zeroed),  cmocka_unit_test(test_hostile_sizes),
      cmocka_unit_test(test_aligned), cmocka_unit_test(test_strings),
      cmocka_unit_test(test_grow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
