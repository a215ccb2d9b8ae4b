// SPDX-License-Identifier: Apache-2.0
//
// One large tensor is copied into every container in memory that does not grow with it.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/sanitizer.h"
#include "base/str.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "tests/support/mmd_test.h"

enum { ITEMS = 24 << 20, TENSOR_KB = ITEMS / 1024 * 4, LIMIT_KB = 32 << 10 };

static long peak_kb(void) {
  char line[256];
  long kb = -1;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return 0;
  while (kb < 0 && fgets(line, sizeof line, file)) (void)sscanf(line, "VmHWM: %ld", &kb);
  fclose(file);
  return kb;
}

static void write_number(int fd, size_t at, float number) {
  assert_true(pwrite(fd, &number, sizeof number, (off_t)at) == (ssize_t)sizeof number);
}

// Zeros, but for the first number, the last, and those around the end of a piece of 4 MiB.
static void make_file(const char *path) {
  char header[256];
  const int size = snprintf(header + 8, sizeof header - 8,
                            "{\"t\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%zu]}} ",
                            ITEMS, (size_t)ITEMS * 4);
  const uint64_t length = (uint64_t)size;
  memcpy(header, &length, sizeof length);
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  assert_true(fd >= 0);
  assert_true(pwrite(fd, header, 8 + (size_t)size, 0) == 8 + size);
  const size_t begin = 8 + (size_t)size;
  write_number(fd, begin, 1);
  write_number(fd, begin + (4 << 20) - 4, 2);
  write_number(fd, begin + (4 << 20), 3);
  write_number(fd, begin + (size_t)ITEMS * 4 - 4, 4);
  close(fd);
}

static void assert_numbers(const char *path) {
  mmd_checkpoint_t *c = NULL;
  mmd_assert_ok(mmd_checkpoint_open(path, NULL, &c));
  const mmd_tensor_t *t = mmd_checkpoint_get(c, "t");
  assert_non_null(t);
  assert_int_equal(mmd_tensor_count(t), ITEMS);
  assert_true(mmd_tensor_get_f64(t, 0) == 1 && mmd_tensor_get_f64(t, 1) == 0);
  assert_true(mmd_tensor_get_f64(t, (1 << 20) - 1) == 2 && mmd_tensor_get_f64(t, 1 << 20) == 3);
  assert_true(mmd_tensor_get_f64(t, ITEMS - 1) == 4);
  mmd_checkpoint_destroy(c);
}

static void save(const char *in, const char *folder, const char *name, mmd_dtype_t dtype,
                 long limit_kb) {
  char *out = mmd_path_join(folder, name);
  mmd_checkpoint_t *c = NULL;
  const long before = peak_kb();
  mmd_assert_ok(mmd_checkpoint_open(in, NULL, &c));
  const mmd_checkpoint_entry_t entry = {
      .key = "t", .tensor = *mmd_checkpoint_tensor_at(c, 0), .dtype = dtype};
  mmd_assert_ok(mmd_checkpoint_save(out, NULL, &entry, 1));
  mmd_checkpoint_destroy(c);
  assert_numbers(out);
  const long grown = peak_kb() - before;
  if (grown >= limit_kb) print_error("%s: memory grew by %ld KiB\n", name, grown);
  assert_true(grown < limit_kb);
  mmd_free(out);
}

static void test_large_tensor(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *in = mmd_path_join(folder, "in.safetensors");
  make_file(in);
  assert_numbers(in);
  save(in, folder, "out.safetensors", MMD_DTYPE_UNDEFINED, LIMIT_KB);
  save(in, folder, "out.pth", MMD_DTYPE_UNDEFINED, LIMIT_KB);
  save(in, folder, "out.npz", MMD_DTYPE_UNDEFINED, LIMIT_KB);
  // The cast tensor is on the heap as a whole, half as large; what was freed stays in memory where
  // AddressSanitizer watches over it.
  const long slack = MMD_HAS_SANITIZER ? TENSOR_KB : 0;
  save(in, folder, "half.pth", MMD_F16, TENSOR_KB / 2 + LIMIT_KB + slack);
  mmd_test_remove_tree(folder);
  mmd_free(in);
  mmd_free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_large_tensor)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
