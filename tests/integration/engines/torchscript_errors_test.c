// SPDX-License-Identifier: Apache-2.0
//
// Bad files and bad calls: a code and a sentence each, and a good session works afterwards.
#include <string.h>

#include "backends/torchscript/target/archive.h"
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

static void write_good(void) {
  engine_net_write_text(
      &g_net,
      "graph \"g\" { opset \"\" 20 input %x : f32[batch,2] constant %w : f32[2,2] = [1.0, 2.0, "
      "3.0, 4.0] %y = MatMul(%x, %w) output %y }",
      NULL);
}

static void expect(mmd_status_t status, mmd_code_t code, const char *part) {
  if (mmd_status_code(status) != code || !strstr(mmd_status_message(status), part) ||
      strchr(mmd_status_message(status), '\n'))
    fail_msg("'%s' (%s), '%s' is expected", mmd_status_message(status),
             mmd_code_name(mmd_status_code(status)), part);
  mmd_status_free(status);
}

static void refuse_graph(const char *text, const char *part) {
  mmd_graph_t *graph = engine_parse(text);
  expect(engine_net_write(&g_net, graph, NULL), MMD_NOT_SUPPORTED, part);
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

static void refuse_settings(const engine_settings_t *settings, const char *part) {
  mmd_graph_t *graph =
      engine_parse("graph \"g\" { opset \"\" 20 input %x : f32[2] %y = Relu(%x) output %y }");
  expect(engine_net_write(&g_net, graph, settings), MMD_NOT_SUPPORTED, part);
  mmd_graph_destroy(graph);
}

static void unknown_precisions(void **state) {
  (void)state;
  refuse_settings(&(engine_settings_t){.precision = "INT8"}, "precision: 'INT8'");
  refuse_settings(&(engine_settings_t){.backend_config = "{\"precision\": \"FP8\"}"},
                  "backend_config.precision: 'FP8'");
}

static void good_works(void) {
  const float numbers[] = {1, 1};
  mmd_session_t *session = NULL;
  mmd_tensor_t input, output = {0};
  write_good();
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 2}}, numbers, &input));
  mmd_assert_ok(mmd_session_run(session, &input, 1, &output, 1));
  assert_float_equal(mmd_tensor_get_f64(&output, 1), 6, 1e-6);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&output);
  mmd_session_destroy(session);
}

static void change_file(const char *part, const char *other) {
  write_good();
  engine_file_edit(g_net.net, part, other);
}

static void refuse_file(mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  expect(engine_net_open(&g_net, NULL, NULL, &session), code, part);
  good_works();
}

// A damaged byte is found before libtorch, which does not look, reads the file.
static void damaged_files(void **state) {
  (void)state;
  engine_open(g_net.engine);
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
  mmd_assert_ok(ts_archive_write(&archive, g_net.net));
  ts_archive_deinit(&archive);
  refuse_file(code, part);
}

static void lying_files(void **state) {
  (void)state;
  engine_open(g_net.engine);
  refuse_code("Tensor", "torch.mutmul(x, x)", "", MMD_NOT_SUPPORTED, "mutmul");
  refuse_code("Tensor", "v7", "", MMD_CORRUPT, "v7");
  refuse_code("Tensor", "CONSTANTS.c9", "", MMD_CORRUPT, "");
  refuse_code("int", "torch.numel(x)", "", MMD_NOT_SUPPORTED, "tuple of tensors");
  refuse_code("Tensor", "x", "{\"inputs\": []}", MMD_CORRUPT, "it describes 0");
  refuse_code("Tensor", "x", "{\"inputs\": [{\"name\": \"x\", \"dtype\": \"f99\"}]}", MMD_CORRUPT,
              "f99");
}

static void bad_calls(void **state) {
  mmd_session_t *session = NULL;
  (void)state;
  engine_open(g_net.engine);
  write_good();
  expect(engine_net_open(&g_net, "abacus", NULL, &session), MMD_NOT_SUPPORTED, "abacus");
  expect(engine_net_open(&g_net, NULL, "{\"optimise\": true}", &session), MMD_INVALID_ARGUMENT,
         "optimize");
  good_works();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unknown_operators), cmocka_unit_test(unknown_types),
      cmocka_unit_test(unknown_modes),     cmocka_unit_test(unknown_precisions),
      cmocka_unit_test(damaged_files),     cmocka_unit_test(lying_files),
      cmocka_unit_test(bad_calls),
  };
  return mmd_test_exit_status(cmocka_run_group_tests(tests, set_up, tear_down));
}
