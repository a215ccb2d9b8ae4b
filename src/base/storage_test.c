// SPDX-License-Identifier: Apache-2.0
#include "base/storage.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void test_heap(void **state) {
  (void)state;
  mmd_storage_t *storage;
  mmd_assert_ok(mmd_storage_create(1000, true, &storage));
  assert_int_equal(mmd_storage_kind(storage), MMD_STORAGE_HEAP);
  assert_int_equal(mmd_storage_size(storage), 1000);
  assert_int_equal((uintptr_t)mmd_storage_data(storage) % 64, 0);
  assert_ptr_equal(mmd_storage_mutable_data(storage), mmd_storage_data(storage));
  for (int i = 0; i < 1000; ++i) assert_int_equal(mmd_storage_data(storage)[i], 0);
  memset(mmd_storage_mutable_data(storage), 7, 1000);
  mmd_storage_drop_pages(storage, 0, 1000);
  assert_int_equal(mmd_storage_data(storage)[999], 7);
  assert_ptr_equal(mmd_storage_retain(storage), storage);
  mmd_storage_release(storage);
  mmd_storage_release(storage);
  mmd_storage_release(NULL);
  mmd_assert_fails(mmd_storage_create(SIZE_MAX - 5, false, &storage), MMD_OUT_OF_MEMORY, NULL);
  assert_null(storage);
}

static void count_release(void *user) {
  ++*(int *)user;
}

static void test_borrowed(void **state) {
  (void)state;
  mmd_storage_t *storage;
  int released = 0;
  mmd_assert_ok(mmd_storage_borrow("abc", 3, count_release, &released, &storage));
  assert_int_equal(mmd_storage_kind(storage), MMD_STORAGE_BORROWED);
  assert_null(mmd_storage_mutable_data(storage));
  mmd_storage_retain(storage);
  mmd_storage_release(storage);
  assert_int_equal(released, 0);
  mmd_storage_release(storage);
  assert_int_equal(released, 1);
}

static void test_mapped(void **state) {
  (void)state;
  char *dir = mmd_test_make_directory();
  char *path = mmd_path_join(dir, "file"), *empty = mmd_path_join(dir, "empty");
  char *big = mmd_alloc(100000);
  memset(big, 'b', 100000);
  mmd_assert_ok(mmd_file_write(path, big, 100000));
  mmd_assert_ok(mmd_file_write(empty, "", 0));
  mmd_storage_t *storage;
  mmd_assert_ok(mmd_storage_map_file(path, &storage));
  assert_int_equal(mmd_storage_kind(storage), MMD_STORAGE_MAPPED);
  assert_int_equal(mmd_storage_size(storage), 100000);
  assert_memory_equal(mmd_storage_data(storage), big, 100000);
  mmd_storage_drop_pages(storage, 10, 90000);
  mmd_storage_drop_pages(storage, 99999, SIZE_MAX);
  mmd_storage_drop_pages(storage, SIZE_MAX, 1);
  assert_memory_equal(mmd_storage_data(storage), big, 100000);
  mmd_storage_release(storage);
  mmd_assert_ok(mmd_storage_map_file(empty, &storage));
  assert_int_equal(mmd_storage_size(storage), 0);
  assert_non_null(mmd_storage_data(storage));
  mmd_storage_release(storage);
  mmd_assert_fails(mmd_storage_map_file(dir, &storage), MMD_IO, dir);
  mmd_assert_fails(mmd_storage_map_file("/no/such/file", &storage), MMD_NOT_FOUND, "/no/such/file");
  mmd_assert_fails(mmd_storage_map_file("/dev/null", &storage), MMD_IO, "not a regular file");
  mmd_test_remove_tree(dir);
  mmd_free(big);
  mmd_free(path);
  mmd_free(empty);
  mmd_free(dir);
}

static mmd_status_t use(void *context) {
  (void)context;
  mmd_storage_t *storage;
  MMD_TRY(mmd_storage_create(10, false, &storage));
  mmd_storage_release(storage);
  MMD_TRY(mmd_storage_borrow("x", 1, NULL, NULL, &storage));
  mmd_storage_release(storage);
  MMD_TRY(mmd_storage_map_file("/proc/self/exe", &storage));
  mmd_storage_release(storage);
  return NULL;
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(use, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_heap), cmocka_unit_test(test_borrowed),
                                     cmocka_unit_test(test_mapped),
                                     cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
