// SPDX-License-Identifier: Apache-2.0
//
// Bad files and bad calls: a code and a sentence each, and a good session works afterwards.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/torchscript/target/archive.h"
#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "tests/integration/torchscript/torchscript_testing.h"

static torchscript_net_t g_net;

static int set_up(void **state) {
  (void)state;
  torchscript_net_init(&g_net);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  torchscript_net_deinit(&g_net);
  return 0;
}

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static void write_good(void) {
  mmd_graph_t *graph = parse(
      "graph \"g\" { opset \"\" 20 input %x : f32[batch,2] constant %w : f32[2,2] = [1.0, 2.0, "
      "3.0, "
      "4.0] %y = MatMul(%x, %w) output %y }");
  mmd_assert_ok(torchscript_net_write(&g_net, graph));
  mmd_graph_destroy(graph);
}

static void expect(mmd_status_t status, mmd_code_t code, const char *part) {
  if (mmd_status_code(status) != code || !strstr(mmd_status_message(status), part) ||
      strchr(mmd_status_message(status), '\n'))
    fail_msg("'%s' (%s), '%s' is expected", mmd_status_message(status),
             mmd_code_name(mmd_status_code(status)), part);
  mmd_status_free(status);
}

static void refuse_graph(const char *text, const char *part) {
  mmd_graph_t *graph = parse(text);
  expect(torchscript_net_write(&g_net, graph), MMD_NOT_SUPPORTED, part);
  mmd_graph_destroy(graph);
}

// All nodes that have no form, at once.
static void unknown_operators(void **state) {
  (void)state;
  refuse_graph(
      "graph \"g\" { opset \"\" 20 opset \"abc\" 1 input %x : f32[2] %a = abc::Foo(%x) name "
      "\"first\" "
      "%y = abc::Bar(%a) name \"second\" output %y }",
      "second");
}

static void unknown_types(void **state) {
  (void)state;
  refuse_graph("graph \"g\" { opset \"\" 20 input %x : u32[2] %y = Identity(%x) output %y }",
               "u32");
  refuse_graph("graph \"g\" { opset \"\" 20 input %x : f32[2] %y = Cast(%x) {to = 13} output %y }",
               "u64");
}

static void unknown_modes(void **state) {
  (void)state;
  refuse_graph(
      "graph \"g\" { opset \"\" 20 input %x : f32[1,2,8,8] input %r : f32[3,4] input %b : "
      "i64[3] %y = RoiAlign(%x, %r, %b) {mode = \"max\", sampling_ratio = 2} name \"crop\" "
      "output %y }",
      "'crop': mode max");
}

static void good_works(void) {
  const float numbers[] = {1, 1};
  mmd_session_t *session = NULL;
  mmd_tensor_t input, output = {0};
  write_good();
  mmd_assert_ok(torchscript_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 2}}, numbers, &input));
  mmd_assert_ok(mmd_session_run(session, &input, 1, &output, 1));
  assert_float_equal(mmd_tensor_get_f64(&output, 1), 6, 1e-6);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&output);
  mmd_session_destroy(session);
}

// |part| at its first place in the file becomes |other|, which is as long.
static void change_file(const char *part, const char *other) {
  char *data = NULL;
  size_t size = 0, at = 0;
  const size_t length = strlen(part);
  assert_int_equal(strlen(other), length);
  write_good();
  mmd_assert_ok(mmd_file_read(g_net.path, (size_t)1 << 20, &data, &size));
  while (at + length <= size && memcmp(data + at, part, length) != 0) ++at;
  assert_in_range(at + length, 0, size);
  memcpy(data + at, other, length);
  mmd_assert_ok(mmd_file_write(g_net.path, data, size));
  mmd_free(data);
}

static void refuse_file(mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  expect(torchscript_net_open(&g_net, NULL, NULL, &session), code, part);
  good_works();
}

// A damaged byte is found before libtorch, which does not look, reads the file.
static void damaged_files(void **state) {
  (void)state;
  torchscript_engine();
  change_file("torch.matmul", "torch.mutmul");
  refuse_file(MMD_CORRUPT, "__torch__.py' of the archive is damaged");
  change_file("\"dtype\": \"f32\"", "\"dtype\": \"f99\"");
  refuse_file(MMD_CORRUPT, "damaged");
  change_file("PK\x01\x02", "PK\x01\x03");
  refuse_file(MMD_CORRUPT, "directory");
}

// Whole files that lie.
static void refuse_code(const char *result, const char *expression, const char *description,
                        mmd_code_t code, const char *part) {
  ts_archive_t archive = {0};
  mmd_assert_ok(mmd_str_printf(&archive.code,
                               "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n"
                               "  def forward(self: __torch__.Net, x: Tensor) -> %s:\n"
                               "    return %s\n",
                               result, expression));
  mmd_assert_ok(mmd_str_append(&archive.description, description));
  mmd_assert_ok(ts_archive_write(&archive, g_net.path));
  ts_archive_deinit(&archive);
  refuse_file(code, part);
}

static void lying_files(void **state) {
  (void)state;
  torchscript_engine();
  refuse_code("Tensor", "torch.mutmul(x, x)", "", MMD_NOT_SUPPORTED, "mutmul");
  refuse_code("Tensor", "v7", "", MMD_CORRUPT, "v7");
  refuse_code("Tensor", "CONSTANTS.c9", "", MMD_CORRUPT, "");
  refuse_code("int", "torch.numel(x)", "", MMD_NOT_SUPPORTED, "tuple of tensors");
  refuse_code("Tensor", "x", "{\"inputs\": []}", MMD_CORRUPT, "it describes 0");
  refuse_code("Tensor", "x", "{\"inputs\": [{\"name\": \"x\", \"dtype\": \"f99\"}]}", MMD_CORRUPT,
              "f99");
}

// What PyTorch itself traced and saved (testdata/make_traced.py), numbers and all.
static void foreign_module(void **state) {
  const float want[] = {40.2f, 61.2f, 63.0f};
  char *data = NULL;
  size_t size = 0;
  float numbers[90];
  mmd_session_t *session = NULL;
  mmd_tensor_t input, outputs[2] = {0};
  (void)state;
  torchscript_engine();
  mmd_assert_ok(mmd_file_read(MMD_TEST_FILE("tests/integration/torchscript/testdata/traced.pt"),
                              (size_t)1 << 20, &data, &size));
  mmd_assert_ok(mmd_file_write(g_net.path, data, size));
  mmd_free(data);
  mmd_assert_ok(torchscript_net_open(&g_net, NULL, "{\"optimize\": true}", &session));
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

static void bad_calls(void **state) {
  mmd_session_t *session = NULL;
  (void)state;
  torchscript_engine();
  write_good();
  expect(torchscript_net_open(&g_net, "abacus", NULL, &session), MMD_NOT_SUPPORTED, "abacus");
  expect(torchscript_net_open(&g_net, NULL, "{\"optimise\": true}", &session), MMD_INVALID_ARGUMENT,
         "optimize");
  good_works();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unknown_operators), cmocka_unit_test(unknown_types),
      cmocka_unit_test(unknown_modes),     cmocka_unit_test(damaged_files),
      cmocka_unit_test(lying_files),       cmocka_unit_test(foreign_module),
      cmocka_unit_test(bad_calls),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
