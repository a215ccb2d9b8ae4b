// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

typedef struct {
  char *dir, *path;
} scratch_t;

static int setup(void **state) {
  static scratch_t scratch;
  scratch.dir = mmd_test_make_directory();
  scratch.path = mmd_path_join(scratch.dir, "file.bin");
  *state = &scratch;
  return 0;
}

static int teardown(void **state) {
  scratch_t *scratch = *state;
  mmd_test_remove_tree(scratch->dir);
  mmd_free(scratch->dir);
  mmd_free(scratch->path);
  return 0;
}

static size_t count_files(const char *dir) {
  char **names;
  size_t count;
  mmd_assert_ok(mmd_path_list(dir, &names, &count));
  for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
  mmd_free(names);
  return count;
}

static void expect_content(const char *path, const char *text) {
  char *data;
  size_t size;
  mmd_assert_ok(mmd_file_read(path, 0, &data, &size));
  assert_int_equal(size, strlen(text));
  assert_string_equal(data, text);
  mmd_free(data);
}

static void test_whole_files(void **state) {
  scratch_t *s = *state;
  char *data;
  size_t size;
  mmd_assert_ok(mmd_file_write(s->path, "hello", 5));
  expect_content(s->path, "hello");
  struct stat info;
  assert_int_equal(stat(s->path, &info), 0);
  mode_t mask = umask(0);
  umask(mask);
  assert_int_equal(info.st_mode & 0777, 0666 & ~mask);
  mmd_assert_fails(mmd_file_read(s->path, 4, &data, &size), MMD_OUT_OF_RANGE, s->path);
  mmd_assert_ok(mmd_file_read(s->path, 5, &data, &size));
  mmd_free(data);
  mmd_assert_fails(mmd_file_read(s->dir, 0, &data, &size), MMD_IO, s->dir);
  mmd_assert_fails(mmd_file_read("/no/such", 0, &data, &size), MMD_NOT_FOUND, "/no/such");
  mmd_assert_ok(mmd_file_read("/proc/self/status", 0, &data, &size));  // says size 0
  assert_true(size > 100);
  mmd_free(data);
  char *copy = mmd_path_join(s->dir, "copy");
  mmd_assert_ok(mmd_file_copy(s->path, copy));
  expect_content(copy, "hello");
  mmd_free(copy);
  uint64_t bytes;
  mmd_assert_ok(mmd_path_size(s->path, &bytes));
  assert_int_equal(bytes, 5);
}

static void test_writer(void **state) {
  scratch_t *s = *state;
  mmd_writer_t *writer;
  mmd_assert_ok(mmd_file_write(s->path, "old", 3));
  mmd_assert_ok(mmd_writer_create(s->path, &writer));
  static char block[100000];
  memset(block, 'x', sizeof block);
  mmd_assert_ok(mmd_writer_write(writer, "abc", 3));
  mmd_assert_ok(mmd_writer_write(writer, block, sizeof block));
  for (int i = 0; i < 30; ++i) mmd_assert_ok(mmd_writer_write(writer, block, 4000));
  assert_int_equal(mmd_writer_position(writer), 3 + 100000 + 120000);
  expect_content(s->path, "old");
  mmd_assert_ok(mmd_writer_commit(writer));
  mmd_assert_fails(mmd_writer_commit(writer), MMD_INTERNAL, "twice");
  mmd_writer_destroy(writer);
  char *data;
  size_t size;
  mmd_assert_ok(mmd_file_read(s->path, 0, &data, &size));
  assert_int_equal(size, 220003);
  assert_int_equal(strspn(data + 3, "x"), 220000);
  mmd_free(data);
  assert_int_equal(count_files(s->dir), 1);
}

// A pipe is opened without waiting for who writes to it, and refused.
static void test_only_regular_files(void **state) {
  scratch_t *s = *state;
  char *data = NULL, *pipe_path = mmd_path_join(s->dir, "pipe");
  size_t size = 0;
  assert_int_equal(mkfifo(pipe_path, 0600), 0);
  mmd_assert_fails(mmd_file_read_regular(pipe_path, 0, &data, &size), MMD_INVALID_ARGUMENT,
                   "not a regular file");
  mmd_assert_fails(mmd_file_read_regular("/dev/zero", 9, &data, &size), MMD_INVALID_ARGUMENT,
                   "not a regular file");
  mmd_assert_fails(mmd_file_read_regular(s->dir, 0, &data, &size), MMD_INVALID_ARGUMENT,
                   "not a regular file");
  mmd_assert_ok(mmd_file_write(s->path, "abc", 3));
  mmd_assert_ok(mmd_file_read_regular(s->path, 3, &data, &size));
  assert_int_equal(size, 3);
  mmd_free(data);
  assert_int_equal(unlink(pipe_path), 0);
  mmd_free(pipe_path);
}

