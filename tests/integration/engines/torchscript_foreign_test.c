// SPDX-License-Identifier: Apache-2.0
//
// Files that others wrote: PyTorch, and the original with its operator.
#include "backends/torchscript/target/archive.h"
#include "base/alloc.h"
#include "base/file.h"
#include "tests/integration/engines/engine_testing.h"

static engine_net_t g_net;

static int set_up(void **state) {
  (void)state;
  engine_net_init(&g_net, engine_find("torchscript"));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  engine_net_deinit(&g_net);
  return 0;
}

// What PyTorch itself traced and saved (testdata/make_traced.py), numbers and all.
static void traced_module(void **state) {
  const float want[] = {40.2f, 61.2f, 63.0f};
  char *data = NULL;
  size_t size = 0;
  float numbers[90];
  mmd_session_t *session = NULL;
  mmd_tensor_t input, outputs[2] = {0};
  (void)state;
  engine_open(g_net.engine);
  mmd_assert_ok(mmd_file_read(MMD_TEST_FILE("tests/integration/engines/testdata/traced.pt"),
                              (size_t)1 << 20, &data, &size));
  mmd_assert_ok(mmd_file_write(g_net.net, data, size));
  mmd_free(data);
  mmd_assert_ok(engine_net_open(&g_net, NULL, "{\"optimize\": true}", &session));
  assert_string_equal(mmd_session_input(session, 0)->name, "#0");
  assert_string_equal(mmd_session_output(session, 1)->name, "#1");
  for (int i = 0; i < 90; ++i) numbers[i] = (float)i;
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){4, {1, 3, 5, 6}}, numbers, &input));
  mmd_assert_ok(mmd_session_run(session, &input, 1, outputs, 2));
  for (size_t i = 0; i < 3; ++i)
    assert_float_equal(mmd_tensor_get_f64(&outputs[0], i), want[i], 1e-4);
  assert_float_equal(mmd_tensor_get_f64(&outputs[1], 0), 2776.799560546875, 1e-2);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&outputs[0]);
  mmd_tensor_deinit(&outputs[1]);
  mmd_session_destroy(session);
}

// The operator of the original's files: offsets that move all places one to the right are a plain
// convolution over the moved picture, but for the first column.
static void modulated_deform_conv(void **state) {
  static const char code[] =
      "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n"
      "  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n"
      "    w = torch.reshape(torch.sin(torch.arange(72, dtype=6)), [4, 2, 3, 3])\n"
      "    b = torch.arange(4, dtype=6)\n"
      "    right = torch.reshape(torch.tensor([0., 1.]), [1, 2, 1, 1])\n"
      "    offset = torch.repeat(right, [1, 18, 6, 7])\n"
      "    mask = torch.ones([1, 18, 6, 7])\n"
      "    have = ops.mmdeploy.modulated_deform_conv(x, w, b, offset, mask, 3, 3, 1, 1, 1, 1, 1, "
      "1, "
      "2, 2, True)\n"
      "    moved = torch.constant_pad_nd(x, [-1, 1], 0.)\n"
      "    want = torch.conv2d(moved, w, b, [1, 1], [1, 1], [1, 1], 2)\n"
      "    return torch.slice(torch.sub(have, want), 3, 1)\n";
  float numbers[4 * 6 * 7];
  ts_archive_t archive = {0};
  mmd_session_t *session = NULL;
  mmd_tensor_t input, out = {0};
  (void)state;
  engine_open(g_net.engine);
  mmd_assert_ok(mmd_str_append(&archive.code, code));
  mmd_assert_ok(ts_archive_write(&archive, g_net.net));
  ts_archive_deinit(&archive);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  for (int i = 0; i < 4 * 6 * 7; ++i) numbers[i] = (float)(i * 37 % 41) / 7;
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){4, {1, 4, 6, 7}}, numbers, &input));
  mmd_assert_ok(mmd_session_run(session, &input, 1, &out, 1));
  assert_int_equal(mmd_tensor_count(&out), 4 * 6 * 6);
  for (size_t i = 0; i < 4 * 6 * 6; ++i) assert_float_equal(mmd_tensor_get_f64(&out, i), 0, 1e-4);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&out);
  mmd_session_destroy(session);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(traced_module),
                                     cmocka_unit_test(modulated_deform_conv)};
  return mmd_test_exit_status(cmocka_run_group_tests(tests, set_up, tear_down));
}
