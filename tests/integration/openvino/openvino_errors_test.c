// SPDX-License-Identifier: Apache-2.0
//
// Bad files and bad calls: a code and a sentence each, and a good session works afterwards.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "tests/integration/openvino/openvino_testing.h"

static const char g_text[] =
    "graph \"g\" { opset \"\" 20 input %x : f32[batch,3,height,width] "
    "constant %w : f32[2,3,1,1] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] "
    "%y = Conv(%x, %w) name \"conv\" output %y }";

static openvino_net_t g_net;

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static void write_net(const char *backend_config) {
  mmd_graph_t *graph = parse(g_text);
  mmd_assert_ok(openvino_net_write(&g_net, graph, backend_config));
  mmd_graph_destroy(graph);
}

static int set_up(void **state) {
  (void)state;
  openvino_net_init(&g_net);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  openvino_net_deinit(&g_net);
  return 0;
}

static mmd_tensor_t make_input(int64_t batch, int64_t height, int64_t width) {
  const int64_t sizes[] = {batch, 3, height, width};
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_shape_make(4, sizes, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) data[i] = 1;
  return tensor;
}

static mmd_status_t run_size(mmd_session_t *session, int64_t batch, int64_t height, int64_t width,
                             double *out_first) {
  mmd_tensor_t input = make_input(batch, height, width), out = {0};
  mmd_status_t status = mmd_session_run(session, &input, 1, &out, 1);
  if (!status) *out_first = mmd_tensor_get_f64(&out, 0);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&out);
  return status;
}

