// SPDX-License-Identifier: Apache-2.0
//
// Archives of our own target, whole, cut and changed, in the short and in the long form. Whether
// libtorch reads them is tested in tests/integration/engines.
#include "backends/torchscript/runtime/archive_check.h"

#include <string.h>

#include "backends/torchscript/target/archive.h"
#include "base/alloc.h"
#include "base/file.h"
#include "formats/zip/zip_writer.h"
#include "tests/support/mmd_test.h"

static char *g_folder, *g_path;

static int set_up(void **state) {
  (void)state;
  g_folder = mmd_test_make_directory();
  g_path = mmd_path_join(g_folder, "net.pt");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  mmd_test_remove_tree(g_folder);
  mmd_free(g_folder);
  mmd_free(g_path);
  return 0;
}

// |count| constants of one number each.
static char *write_archive(size_t count, size_t *out_size) {
  ts_archive_t archive = {0};
  char *data = NULL;
  mmd_assert_ok(mmd_str_append(&archive.code, "class Net(Module):\n  pass\n"));
  mmd_assert_ok(mmd_str_append(&archive.description, "{}"));
  for (size_t i = 0; i < count; ++i) {
    mmd_tensor_t tensor;
    size_t index;
    mmd_assert_ok(mmd_tensor_scalar_f32((float)i, &tensor));
    mmd_assert_ok(ts_archive_add_constant(&archive, &tensor, &index));
    mmd_tensor_deinit(&tensor);
  }
  mmd_assert_ok(ts_archive_write(&archive, g_path));
  ts_archive_deinit(&archive);
  mmd_assert_ok(mmd_file_read(g_path, (size_t)1 << 30, &data, out_size));
  return data;
}

// Every field in the long form, as in files above 4 GiB.
static char *write_long(size_t *out_size) {
  const mmd_zip_writer_options_t options = {.alignment = 64, .force_zip64 = true};
  mmd_writer_t *writer = NULL;
  mmd_zip_writer_t *zip = NULL;
  char *data = NULL;
  mmd_assert_ok(mmd_writer_create(g_path, &writer));
  mmd_assert_ok(mmd_zip_writer_create(writer, &options, &zip));
  mmd_assert_ok(mmd_zip_writer_add(zip, "net/data.pkl", "abc", 3));
  mmd_assert_ok(mmd_zip_writer_add(zip, "net/constants/0", "12345678", 8));
  mmd_assert_ok(mmd_zip_writer_add(zip, "net/code/__torch__.py", "code", 4));
  mmd_assert_ok(mmd_zip_writer_finish(zip));
  mmd_assert_ok(mmd_writer_commit(writer));
  mmd_zip_writer_destroy(zip);
  mmd_writer_destroy(writer);
  mmd_assert_ok(mmd_file_read(g_path, (size_t)1 << 20, &data, out_size));
  return data;
}

static void expect_corrupt(const void *data, size_t size, const char *part) {
  mmd_status_t status = ts_archive_check(data, size);
  if (mmd_status_code(status) != MMD_CORRUPT || !strstr(mmd_status_message(status), part))
    fail_msg("'%s', '%s' is expected", mmd_status_message(status), part);
  mmd_status_free(status);
}

// Copies, so that a sanitizer sees every read behind the end.
static void expect_cuts_found(const char *data, size_t size) {
  for (size_t cut = 0; cut < size; ++cut) {
    char *copy = mmd_alloc(cut + 1);
    memcpy(copy, data, cut);
    expect_corrupt(copy, cut, "");
    mmd_free(copy);
  }
}

// A changed byte is found unless it lies where nothing is looked at: padding, tensors, dates.
static void expect_changes_found(char *data, size_t size, size_t least) {
  size_t found = 0;
  for (size_t i = 0; i < size; ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      data[i] = (char)(data[i] ^ 1 << bit);
      found += mmd_status_ignore(ts_archive_check(data, size));
      data[i] = (char)(data[i] ^ 1 << bit);
    }
  }
  print_message("%zu of %zu changes found\n", found, 8 * size);
  assert_in_range(found, least, 8 * size);
}

static void short_form(void **state) {
  size_t size;
  (void)state;
  char *data = write_archive(2, &size);
  mmd_assert_ok(ts_archive_check(data, size));
  expect_cuts_found(data, size);
  expect_changes_found(data, size, 2000);
  size_t at = 0;
  while (memcmp(data + at, "Net", 3) != 0) ++at;  // in the first pickle
  data[at] = 'B';
  expect_corrupt(data, size, "'net/data.pkl' of the archive is damaged");
  mmd_free(data);
}

static void long_form(void **state) {
  size_t size;
  (void)state;
  char *data = write_long(&size);
  mmd_assert_ok(ts_archive_check(data, size));
  expect_cuts_found(data, size);
  expect_changes_found(data, size, 1000);
  mmd_free(data);
}

static void many_entries(void **state) {
  size_t size;
  (void)state;
  char *data = write_archive(66000, &size);
  mmd_assert_ok(ts_archive_check(data, size));
  mmd_free(data);
}

static void no_archive(void **state) {
  (void)state;
  expect_corrupt("", 0, "no zip archive");
  expect_corrupt("PK\5\6", 4, "no zip archive");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(short_form),
      cmocka_unit_test(long_form),
      cmocka_unit_test(many_entries),
      cmocka_unit_test(no_archive),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
