// SPDX-License-Identifier: Apache-2.0
// The archives are made by Python's zipfile: testdata/generate.py.
#include "formats/zip/zip.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/zip/zip_writer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define DATA(name) MMD_TEST_FILE("src/formats/zip/testdata/" name)

static mmd_zip_t *open_archive(const char *path) {
  mmd_zip_t *zip = NULL;
  mmd_assert_ok(mmd_zip_open_file(path, NULL, &zip));
  return zip;
}

static void assert_content(const mmd_zip_t *zip, const char *name, const char *expected) {
  const mmd_zip_entry_t *entry = mmd_zip_find(zip, name);
  assert_non_null(entry);
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_zip_read(zip, entry, 1 << 20, &text, &size));
  assert_int_equal(size, strlen(expected));
  assert_memory_equal(text, expected, size + 1);
  mmd_free(text);
  mmd_storage_t *storage = NULL;
  size_t offset = 0;
  mmd_assert_ok(mmd_zip_view(zip, entry, &storage, &offset));
  assert_memory_equal(mmd_storage_data(storage) + offset, expected, size);
  mmd_storage_release(storage);
  mmd_assert_ok(mmd_zip_verify(zip, entry));
}

static char *lines(void) {
  static char text[4096];
  size_t n = 0;
  for (int i = 0; i < 200; ++i) n += (size_t)snprintf(text + n, sizeof text - n, "line %d\n", i);
  return text;
}

static void test_plain(void **state) {
  (void)state;
  mmd_zip_t *zip = open_archive(DATA("plain.zip"));
  assert_int_equal(mmd_zip_size(zip), 4);
  assert_string_equal(mmd_zip_at(zip, 0)->name, "model/deploy.json");
  assert_int_equal(mmd_zip_at(zip, 1)->method, 8);
  assert_content(zip, "model/deploy.json", "{\"a\": 1}");
  assert_content(zip, "model/lines.txt", lines());
  assert_content(zip, "empty.bin", "");
  assert_content(zip, "empty.txt", "");
  assert_null(mmd_zip_find(zip, "deploy.json"));
  assert_null(mmd_zip_find(zip, "model/"));
  assert_null(mmd_zip_find_base(zip, "model/deploy.json"));
  assert_ptr_equal(mmd_zip_find_base(zip, "deploy.json"), mmd_zip_at(zip, 0));
  mmd_zip_destroy(zip);
}

static void test_stored_is_a_view(void **state) {
  (void)state;
  mmd_zip_t *zip = open_archive(DATA("plain.zip"));
  mmd_storage_t *storage = NULL;
  size_t offset = 0;
  const mmd_zip_entry_t *entry = mmd_zip_find(zip, "model/deploy.json");
  mmd_assert_ok(mmd_zip_view(zip, entry, &storage, &offset));
  mmd_zip_destroy(zip);  // the view stays
  assert_int_equal(mmd_storage_kind(storage), MMD_STORAGE_MAPPED);
  assert_memory_equal(mmd_storage_data(storage) + offset, "{\"a\": 1}", 8);
  mmd_storage_release(storage);
}

static void test_last_name_wins(void **state) {
  (void)state;
  mmd_zip_t *zip = open_archive(DATA("twice.zip"));
  assert_int_equal(mmd_zip_size(zip), 3);
  assert_content(zip, "a/deploy.json", "first");
  assert_content(zip, "b/deploy.json", "third");
  assert_ptr_equal(mmd_zip_find_base(zip, "deploy.json"), mmd_zip_at(zip, 2));
  mmd_zip_destroy(zip);
}

static void test_zip64(void **state) {
  (void)state;
  mmd_zip_t *zip = open_archive(DATA("zip64.zip"));
  assert_content(zip, "x.bin", "sixty-four");
  assert_content(zip, "y.bin", lines());
  mmd_zip_destroy(zip);
}

static void test_empty(void **state) {
  (void)state;
  mmd_zip_t *zip = open_archive(DATA("empty.zip"));
  assert_int_equal(mmd_zip_size(zip), 0);
  assert_null(mmd_zip_find(zip, ""));
  mmd_zip_destroy(zip);
}

