// SPDX-License-Identifier: Apache-2.0
//
// Bad files and bad calls: a code and a sentence each, and a good session works afterwards.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "tests/integration/engines/engine_testing.h"

static engine_net_t g_net;

static int set_up(void **state) {
  (void)state;
  engine_net_init(&g_net, engine_find("openvino"));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  engine_net_deinit(&g_net);
  return 0;
}

static void write_net(const char *backend_config) {
  engine_net_write_text(&g_net, ENGINE_SUMS, &(engine_settings_t){backend_config, NULL});
}

// 4 + 5 + 6.
static void check_alive(void) {
  mmd_session_t *session = NULL;
  double last = 0;
  write_net(NULL);
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(engine_run_ones(session, 1, 2, 2, &last));
  assert_true(last == 15);
  mmd_session_destroy(session);
}

static void refuse_files(mmd_code_t code, const char *part) {
  mmd_session_t *session = NULL;
  mmd_assert_fails(engine_net_open(&g_net, NULL, NULL, &session), code, part);
  assert_null(session);
  check_alive();
}

//===--- files -------------------------------------------------------------===//

static void edit_xml(const char *from, const char *to) {
  write_net(NULL);
  engine_file_edit(g_net.net, from, to);
}

static void cut(const char *path, size_t size) {
  write_net(NULL);
  engine_file_cut(path, size);
}

static void wrong_counts(void **state) {
  (void)state;
  engine_open(g_net.engine);
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
  engine_open(g_net.engine);
  edit_xml("<edge from-layer=\"0\"", "<edge from-layer=\"77\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  edit_xml("to-port=\"1\"", "to-port=\"5\"");
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
}

static void unknown_layer(void **state) {
  (void)state;
  engine_open(g_net.engine);
  edit_xml("type=\"Convolution\"", "type=\"Involution\"");
  refuse_files(MMD_INVALID_ARGUMENT, "Involution");
  edit_xml("version=\"opset1\"><data strides", "version=\"opset9000\"><data strides");
  refuse_files(MMD_INVALID_ARGUMENT, "opset9000");
}

static void short_files(void **state) {
  (void)state;
  engine_open(g_net.engine);
  cut(g_net.weights, 10);
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  cut(g_net.weights, 0);
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  cut(g_net.net, 300);
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
  cut(g_net.net, 0);
  refuse_files(MMD_INVALID_ARGUMENT, NULL);
  mmd_assert_ok(mmd_file_write(g_net.net, "no network", 10));
  refuse_files(MMD_INVALID_ARGUMENT, "OpenVINO");
}

static void missing_weights(void **state) {
  (void)state;
  engine_open(g_net.engine);
  write_net(NULL);
  remove(g_net.weights);
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
  engine_open(g_net.engine);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_session_t *session = NULL;
    write_net(NULL);
    mmd_assert_fails(engine_net_open(&g_net, cases[i].device, cases[i].options, &session),
                     cases[i].code, cases[i].part);
    check_alive();
  }
}

static void sizes_outside_of_bounds(void **state) {
  (void)state;
  mmd_session_t *session = NULL;
  double last = 0;
  engine_open(g_net.engine);
  write_net(
      "{\"model_inputs\": [{\"input_shapes\": {\"x\": {\"min_shape\": [1, 3, 2, 2], "
      "\"max_shape\": [2, 3, 8, 8]}}}]}");
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(engine_run_ones(session, 2, 8, 2, &last));
  assert_true(last == 15);
  mmd_assert_fails(engine_run_ones(session, 3, 4, 4, &last), MMD_INVALID_ARGUMENT, "x");
  mmd_assert_fails(engine_run_ones(session, 1, 9, 4, &last), MMD_INVALID_ARGUMENT, "x");
  mmd_assert_fails(engine_run_ones(session, 1, 4, 1, &last), MMD_INVALID_ARGUMENT, "x");
  mmd_assert_ok(engine_run_ones(session, 1, 2, 2, &last));
  mmd_session_destroy(session);
}

//===--- what cannot be written --------------------------------------------===//

static void refuse_config(const char *config, mmd_code_t code, const char *part) {
  mmd_graph_t *graph = engine_parse(ENGINE_SUMS);
  mmd_assert_fails(engine_net_write(&g_net, graph, &(engine_settings_t){config, NULL}), code, part);
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
  mmd_graph_t *graph = engine_parse(
      "graph \"g\" { opset \"\" 20 opset \"abc\" 1 input %x : f32[2] "
      "%y = abc::Foo(%x) name \"loss\" %z = abc::Bar(%y) name \"words\" output %z }");
  mmd_status_t status = engine_net_write(&g_net, graph, NULL);
  // All at once.
  assert_non_null(status);
  assert_non_null(strstr(mmd_status_message(status), "'words'"));
  assert_non_null(strstr(mmd_status_message(status), "'loss'"));
  mmd_status_free(status);
  mmd_graph_destroy(graph);
  graph = engine_parse(
      "graph \"g\" { opset \"\" 20 input %x : f32[4,4] "
      "%y = Det(%x) name \"volume\" output %y }");
  mmd_assert_fails(engine_net_write(&g_net, graph, NULL), MMD_NOT_SUPPORTED,
                   "Det node 'volume': matrices of other than 1 to 3 rows");
  mmd_graph_destroy(graph);
}

// (x - mean) / scale in front of the first layer.
static void normalization(void **state) {
  (void)state;
  mmd_session_t *session = NULL;
  double last = 0;
  engine_open(g_net.engine);
  write_net(
      "{\"mo_options\": {\"args\": {\"--mean_values\": [1, 0, 3], "
      "\"--scale_values\": \"[2,0.5,1]\"}}}");
  mmd_assert_ok(engine_net_open(&g_net, NULL, NULL, &session));
  mmd_assert_ok(engine_run_ones(session, 1, 2, 2, &last));
  assert_true(last == 0 * 4 + 2 * 5 - 2 * 6);
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
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
