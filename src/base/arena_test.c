// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void test_pieces(void **state) {
  (void)state;
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  unsigned char *pieces[500];
  for (size_t i = 0; i < 500; ++i) {
    size_t size = i * 37 % 3000;
    pieces[i] = mmd_arena_alloc(&arena, size);
    assert_non_null(pieces[i]);
    assert_int_equal((uintptr_t)pieces[i] % 16, 0);
    for (size_t k = 0; k < size; ++k) assert_int_equal(pieces[i][k], 0);
    memset(pieces[i], (int)i & 255, size);
  }
  for (size_t i = 0; i < 500; ++i) {
    for (size_t k = 0; k < i * 37 % 3000; ++k) assert_int_equal(pieces[i][k], i & 255);
  }
  assert_string_equal(mmd_arena_printf(&arena, "%d-%s", 5, "x"), "5-x");
  assert_string_equal(mmd_arena_strdup(&arena, "hello"), "hello");
  assert_string_equal(mmd_arena_strndup(&arena, "hello", 2), "he");
  mmd_arena_deinit(&arena);
}

static void test_limits(void **state) {
  (void)state;
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  arena.limit_bytes = 100;
  assert_non_null(mmd_arena_alloc(&arena, 64));
  assert_null(mmd_arena_alloc(&arena, 64));
  assert_non_null(mmd_arena_alloc(&arena, 32));
  assert_null(mmd_arena_alloc(&arena, SIZE_MAX));
  assert_null(mmd_arena_alloc_array(&arena, SIZE_MAX / 2, 4));
  mmd_arena_deinit(&arena);
}

static mmd_status_t fill(void *context) {
  (void)context;
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  bool good = true;
  for (int i = 0; i < 200 && good; ++i) good = mmd_arena_alloc(&arena, 900) != NULL;
  mmd_arena_deinit(&arena);
  return good ? NULL : mmd_status_no_memory();
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(fill, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces), cmocka_unit_test(test_limits),
                                     cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
