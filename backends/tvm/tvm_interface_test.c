// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "backends/tvm/runtime/interface.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_status_t read_text(const char *text, tvm_interface_t *out_interface) {
  return tvm_interface_read(text, strlen(text), out_interface);
}

static void test_ports(void **state) {
  (void)state;
  tvm_interface_t net;
  mmd_assert_ok(
      read_text("mmdeploy-tvm 1\ninput images 1 4 batch 3 ? 224\ninput scale 11 0\n"
                "output scope/out:0 7 1 5\n",
                &net));
  assert_int_equal(net.input_count, 2);
  assert_int_equal(net.output_count, 1);
  assert_string_equal(net.inputs[0].name, "images");
  assert_int_equal(net.inputs[0].dtype, MMDEPLOY_PLUGIN_F32);
  assert_int_equal(net.inputs[0].rank, 4);
  assert_int_equal(net.inputs[0].dims[0], -1);
  assert_string_equal(net.inputs[0].dim_names[0], "batch");
  assert_int_equal(net.inputs[0].dims[1], 3);
  assert_int_equal(net.inputs[0].dims[2], -1);
  assert_null(net.inputs[0].dim_names[2]);
  assert_int_equal(net.inputs[0].dims[3], 224);
  assert_int_equal(net.inputs[1].dtype, MMDEPLOY_PLUGIN_F64);
  assert_int_equal(net.inputs[1].rank, 0);
  assert_string_equal(net.outputs[0].name, "scope/out:0");
  assert_int_equal(net.outputs[0].dims[0], 5);
  tvm_interface_deinit(&net);
}

static void test_wrong_lines(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "input\n",
      "input x\n",
      "input x 1\n",
      "input x 0 1 2\n",
      "input x 17 1 2\n",
      "input x 1 9\n",
      "input x 1 -1\n",
      "input x 1 2 3\n",
      "input x 1 1 2 3\n",
      "inputs x 1 0\n",
      "\n",
      "output x 1 1 -4\n",
      "input x 1 1 2",
      "input x y 1 2\n",
      "input x 1 1 9999999999999\n",
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    char text[128];
    tvm_interface_t net;
    snprintf(text, sizeof text, "mmdeploy-tvm 1\n%s", wrong[i]);
    mmd_assert_fails(read_text(text, &net), MMD_CORRUPT, "line 2 is wrong");
  }
}

static void test_wrong_files(void **state) {
  (void)state;
  tvm_interface_t net;
  mmd_assert_fails(tvm_interface_read(NULL, 0, &net), MMD_CORRUPT, "mmdeploy-tvm 1");
  mmd_assert_fails(read_text("input,output\n", &net), MMD_CORRUPT, "mmdeploy-tvm 1");
  mmd_assert_fails(read_text("mmdeploy-tvm 1\ninput x 1 0\n", &net), MMD_CORRUPT, "no output");
  char text[4096] = "mmdeploy-tvm 1\n";
  for (int i = 0; i <= TVM_MAX_PORTS; ++i) strcat(text, "input x 1 0\n");
  mmd_assert_fails(read_text(text, &net), MMD_CORRUPT, "line 34 is wrong");
}

static mmd_status_t read_one(void *context) {
  tvm_interface_t net;
  (void)context;
  MMD_TRY(read_text("mmdeploy-tvm 1\noutput x 1 0\n", &net));
  tvm_interface_deinit(&net);
  return NULL;
}

static void test_short_memory(void **state) {
  (void)state;
  mmd_test_sweep(read_one, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ports),
      cmocka_unit_test(test_wrong_lines),
      cmocka_unit_test(test_wrong_files),
      cmocka_unit_test(test_short_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
