// SPDX-License-Identifier: Apache-2.0
// test-labels: long
//
// More than 4 GiB: read from a file with holes, written as a zip archive with 64-bit offsets, read
// again, all in little memory. Needs 5 GiB of disk for a moment.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "tests/support/mmd_test.h"

enum { TENSORS = 70, ITEMS = 16 << 20 };  // of 64 MiB each

#define TENSOR_BYTES ((size_t)ITEMS * 4)
#define MEMORY_LIMIT_KB (400 * 1024)

static long peak_kb(void) {
  char line[256];
  long kb = -1;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return 0;
  while (kb < 0 && fgets(line, sizeof line, file)) (void)sscanf(line, "VmHWM: %ld", &kb);
  fclose(file);
  return kb;
}

static mmd_status_t make_header(mmd_str_t *out) {
  mmd_str_t json = {0};
  mmd_status_t status = mmd_str_append(&json, "{");
  for (int i = 0; !status && i < TENSORS; ++i) {
    status = mmd_str_printf(
        &json, "%s\"t%d\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[%zu,%zu]}",
        i ? "," : "", i, (int)ITEMS, (size_t)i * TENSOR_BYTES, (size_t)(i + 1) * TENSOR_BYTES);
  }
  if (!status) status = mmd_str_append(&json, "}");
  while (!status && json.size % 8) status = mmd_str_append_char(&json, ' ');
  uint64_t size = json.size;
  if (!status) status = mmd_str_append_n(out, (const char *)&size, sizeof size);
  if (!status) status = mmd_str_append_n(out, mmd_str_text(&json), json.size);
  mmd_str_deinit(&json);
  return status;
}

// Zeros, but for the last number of each tensor, which is its own number.
static void make_file(const char *path) {
  mmd_str_t header = {0};
  mmd_assert_ok(make_header(&header));
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  assert_true(fd >= 0);
  assert_true(pwrite(fd, header.data, header.size, 0) == (ssize_t)header.size);
  for (int i = 0; i < TENSORS; ++i) {
    const float number = (float)i;
    const size_t at = header.size + (size_t)(i + 1) * TENSOR_BYTES - sizeof number;
    assert_true(pwrite(fd, &number, sizeof number, (off_t)at) == (ssize_t)sizeof number);
  }
  close(fd);
  mmd_str_deinit(&header);
}

static void assert_numbers(const mmd_checkpoint_t *c) {
  assert_int_equal(mmd_checkpoint_size(c), TENSORS);
  for (size_t i = 0; i < TENSORS; ++i) {
    const mmd_tensor_t *t = mmd_checkpoint_tensor_at(c, i);
    assert_int_equal(mmd_tensor_count(t), ITEMS);
    assert_true(mmd_tensor_get_f64(t, ITEMS - 1) == (double)i);
    assert_true(mmd_tensor_get_f64(t, 0) == 0);
  }
}

static void save(const mmd_checkpoint_t *c, const char *path) {
  mmd_checkpoint_entry_t entries[TENSORS] = {0};
  for (size_t i = 0; i < TENSORS; ++i) {
    entries[i].key = mmd_checkpoint_key_at(c, i);
    entries[i].tensor = *mmd_checkpoint_tensor_at(c, i);
  }
  mmd_assert_ok(mmd_checkpoint_save(path, NULL, entries, TENSORS));
}

static void test_four_gigabytes(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *in = mmd_path_join(folder, "in.safetensors"), *out = mmd_path_join(folder, "out.pth");
  make_file(in);
  const long before = peak_kb();
  mmd_checkpoint_t *c = NULL, *again = NULL;
  mmd_assert_ok(mmd_checkpoint_open(in, NULL, &c));
  assert_true(mmd_checkpoint_info(c).file_size > (size_t)1 << 32);
  assert_numbers(c);
  save(c, out);
  mmd_assert_ok(mmd_checkpoint_open(out, NULL, &again));
  assert_true(mmd_checkpoint_info(again).file_size > (size_t)1 << 32);
  assert_numbers(again);
  const long grown = peak_kb() - before;
  if (grown >= MEMORY_LIMIT_KB) print_error("memory grew by %ld KiB\n", grown);
  assert_true(grown < MEMORY_LIMIT_KB);
  mmd_checkpoint_destroy(c);
  mmd_checkpoint_destroy(again);
  mmd_test_remove_tree(folder);
  mmd_free(in);
  mmd_free(out);
  mmd_free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_four_gigabytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