static void test_refused(void **state) {
  (void)state;
  static const struct {
    const char *path;
    mmd_code_t code;
    const char *part;
  } cases[] = {
      {DATA("dotdot.zip"), MMD_INVALID_ARGUMENT, "zip entry '../evil.txt': the name leaves"},
      {DATA("absolute.zip"), MMD_INVALID_ARGUMENT, "zip entry '/etc/evil.txt': the name leaves"},
      {DATA("inner.zip"), MMD_INVALID_ARGUMENT, "zip entry 'a/../../evil.txt': the name leaves"},
      {DATA("truncated.zip"), MMD_CORRUPT, "truncated.zip: bad zip archive"},
      {DATA("offset.zip"), MMD_CORRUPT, "zip entry 'one.txt': its offset lies outside the file"},
      {DATA("long.zip"), MMD_CORRUPT, "zip entry 'one.txt': its bytes reach past the end"},
      {DATA("overlap.zip"), MMD_CORRUPT, "zip entries 'one.txt' and 'one.txt' overlap"},
      {DATA("bomb.zip"), MMD_CORRUPT, "zip entry 'zeros': its size is impossible"},
      {DATA("generate.py"), MMD_CORRUPT, "generate.py: bad zip archive"},
      {DATA("missing.zip"), MMD_NOT_FOUND, "missing.zip"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_zip_t *zip = NULL;
    mmd_assert_fails(mmd_zip_open_file(cases[i].path, NULL, &zip), cases[i].code, cases[i].part);
    assert_null(zip);
  }
}

static void test_refused_entries(void **state) {
  (void)state;
  static const struct {
    const char *path, *name;
    mmd_code_t code;
    const char *part;
  } cases[] = {
      {DATA("encrypted.zip"), "one.txt", MMD_NOT_SUPPORTED, "zip entry 'one.txt': it is encrypted"},
      {DATA("bzip2.zip"), "b.txt", MMD_NOT_SUPPORTED, "compression method 12"},
      {DATA("crc.zip"), "one.txt", MMD_CORRUPT, "crc.zip: zip entry 'one.txt': wrong checksum"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_zip_t *zip = open_archive(cases[i].path);
    char *text = NULL;
    size_t size = 0;
    const mmd_zip_entry_t *entry = mmd_zip_find(zip, cases[i].name);
    mmd_assert_fails(mmd_zip_read(zip, entry, 1 << 20, &text, &size), cases[i].code, cases[i].part);
    mmd_assert_fails(mmd_zip_verify(zip, entry), cases[i].code, cases[i].part);
    mmd_zip_destroy(zip);
  }
}

static void test_limits(void **state) {
  (void)state;
  mmd_zip_t *zip = NULL;
  mmd_zip_options_t few = {.max_entries = 2};
  mmd_assert_fails(mmd_zip_open_file(DATA("plain.zip"), &few, &zip), MMD_OUT_OF_RANGE,
                   "5 entries; at most 2");
  mmd_zip_options_t total = {.max_total_inflated = 100};
  mmd_assert_fails(mmd_zip_open_file(DATA("plain.zip"), &total, &zip), MMD_OUT_OF_RANGE,
                   "inflates to more than 100 bytes");
  mmd_zip_options_t one = {.max_entry_inflated = 100};
  mmd_assert_ok(mmd_zip_open_file(DATA("plain.zip"), &one, &zip));
  mmd_storage_t *storage = NULL;
  size_t offset = 0, size = 0;
  char *text = NULL;
  mmd_assert_fails(mmd_zip_view(zip, mmd_zip_find(zip, "model/lines.txt"), &storage, &offset),
                   MMD_OUT_OF_RANGE, "'model/lines.txt': inflates to");
  mmd_assert_fails(mmd_zip_read(zip, mmd_zip_find(zip, "model/deploy.json"), 4, &text, &size),
                   MMD_OUT_OF_RANGE, "8 bytes, limit 4");
  mmd_zip_destroy(zip);
}

static void write_sample(const char *path, const mmd_zip_writer_options_t *options) {
  mmd_writer_t *writer = NULL;
  mmd_zip_writer_t *zip = NULL;
  mmd_assert_ok(mmd_writer_create(path, &writer));
  mmd_assert_ok(mmd_zip_writer_create(writer, options, &zip));
  mmd_zip_part_t parts[] = {{"one ", 4, NULL}, {"", 0, NULL}, {"two", 3, NULL}};
  mmd_assert_ok(mmd_zip_writer_add_parts(zip, "dir/parts.txt", parts, 3));
  mmd_assert_ok(mmd_zip_writer_add(zip, "lines.txt", lines(), strlen(lines())));
  mmd_assert_ok(mmd_zip_writer_add(zip, "empty", "", 0));
  mmd_assert_fails(mmd_zip_writer_add(zip, "empty", "", 0), MMD_INVALID_ARGUMENT,
                   "'empty' is written twice");
  mmd_assert_fails(mmd_zip_writer_add(zip, "../x", "", 0), MMD_INVALID_ARGUMENT, "'../x'");
  mmd_assert_ok(mmd_zip_writer_finish(zip));
  mmd_assert_ok(mmd_writer_commit(writer));
  mmd_zip_writer_destroy(zip);
  mmd_writer_destroy(writer);
}

static void test_writer(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "a.zip");
  for (int i = 0; i < 8; ++i) {
    static const size_t alignments[] = {0, 2, 64, 4096};
    mmd_zip_writer_options_t options = {alignments[i / 2], i % 2 == 1};
    write_sample(path, &options);
    mmd_zip_t *zip = open_archive(path);
    assert_int_equal(mmd_zip_size(zip), 3);
    assert_content(zip, "dir/parts.txt", "one two");
    assert_content(zip, "lines.txt", lines());
    assert_content(zip, "empty", "");
    for (size_t e = 0; options.alignment && e < 3; ++e) {
      assert_int_equal(mmd_zip_at(zip, e)->data_offset % options.alignment, 0);
    }
    mmd_zip_destroy(zip);
  }
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

static void test_writer_is_deterministic(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "a.zip");
  char *data[2];
  size_t size[2];
  mmd_zip_writer_options_t options = {.alignment = 64};
  for (int i = 0; i < 2; ++i) {
    write_sample(path, &options);
    mmd_assert_ok(mmd_file_read(path, 1 << 20, &data[i], &size[i]));
  }
  assert_int_equal(size[0], size[1]);
  assert_memory_equal(data[0], data[1], size[0]);
  mmd_free(data[0]);
  mmd_free(data[1]);
  mmd_writer_t *writer = NULL;
  mmd_zip_writer_t *zip = NULL;
  mmd_zip_writer_options_t odd = {.alignment = 48};
  mmd_assert_ok(mmd_writer_create(path, &writer));
  mmd_assert_fails(mmd_zip_writer_create(writer, &odd, &zip), MMD_INVALID_ARGUMENT,
                   "zip alignment 48");
  mmd_writer_destroy(writer);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

static mmd_status_t read_all(void *context) {
  mmd_zip_t *zip = NULL;
  MMD_TRY(mmd_zip_open_file(context, NULL, &zip));
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < mmd_zip_size(zip); ++i) {
    mmd_storage_t *storage = NULL;
    size_t offset = 0;
    status = mmd_zip_view(zip, mmd_zip_at(zip, i), &storage, &offset);
    mmd_storage_release(storage);
  }
  mmd_zip_destroy(zip);
  return status;
}

static mmd_status_t write_one(void *context) {
  mmd_writer_t *writer = NULL;
  mmd_zip_writer_t *zip = NULL;
  mmd_status_t status = mmd_writer_create(context, &writer);
  if (!status) status = mmd_zip_writer_create(writer, NULL, &zip);
  if (!status) status = mmd_zip_writer_add(zip, "a", "b", 1);
  if (!status) status = mmd_zip_writer_add(zip, "c", "d", 1);
  if (!status) status = mmd_zip_writer_finish(zip);
  if (!status) status = mmd_writer_commit(writer);
  mmd_zip_writer_destroy(zip);
  mmd_writer_destroy(writer);
  return status;
}

static void test_out_of_memory(void **state) {
  (void)state;
  mmd_test_sweep(read_all, (void *)DATA("plain.zip"));
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "a.zip");
  mmd_test_sweep(write_one, path);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),           cmocka_unit_test(test_stored_is_a_view),
      cmocka_unit_test(test_last_name_wins),  cmocka_unit_test(test_zip64),
      cmocka_unit_test(test_empty),           cmocka_unit_test(test_refused),
      cmocka_unit_test(test_refused_entries), cmocka_unit_test(test_limits),
      cmocka_unit_test(test_writer),          cmocka_unit_test(test_writer_is_deterministic),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
