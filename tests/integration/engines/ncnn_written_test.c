// SPDX-License-Identifier: Apache-2.0
//
// The text of .param files against the rules of the format: what every layer's parameters mean is
// written down in ncnn's documentation of operators.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/integration/engines/engine_testing.h"

// The files of a graph. |*out_text| without the meta line, |*out_meta| that line; freed together.
static void write_text(const char *graph_text, const char *precision, char **out_text,
                       char **out_meta, uint64_t *out_bin_size) {
  engine_net_t net;
  size_t size = 0;
  engine_net_init(&net, engine_find("ncnn"));
  engine_net_write_text(&net, graph_text, &(engine_settings_t){NULL, precision});
  mmd_assert_ok(mmd_file_read(net.net, (size_t)1 << 20, out_text, &size));
  mmd_assert_ok(mmd_path_size(net.weights, out_bin_size));
  char *meta = strstr(*out_text, "#mmdeploy ");
  assert_non_null(meta);
  *out_meta = mmd_strdup(meta);
  *meta = '\0';
  engine_net_deinit(&net);
}

static void check_text(const char *graph, const char *expected, const char *meta_part,
                       uint64_t bin_size) {
  char *text = NULL, *meta = NULL;
  uint64_t size = 0;
  write_text(graph, "FP32", &text, &meta, &size);
  assert_string_equal(text, expected);
  if (!strstr(meta, meta_part)) fail_msg("'%s' is not in %s", meta_part, meta);
  assert_int_equal(size, bin_size);
  mmd_free(text);
  mmd_free(meta);
}

// The example of the format's description: 3 to 8 channels, 3x3, with a bias and a ReLU, which goes
// into the convolution. A tag, 216 weights, 8 biases.
static void convolution(void **state) {
  (void)state;
  check_text(
      "graph \"g\" { opset \"\" 20 input %in : f32[n,3,h,w] constant %w : f32[8,3,3,3] = #0 "
      "constant %b : f32[8] = #0 "
      "%a = Conv(%in, %w, %b) {kernel_shape = [3, 3], pads = [1, 1, 1, 1]} name \"conv\" "
      "%out = Relu(%a) output %out }",
      "7767517\n"
      "2 2\n"
      "Input                    in                       0 1 in\n"
      "Convolution              conv                     1 1 in out 0=8 1=3 2=1 3=1 4=1 15=1 11=3 "
      "12=1 13=1 14=1 16=1 5=1 6=216 9=1\n",
      "\"batched\": true", 900);
}

// A blob with several consumers is split, and an output that others take too is one of the copies.
static void splits(void **state) {
  (void)state;
  check_text(
      "graph \"g\" { opset \"\" 20 input %x : f32[2,3] %a = Neg(%x) name \"a\" "
      "%b = Exp(%x) name \"b\" %c = Add(%a, %b) name \"c\" output %a output %c }",
      "7767517\n"
      "7 9\n"
      "Input                    x                        0 1 x\n"
      "Split                    splitncnn_0              1 2 x x_splitncnn_0 x_splitncnn_1\n"
      "UnaryOp                  a                        1 1 x_splitncnn_0 a_shared 0=1\n"
      "Split                    splitncnn_1              1 2 a_shared a_shared_splitncnn_0 "
      "a_shared_splitncnn_1\n"
      "UnaryOp                  b                        1 1 x_splitncnn_1 b 0=7\n"
      "BinaryOp                 c                        2 1 a_shared_splitncnn_0 b c 0=0\n"
      "Split                    a                        1 1 a_shared_splitncnn_1 a\n",
      "{\"name\": \"a\", \"blob\": \"a\"", 0);
}

static void names_without_spaces(void **state) {
  (void)state;
  check_text(
      "graph \"g\" { opset \"\" 20 input %\"my input\" : f32[2] "
      "%\"my output\" = Neg(%\"my input\") name \"a node\" output %\"my output\" }",
      "7767517\n"
      "2 2\n"
      "Input                    my_input                 0 1 my_input\n"
      "UnaryOp                  a_node                   1 1 my_input my_output 0=1\n",
      "{\"name\": \"my output\", \"blob\": \"my_output\"", 0);
}

// Main weights alone are stored in half precision, padded to four bytes.
static void half_precision(void **state) {
  (void)state;
  char *text = NULL, *meta = NULL;
  uint64_t size = 0;
  write_text(
      "graph \"g\" { opset \"\" 20 input %x : f32[1,3] constant %w : f32[3,3] = #0 "
      "constant %b : f32[3] = [1.0, 2.0, 3.0] %m = MatMul(%x, %w) %y = Add(%m, %b) output %y }",
      "FP16", &text, &meta, &size);
  assert_int_equal(size, 4 + 20 + 12);  // tag, 9 halves, 3 biases
  assert_non_null(strstr(text, "InnerProduct"));
  assert_null(strstr(text, "BinaryOp"));
  mmd_free(text);
  mmd_free(meta);
}

// All at once, with their nodes' names.
static void refusals(void **state) {
  (void)state;
  static const char text[] =
      "graph \"g\" { opset \"\" 20 input %x : f32[2,3,4,4] input %p : f32[1] "
      "%a = MaxPool(%x) {kernel_shape = [2, 2], dilations = [2, 2]} name \"pool\" "
      "%b = Clip(%x, %p) name \"limit\" %c = Relu(%a) output %b output %c }";
  engine_net_t net;
  mmd_graph_t *graph = engine_parse(text);
  engine_net_init(&net, engine_find("ncnn"));
  mmd_status_t status = engine_net_write(&net, graph, NULL);
  assert_non_null(status);
  assert_int_equal(mmd_status_code(status), MMD_NOT_SUPPORTED);
  const char *message = mmd_status_message(status);
  assert_non_null(strstr(message, "2 nodes"));
  assert_non_null(strstr(message, "'pool': dilations other than 1"));
  assert_non_null(strstr(message, "'limit': limits must be constant"));
  assert_false(mmd_path_exists(net.net));
  mmd_status_free(status);
  mmd_graph_destroy(graph);
  engine_net_deinit(&net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolution),
      cmocka_unit_test(splits),
      cmocka_unit_test(refusals),
      cmocka_unit_test(half_precision),
      cmocka_unit_test(names_without_spaces),
  };
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