static void test_writer_abandoned(void **state) {
  scratch_t *s = *state;
  mmd_writer_t *writer;
  mmd_assert_ok(mmd_file_write(s->path, "old", 3));
  mmd_assert_ok(mmd_writer_create(s->path, &writer));
  mmd_assert_ok(mmd_writer_write(writer, "new", 3));
  mmd_writer_destroy(writer);
  expect_content(s->path, "old");
  assert_int_equal(count_files(s->dir), 1);
  mmd_writer_destroy(NULL);
}

static void test_writer_refusals(void **state) {
  scratch_t *s = *state;
  mmd_writer_t *writer;
  mmd_assert_fails(mmd_writer_create(s->dir, &writer), MMD_IO, "directory");
  mmd_assert_fails(mmd_writer_create("/no/such/dir/x", &writer), MMD_NOT_FOUND, "/no/such/dir/x");
  // Devices are written in place; this one is always full.
  static char block[100000];
  mmd_assert_fails(mmd_file_write("/dev/full", block, sizeof block), MMD_IO, "No space left");
  mmd_assert_fails(mmd_file_write("/dev/full", block, 10), MMD_IO, "/dev/full");
  mmd_assert_ok(mmd_file_write("/dev/null", block, 10));
  struct stat info;
  assert_int_equal(stat("/dev/null", &info), 0);
  assert_true(S_ISCHR(info.st_mode));
}

static void test_directories(void **state) {
  scratch_t *s = *state;
  char *deep = mmd_path_join(s->dir, "a/b//c/");
  mmd_assert_ok(mmd_path_make_directories(deep));
  mmd_assert_ok(mmd_path_make_directories(deep));
  assert_true(mmd_path_is_directory(deep));
  assert_true(mmd_path_exists(s->dir));
  assert_false(mmd_path_exists(s->path));
  mmd_assert_ok(mmd_file_write(s->path, "x", 1));
  char *below = mmd_path_join(s->path, "d");
  mmd_assert_fails(mmd_path_make_directories(below), MMD_IO, "cannot create directory");
  char **names;
  size_t count;
  mmd_assert_ok(mmd_path_list(s->dir, &names, &count));
  assert_int_equal(count, 2);
  assert_string_equal(names[0], "a");
  assert_string_equal(names[1], "file.bin");
  for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
  mmd_free(names);
  mmd_assert_fails(mmd_path_list("/no/such", &names, &count), MMD_NOT_FOUND, "/no/such");
  mmd_free(below);
  mmd_free(deep);
}

static mmd_status_t work(void *context) {
  scratch_t *s = context;
  char *data, **names;
  size_t size, count;
  MMD_TRY(mmd_file_write(s->path, "data", 4));
  MMD_TRY(mmd_file_copy(s->path, s->path));
  MMD_TRY(mmd_file_read(s->path, 0, &data, &size));
  mmd_free(data);
  MMD_TRY(mmd_path_make_directories(s->dir));
  MMD_TRY(mmd_path_list(s->dir, &names, &count));
  for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
  mmd_free(names);
  if (count != 1) return MMD_ERROR(MMD_INTERNAL, "%zu files", count);
  return NULL;
}

static void test_no_memory(void **state) {
  mmd_test_sweep(work, *state);
}

// dir/file.bin, dir/models/{model, leaving} where both are links to files of dir.
static void test_links(void **state) {
  const scratch_t *s = *state;
  char *models = mmd_path_join(s->dir, "models"), *model = mmd_path_join(models, "model");
  char *leaving = mmd_path_join(models, "leaving"), *own = mmd_path_join(models, "own");
  mmd_assert_ok(mmd_file_write(s->path, "data", 4));
  mmd_assert_ok(mmd_path_make_directories(models));
  mmd_assert_ok(mmd_file_write(own, "data", 4));
  assert_int_equal(symlink("../file.bin", leaving), 0);
  assert_int_equal(symlink("../file.bin", model), 0);
  assert_true(mmd_path_stays_in(own, models, NULL));
  assert_true(mmd_path_stays_in(own, s->dir, NULL));
  assert_true(mmd_path_stays_in("/nowhere/at/all", models, NULL));
  assert_false(mmd_path_stays_in(s->path, models, NULL));
  assert_false(mmd_path_stays_in(leaving, models, NULL));
  assert_false(mmd_path_stays_in(leaving, models, own));
  assert_true(mmd_path_stays_in(leaving, models, model));
  char *longer = mmd_path_join(s->dir, "models2");
  mmd_assert_ok(mmd_file_write(longer, "data", 4));
  assert_false(mmd_path_stays_in(longer, models, NULL));
  mmd_free(longer);
  mmd_free(own);
  mmd_free(leaving);
  mmd_free(model);
  mmd_free(models);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_links, setup, teardown),
      cmocka_unit_test_setup_teardown(test_whole_files, setup, teardown),
      cmocka_unit_test_setup_teardown(test_writer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_only_regular_files, setup, teardown),
      cmocka_unit_test_setup_teardown(test_writer_abandoned, setup, teardown),
      cmocka_unit_test_setup_teardown(test_writer_refusals, setup, teardown),
      cmocka_unit_test_setup_teardown(test_directories, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
