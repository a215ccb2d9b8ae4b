// SPDX-License-Identifier: Apache-2.0
#include "pipeline/describe.h"

#include <stdio.h>

#include "pipeline/package_testing.h"
#include "tests/support/mmd_test_fail.h"

#define PIPELINE                                                                                 \
  "{\"pipeline\": {\"input\": [\"img\"], \"output\": [\"x\"], \"tasks\": [{\"type\": \"Task\", " \
  "\"module\": \"Transform\", \"name\": \"prep\", \"input\": [\"img\"], \"output\": [\"x\"], "   \
  "\"transforms\": [{\"type\": \"LoadImageFromFile\"}, {\"type\": \"Resize\", \"size\": "        \
  "[-1, 64]}]}]}}"

static mmd_status_t describe(void *context) {
  mmd_value_t **out_description = context;
  mmd_value_t *description = NULL;
  mmd_package_t *package = NULL;
  MMD_TRY(mmd_package_open(test_folder, &package));
  mmd_status_t status = mmd_package_describe(package, &description);
  mmd_package_release(package);
  if (out_description)
    *out_description = description;
  else
    mmd_value_release(description);
  return status;
}

static mmd_value_t *describe_version(const char *version) {
  char deploy[300];
  mmd_value_t *description = NULL;
  snprintf(deploy, sizeof deploy,
           "{\"version\": \"%s\", \"task\": \"Detector\", \"models\": [{\"name\": \"n\", \"net\": "
           "\"net\", \"weights\": \"\", \"backend\": \"none\", \"precision\": \"FP32\", "
           "\"batch_size\": 1, \"dynamic_shape\": true}]}",
           version);
  test_put("deploy.json", deploy);
  test_put("pipeline.json", PIPELINE);
  test_put("net", "12345");
  mmd_assert_ok(describe(&description));
  return description;
}

static void tells_what_is_there(void **state) {
  (void)state;
  mmd_value_t *description = describe_version("1.3.0");
  assert_string_equal(mmd_value_get_string(mmd_object_get(description, "task"), ""), "Detector");
  assert_int_equal(mmd_value_get_int(mmd_object_get_path(description, "nets.0.bytes"), 0), 5);
  const mmd_value_t *step = mmd_object_get_path(description, "tasks.0.steps.1");
  assert_string_equal(mmd_value_get_string(mmd_object_get(step, "type"), ""), "Resize");
  assert_null(mmd_object_get(description, "parity"));
  mmd_value_release(description);
  test_put("parity.json", "{\"passed\": true}");
  description = describe_version("1.3.0");
  assert_true(mmd_value_get_bool(mmd_object_get_path(description, "parity.passed"), false));
  mmd_value_release(description);
  test_put("parity.json", "{");
  mmd_assert_fails(describe(NULL), MMD_INVALID_ARGUMENT, "parity.json");
}

// A size of this order is of 1.x; the version may have a 'v' in front.
static void steps_are_those_of_the_release(void **state) {
  (void)state;
  mmd_value_t *plain = describe_version("1.3.0"), *with_v = describe_version("v1.3.0");
  mmd_value_t *old = describe_version("0.14.0");
  assert_true(mmd_value_equal(mmd_object_get(plain, "tasks"), mmd_object_get(with_v, "tasks")));
  assert_false(mmd_value_equal(mmd_object_get(plain, "tasks"), mmd_object_get(old, "tasks")));
  mmd_value_release(old);
  mmd_value_release(with_v);
  mmd_value_release(plain);
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  mmd_value_release(describe_version("1.3.0"));
  mmd_test_sweep(describe, NULL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_set_up, test_folder_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(tells_what_is_there),
      TEST(steps_are_those_of_the_release),
      TEST(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
