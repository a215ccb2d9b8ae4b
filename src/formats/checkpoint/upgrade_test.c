// SPDX-License-Identifier: Apache-2.0
// Against the hooks of the classes themselves: testdata/generate_upgrades.py.
#include "formats/checkpoint/upgrade.h"

#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

#define DATA(name) MMD_TEST_FILE("src/formats/checkpoint/testdata/" name)

// {"__state__": {"_metadata": {module: {"version": version}}}}, as the pickles are read.
static mmd_status_t add_version(mmd_value_t *root, const char *module, int64_t version) {
  mmd_value_t *state = mmd_value_object(), *metadata = mmd_value_object();
  mmd_value_t *entry = mmd_value_object();
  MMD_TRY(mmd_object_take(root, "__state__", state));
  MMD_TRY(mmd_object_take(state, "_metadata", metadata));
  MMD_TRY(mmd_object_take(metadata, module, entry));
  return mmd_object_take(entry, "version", mmd_value_int(version));
}

static mmd_status_t fill(const mmd_value_t *test, mmd_value_t *root) {
  const mmd_value_t *keys = mmd_object_get(test, "keys"),
                    *version = mmd_object_get(test, "version");
  for (size_t i = 0; i < mmd_array_size(keys); ++i) {
    mmd_tensor_t tensor = {0};
    MMD_TRY(mmd_tensor_scalar_i64((int64_t)i, &tensor));
    mmd_value_t *value = mmd_value_tensor(&tensor);
    mmd_tensor_deinit(&tensor);
    MMD_TRY(mmd_object_take(root, mmd_value_get_string(mmd_array_at(keys, i), ""), value));
  }
  if (mmd_value_is_null(version)) return NULL;
  return add_version(root, mmd_value_get_string(mmd_object_get(test, "module"), ""),
                     mmd_value_get_int(version, 0));
}

static mmd_status_t make_checkpoint(const mmd_value_t *test, mmd_checkpoint_t **out_checkpoint) {
  mmd_value_t *root = mmd_value_object();
  MMD_TRY_ALLOC(root);
  *out_checkpoint = NULL;
  mmd_status_t status = fill(test, root);
  if (!status) {
    status = mmd_checkpoint_from_value(root, "test", "pickle", 0, NULL, out_checkpoint);
  }
  mmd_value_release(root);
  return status;
}

// The tensors are numbered, so that names cannot change places unseen.
static void assert_keys(const mmd_checkpoint_t *c, const mmd_value_t *test) {
  const mmd_value_t *expected = mmd_object_get(test, "expected");
  size_t kept = 0, bad = 0;
  for (size_t i = 0; i < mmd_array_size(expected); ++i) {
    const char *name = mmd_value_get_string(mmd_array_at(expected, i), NULL);
    if (!name) continue;
    ++kept;
    const mmd_tensor_t *t = mmd_checkpoint_get(c, name);
    if (t && mmd_tensor_get_i64(t, 0) == (int64_t)i) continue;
    print_error("%s: no '%s' for '%s'\n", mmd_value_get_string(mmd_object_get(test, "name"), "?"),
                name, mmd_value_get_string(mmd_array_at(mmd_object_get(test, "keys"), i), "?"));
    ++bad;
  }
  assert_int_equal(bad, 0);
  assert_int_equal(mmd_checkpoint_size(c), kept);
}

static void run_cases(const mmd_value_t *cases, mmd_upgrade_release_t release) {
  assert_true(mmd_array_size(cases) >= 8);
  for (size_t i = 0; i < mmd_array_size(cases); ++i) {
    mmd_checkpoint_t *c = NULL;
    mmd_assert_ok(make_checkpoint(mmd_array_at(cases, i), &c));
    mmd_upgrade_report_t report = {0};
    mmd_assert_ok(mmd_checkpoint_upgrade(c, release, &report));
    assert_keys(c, mmd_array_at(cases, i));
    mmd_assert_ok(mmd_checkpoint_upgrade(c, release, NULL));  // again: nothing is left to do
    assert_keys(c, mmd_array_at(cases, i));
    mmd_checkpoint_destroy(c);
  }
}

static void test_against_hooks(void **state) {
  (void)state;
  mmd_value_t *cases = NULL;
  mmd_assert_ok(mmd_json_read_file(DATA("upgrades.json"), &cases));
  run_cases(mmd_object_get(cases, "0.x"), MMD_UPGRADE_0X);
  run_cases(mmd_object_get(cases, "1.x"), MMD_UPGRADE_1X);
  mmd_value_release(cases);
}

// Names of the other line of releases stay.
static void test_release(void **state) {
  (void)state;
  mmd_value_t *cases = NULL;
  mmd_assert_ok(mmd_json_read_file(DATA("upgrades.json"), &cases));
  const mmd_value_t *newer = mmd_object_get(cases, "1.x");
  for (size_t i = 0; i < mmd_array_size(newer); ++i) {
    mmd_checkpoint_t *c = NULL;
    mmd_upgrade_report_t report = {0};
    mmd_assert_ok(make_checkpoint(mmd_array_at(newer, i), &c));
    mmd_assert_ok(mmd_checkpoint_upgrade(c, MMD_UPGRADE_0X, &report));
    assert_int_equal(report.renamed + report.dropped, 0);
    mmd_checkpoint_destroy(c);
  }
  mmd_value_release(cases);
}

static void test_set_keys(void **state) {
  (void)state;
  mmd_checkpoint_t *c = NULL;
  mmd_assert_ok(mmd_checkpoint_open(DATA("semi.pth"), NULL, &c));
  const char *const same[] = {"x", "x"};
  mmd_assert_fails(mmd_checkpoint_set_keys(c, same), MMD_INVALID_ARGUMENT,
                   "'student.backbone.w' would get the name 'x'");
  assert_non_null(mmd_checkpoint_get(c, "student.backbone.w"));
  const char *const one[] = {NULL, "x"};
  mmd_assert_ok(mmd_checkpoint_set_keys(c, one));
  assert_int_equal(mmd_checkpoint_size(c), 1);
  assert_ptr_equal(mmd_checkpoint_get(c, "x"), mmd_checkpoint_tensor_at(c, 0));
  assert_true(mmd_tensor_get_f64(mmd_checkpoint_get(c, "x"), 0) == 0);
  mmd_checkpoint_destroy(c);
}

static mmd_status_t upgrade_swept(void *test) {
  mmd_checkpoint_t *c = NULL;
  MMD_TRY(make_checkpoint(test, &c));
  mmd_status_t status = mmd_checkpoint_upgrade(c, MMD_UPGRADE_1X, NULL);
  mmd_checkpoint_destroy(c);
  return status;
}

static void test_out_of_memory(void **state) {
  (void)state;
  mmd_value_t *cases = NULL;
  mmd_assert_ok(mmd_json_read_file(DATA("upgrades.json"), &cases));
  mmd_test_sweep(upgrade_swept, mmd_array_at(mmd_object_get(cases, "0.x"), 0));
  mmd_test_sweep(upgrade_swept, mmd_array_at(mmd_object_get(cases, "0.x"), 4));
  mmd_test_sweep(upgrade_swept, mmd_array_at(mmd_object_get(cases, "1.x"), 0));
  mmd_value_release(cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_hooks),
      cmocka_unit_test(test_release),
      cmocka_unit_test(test_set_keys),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