// 1 + 2 + 3.
static void check_alive(void) {
  mmd_session_t *session = NULL;
  double first = 0;
  write_net(NULL);
  mmd_assert_ok(openvino_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(run_size(session, 1, 2, 2, &first));
  assert_true(first == 6);
  mmd_session_destroy(session);
}

static void refuse_files(mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  mmd_assert_fails(openvino_net_open(&g_net, NULL, NULL, &session), code, part);
  assert_null(session);
  check_alive();
}

//===--- files -------------------------------------------------------------===//

// The first |from| in the IR's text becomes |to|.
static void edit_xml(const char *from, const char *to) {
  char *text = NULL;
  size_t size = 0;
  mmd_str_t edited = {0};
  write_net(NULL);
  mmd_assert_ok(mmd_file_read(g_net.xml, (size_t)1 << 20, &text, &size));
  const char *found = strstr(text, from);
  if (!found) fail_msg("'%s' is not in\n%s", from, text);
  mmd_assert_ok(
      mmd_str_printf(&edited, "%.*s%s%s", (int)(found - text), text, to, found + strlen(from)));
  mmd_assert_ok(mmd_file_write(g_net.xml, mmd_str_text(&edited), edited.size));
  mmd_str_deinit(&edited);
  mmd_free(text);
}

static void cut(const char *path, size_t size) {
  char *text = NULL;
  size_t whole = 0;
  write_net(NULL);
  mmd_assert_ok(mmd_file_read(path, (size_t)1 << 20, &text, &whole));
  assert_true(size < whole);
  mmd_assert_ok(mmd_file_write(path, text, size));
  mmd_free(text);
}

static void wrong_counts(void **state) {
  (void)state;
  openvino_engine();
  edit_xml("shape=\"2,3,1,1\"", "shape=\"2,3,4,4\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  edit_xml("shape=\"2,3,1,1\"", "shape=\"2,3,1000000000,1000000000\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  edit_xml("offset=\"0\"", "offset=\"1000000\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  edit_xml("strides=\"1,1\"", "strides=\"1,1,1\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
}

static void layers_that_are_not_there(void **state) {
  (void)state;
  openvino_engine();
  edit_xml("<edge from-layer=\"0\"", "<edge from-layer=\"77\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  edit_xml("to-port=\"1\"", "to-port=\"5\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
}

static void unknown_layer(void **state) {
  (void)state;
  openvino_engine();
  edit_xml("type=\"Convolution\"", "type=\"Involution\"");
  refuse_files(MMD_INVALID_ARGUMENT, "Involution");
  edit_xml("version=\"opset1\"><data strides", "version=\"opset9000\"><data strides");
  refuse_files(MMD_INVALID_ARGUMENT, "opset9000");
}

static void short_files(void **state) {
  (void)state;
  openvino_engine();
  cut(g_net.bin, 10);
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  cut(g_net.bin, 0);
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  cut(g_net.xml, 300);
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  cut(g_net.xml, 0);
  refuse_files(MMD_INVALID_ARGUMENT, NULL);
  mmd_assert_ok(mmd_file_write(g_net.xml, "no network", 10));
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
}

static void missing_weights(void **state) {
  (void)state;
  openvino_engine();
  write_net(NULL);
  remove(g_net.bin);
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
}

//===--- calls -------------------------------------------------------------===//

static void devices_and_options(void **state) {
  (void)state;
  static const struct {
    const char *device, *options;
    mmd_code_t code;
    const char *part;
  } cases[] = {
      {"abacus", NULL, MMD_NOT_SUPPORTED, "'abacus' number 0 is not supported"},
      {NULL, "{\"precision\": \"f7\"}", MMD_INVALID_ARGUMENT, "precision"},
      {NULL, "{\"speed\": 1}", MMD_INVALID_ARGUMENT, "speed"},
      {NULL, "{\"streams\": -1}", MMD_INVALID_ARGUMENT, "streams"},
      {NULL, "{\"config\": {\"NO_SUCH_PROPERTY\": \"1\"}}", MMD_INVALID_ARGUMENT,
       "NO_SUCH_PROPERTY"},
      {NULL, "{\"config\": {\"NUM_STREAMS\": 1}}", MMD_INVALID_ARGUMENT, "config.NUM_STREAMS"},
  };
  openvino_engine();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_session_t *session = NULL;
    write_net(NULL);
    mmd_assert_fails(openvino_net_open(&g_net, cases[i].device, cases[i].options, &session),
                     cases[i].code, cases[i].part);
    check_alive();
  }
}

static void sizes_outside_of_bounds(void **state) {
  (void)state;
  mmd_session_t *session = NULL;
  double first = 0;
  openvino_engine();
  write_net(
      "{\"model_inputs\": [{\"input_shapes\": {\"x\": {\"min_shape\": [1, 3, 2, 2], "
      "\"max_shape\": [2, 3, 8, 8]}}}]}");
  mmd_assert_ok(openvino_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(run_size(session, 2, 8, 2, &first));
  assert_true(first == 6);
  mmd_assert_fails(run_size(session, 3, 4, 4, &first), MMD_INVALID_ARGUMENT, "x");
  mmd_assert_fails(run_size(session, 1, 9, 4, &first), MMD_INVALID_ARGUMENT, "x");
  mmd_assert_fails(run_size(session, 1, 4, 1, &first), MMD_INVALID_ARGUMENT, "x");
  mmd_assert_ok(run_size(session, 1, 2, 2, &first));
  mmd_session_destroy(session);
}

//===--- what cannot be written --------------------------------------------===//

static void refuse_config(const char *config, mmd_code_t code, const char *part) {
  mmd_graph_t *graph = parse(g_text);
  mmd_assert_fails(openvino_net_write(&g_net, graph, config), code, part);
  mmd_graph_destroy(graph);
}

static void bad_configs(void **state) {
  (void)state;
  refuse_config("{\"mo_options\": {\"args\": {\"--layout\": \"nhwc\"}}}", MMD_NOT_SUPPORTED,
                "'--layout' is not supported");
  refuse_config("{\"mo_options\": {\"flags\": [\"--reverse_input_channels\"]}}", MMD_NOT_SUPPORTED,
                "--reverse_input_channels");
  refuse_config("{\"mo_options\": {\"args\": {\"--data_type\": \"INT3\"}}}", MMD_INVALID_ARGUMENT,
                "INT3");
  refuse_config("{\"mo_options\": {\"args\": {\"--mean_values\": [1, 2]}}}", MMD_INVALID_ARGUMENT,
                "--mean_values");
  refuse_config("{\"model_inputs\": [{\"input_shapes\": {\"x\": {\"max_shape\": [1, 3]}}}]}",
                MMD_INVALID_ARGUMENT, "x.max_shape: 4 sizes");
  refuse_config(
      "{\"model_inputs\": [{\"input_shapes\": {\"x\": {\"min_shape\": [3, 3, 1, 1], "
      "\"max_shape\": [2, 3, 8, 8]}}}]}",
      MMD_INVALID_ARGUMENT, "above");
}

static void operators_without_a_form(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(
      "graph \"g\" { opset \"\" 20 input %x : f32[2] %y = Softmax(%x) "
      "%z = NegativeLogLikelihoodLoss(%y, %y) name \"loss\" "
      "%s = StringNormalizer(%z) name \"words\" output %s }");
  mmd_status_t status = openvino_net_write(&g_net, graph, NULL);
  // All at once.
  assert_non_null(status);
  assert_non_null(strstr(mmd_status_message(status), "'words'"));
  assert_non_null(strstr(mmd_status_message(status), "'loss'"));
  mmd_status_free(status);
  mmd_graph_destroy(graph);
  graph = parse(
      "graph \"g\" { opset \"\" 20 input %x : f32[1,1,4,4] "
      "%y = LpPool(%x) {kernel_shape = [2, 2], dilations = [2, 2]} name \"pool\" output %y }");
  mmd_assert_fails(openvino_net_write(&g_net, graph, NULL), MMD_NOT_SUPPORTED,
                   "LpPool node 'pool': dilations");
  mmd_graph_destroy(graph);
}

// (x - mean) / scale in front of the first layer.
static void normalization(void **state) {
  (void)state;
  mmd_session_t *session = NULL;
  double first = 0;
  openvino_engine();
  write_net(
      "{\"mo_options\": {\"args\": {\"--mean_values\": [1, 0, 3], "
      "\"--scale_values\": \"[2,0.5,1]\"}}}");
  mmd_assert_ok(openvino_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(run_size(session, 1, 2, 2, &first));
  assert_true(first == 0 * 1 + 2 * 2 - 2 * 3);
  mmd_session_destroy(session);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(wrong_counts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(layers_that_are_not_there, set_up, tear_down),
      cmocka_unit_test_setup_teardown(unknown_layer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(short_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_weights, set_up, tear_down),
      cmocka_unit_test_setup_teardown(devices_and_options, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sizes_outside_of_bounds, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_configs, set_up, tear_down),
      cmocka_unit_test_setup_teardown(operators_without_a_form, set_up, tear_down),
      cmocka_unit_test_setup_teardown(normalization, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
