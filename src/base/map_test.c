// SPDX-License-Identifier: Apache-2.0
#include "base/map.h"

#include <stdio.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void test_order_and_replace(void **state) {
  (void)state;
  mmd_map_t *map;
  int a, b, c;
  void *old;
  mmd_assert_ok(mmd_map_create(&map));
  mmd_assert_ok(mmd_map_set(map, "z", &a, NULL));
  mmd_assert_ok(mmd_map_set(map, "a", &b, NULL));
  mmd_assert_ok(mmd_map_set(map, "z", &c, &old));
  assert_ptr_equal(old, &a);
  assert_int_equal(mmd_map_size(map), 2);
  assert_string_equal(mmd_map_at(map, 0).key, "z");
  assert_ptr_equal(mmd_map_at(map, 0).value, &c);
  assert_ptr_equal(mmd_map_get(map, "a"), &b);
  assert_ptr_equal(mmd_map_get_n(map, "abc", 1), &b);
  assert_null(mmd_map_get(map, "ab"));
  mmd_assert_ok(mmd_map_set(map, "", NULL, &old));
  assert_null(old);
  assert_true(mmd_map_has(map, ""));
  assert_false(mmd_map_has(map, "q"));
  mmd_map_destroy(map);
  mmd_map_destroy(NULL);
}

// Against a plain array of flags.
static void test_many(void **state) {
  (void)state;
  enum { KEYS = 700 };
  static bool present[KEYS];
  mmd_map_t *map;
  mmd_assert_ok(mmd_map_create(&map));
  unsigned random = 1;
  size_t size = 0;
  for (int step = 0; step < 20000; ++step) {
    random = random * 1664525u + 1013904223u;
    unsigned k = (random >> 8) % KEYS;
    char key[16];
    snprintf(key, sizeof key, "key%u", k);
    // The last entry is removed by another way than the others.
    if (step % 7 == 3 && size > 0) {
      snprintf(key, sizeof key, "%s", mmd_map_at(map, size - 1).key);
      sscanf(key, "key%u", &k);
    }
    if ((random >> 4) % 3 == 0) {
      void *gone = mmd_map_remove(map, key);
      assert_ptr_equal(gone, present[k] ? &present[k] : NULL);
      size -= present[k];
      present[k] = false;
    } else {
      mmd_assert_ok(mmd_map_set(map, key, &present[k], NULL));
      size += !present[k];
      present[k] = true;
    }
    assert_int_equal(mmd_map_size(map), size);
    assert_int_equal(mmd_map_has(map, key), present[k]);
  }
  for (unsigned k = 0; k < KEYS; ++k) {
    char key[16];
    snprintf(key, sizeof key, "key%u", k);
    assert_ptr_equal(mmd_map_get(map, key), present[k] ? &present[k] : NULL);
  }
  mmd_map_destroy(map);
}

static mmd_status_t fill(void *context) {
  mmd_map_t *map;
  MMD_TRY(mmd_map_create(&map));
  mmd_status_t status = NULL;
  for (int i = 0; i < 60 && !status; ++i) {
    char key[16];
    snprintf(key, sizeof key, "%d", i);
    status = mmd_map_set(map, key, context, NULL);
  }
  mmd_map_destroy(map);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  int value;
  mmd_test_sweep(fill, &value);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_order_and_replace),
                                     cmocka_unit_test(test_many), cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
