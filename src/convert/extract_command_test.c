// SPDX-License-Identifier: Apache-2.0
#include "convert/run_onnx_testing.h"

static const char model[] =
    "graph \"g\" { opset \"\" 13\n"
    "input %x : f32[n,3,h,w]\n"
    "constant %s : i64[3] = [0, 3, -1]\n"
    "%a = Relu(%x)\n"
    "%b = Reshape(%a, %s)\n"
    "%c = my::Odd(%b)\n"
    "%d = Neg(%c)\n"
    "output %d }";

static const char marked[] =
    "graph \"g\" { opset \"\" 11 opset \"mmdeploy\" 1\n"
    "input %x : f32[n,3]\n"
    "%m = mmdeploy::Mark(%x) {dtype = 1, shape = [1, 3], func = \"f\", func_id = 0, type = "
    "\"input\", name = \"in\", id = 0}\n"
    "%a = Relu(%m)\n"
    "%b = Identity(%a)\n"
    "%c = mmdeploy::Mark(%b) {dtype = 1, shape = [1, 3], func = \"f\", func_id = 0, type = "
    "\"output\", name = \"out\", id = 0}\n"
    "%d = Neg(%c)\n"
    "output %d }";

static void assert_input(const scene_t *s, const char *name, const char *type) {
  assert_string_equal(scene_string(s, "inputs.0.name"), name);
  assert_string_equal(scene_string(s, "inputs.0.type"), type);
}

static void types_of_inputs_are_inferred(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  mmd_assert_ok(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "a", "--outputs", "b"));
  assert_input(&s, "a", "f32[n,3,h,w]");
  assert_string_equal(scene_string(&s, "outputs.0.type"), "f32[n,3,h*w]");
  assert_int_equal((int)scene_number(&s, "nodes"), 1);
  assert_int_equal((int)scene_number(&s, "nodes_before"), 4);
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(graph->root->node_count, 1);
  assert_int_equal(graph->root->constant_count, 1);
  assert_null(mmd_graph_find_edge(graph, "x"));
  assert_int_equal((int)mmd_graph_opset(graph, ""), 13);
  mmd_graph_destroy(graph);
  // Behind an operator that nobody knows a type must be given.
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "c"),
                   MMD_INVALID_ARGUMENT, "--type 'c=");
  mmd_assert_ok(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "c", "--type", "c=f32[n,3,k]"));
  assert_input(&s, "c", "f32[n,3,k]");
  scene_deinit(&s);
}

static void marks_cut(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, marked);
  mmd_assert_ok(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--start", "f:input", "--end", "f[0]:output"));
  assert_input(&s, "in", "f32[n,3]");
  assert_string_equal(scene_string(&s, "outputs.0.name"), "out");
  assert_non_null(strstr(s.text.data, "Available marks:\nf[0]:input\nf[0]:output\n"));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(graph->root->node_count, 1);  // marks and identities are gone
  assert_int_equal((int)mmd_graph_opset(graph, "mmdeploy"), 0);
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

static void names_and_sizes_change(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, marked);
  mmd_assert_ok(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--start", "f:input", "--end",
                          "f:output", "--start-name", "in=image", "--end-name",
                          "f:output:out=score", "--dynamic-axis", "image:1=c", "--dynamic-axis",
                          "score:0=b"));
  assert_input(&s, "image", "f32[n,c]");
  assert_string_equal(scene_string(&s, "outputs.0.name"), "score");
  assert_string_equal(scene_string(&s, "outputs.0.type"), "f32[b,c]");
  mmd_assert_ok(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "b", "--dynamic-axis", "b:0=q"));
  assert_input(&s, "b", "f32[q,3]");
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--start", "f:input", "--end",
                             "f:output", "--dynamic-axis", "in=c"),
                   MMD_INVALID_ARGUMENT, "NAME:AXIS=LABEL");
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--start", "f:input", "--end",
                             "f:output", "--dynamic-axis", "in:2=c"),
                   MMD_OUT_OF_RANGE, "'in' has 2 sizes");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "b", "--start-name", "a=b"),
      MMD_INVALID_ARGUMENT, "go together with --start");
  scene_deinit(&s);
}

#define PARTITION MMD_SOURCE_DIR "/src/convert/testdata/partition/"

static void config_cuts_all_parts(void **state) {
  (void)state;
  static const char *const names[] = {"front.onnx", "head.onnx", "rest.onnx"};
  scene_t s;
  scene_init(&s);
  mmd_assert_ok(SCENE_RUN(&s, mmd_extract_command, PARTITION "whole.onnx", s.folder, "--deploy-cfg",
                          PARTITION "partition.py"));
  for (size_t i = 0; i < 3; ++i) {
    char *path = mmd_path_join(s.folder, names[i]);
    assert_true(mmd_path_exists(path));
    mmd_free(path);
  }
  assert_string_equal(scene_string(&s, "parts.0.outputs.2.name"), "raw_boxes");
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, PARTITION "whole.onnx", s.folder,
                             "--deploy-cfg", PARTITION "partition.py", "--inputs", "a"),
                   MMD_INVALID_ARGUMENT, "says itself where to cut");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_extract_command, PARTITION "whole.onnx", s.folder, "--deploy-cfg",
                MMD_SOURCE_DIR "/configs/mmcls/classification_onnxruntime_dynamic.py"),
      MMD_INVALID_ARGUMENT, "no partition_config with apply_marks=True");
  scene_deinit(&s);
}

static void marks_stay_or_go(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, marked);
  mmd_assert_ok(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "b"));
  assert_input(&s, "b", "f32[n,3]");  // through the marks
  assert_int_equal((int)scene_number(&s, "nodes"), 2);
  mmd_assert_ok(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "b", "--remove-marks"));
  assert_int_equal((int)scene_number(&s, "nodes"), 1);
  scene_deinit(&s);
}

static void name_gets_its_extension(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  char *bare = mmd_path_join(s.folder, "b");
  mmd_assert_ok(SCENE_RUN(&s, mmd_extract_command, "@0", bare, "--outputs", "a"));
  assert_true(mmd_path_exists(s.paths[1]));
  mmd_free(bare);
  scene_deinit(&s);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, "@0", "@1"), MMD_INVALID_ARGUMENT, "needed");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--start", "f:input", "--inputs", "a"),
      MMD_INVALID_ARGUMENT, "do not go together");
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--start", "f:input"),
                   MMD_NOT_FOUND, "has no marks");
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "aa"), MMD_NOT_FOUND,
                   "is 'a' meant?");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "b", "--outputs", "a"),
      MMD_INVALID_ARGUMENT, "need 'x'");
  mmd_assert_fails(SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "c", "--type", "c"),
                   MMD_INVALID_ARGUMENT, "NAME=TYPE");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "c", "--type", "q=f32[1]"),
      MMD_NOT_FOUND, "no such tensor");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_extract_command, "@0", "@1", "--inputs", "c", "--type", "c=f9[1]"),
      MMD_INVALID_ARGUMENT, "--type 'c=f9[1]'");
  assert_false(mmd_path_exists(s.paths[1]));
  scene_deinit(&s);
}

static void short_memory_is_reported(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, marked);
  SCENE_SWEEP(mmd_extract_command, s.paths[0], s.paths[1], "--start", "f:input", "--end",
              "f:output");
  // The same by a config.
  static const char config[] =
      "onnx_config = dict(type='onnx')\n"
      "partition_config = dict(apply_marks=True, partition_cfg=[dict(save_file='part.onnx',\n"
      "    start='f:input', end=['f:output'], end_name_map=dict(out='z'),\n"
      "    dynamic_axes=dict(z={0: 'b'}))])\n";
  char *path = mmd_path_join(s.folder, "deploy.py");
  mmd_assert_ok(mmd_file_write(path, config, sizeof config - 1));
  SCENE_SWEEP(mmd_extract_command, s.paths[0], s.folder, "--deploy-cfg", path);
  mmd_free(path);
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_of_inputs_are_inferred),
      cmocka_unit_test(marks_cut),
      cmocka_unit_test(names_and_sizes_change),
      cmocka_unit_test(config_cuts_all_parts),
      cmocka_unit_test(marks_stay_or_go),
      cmocka_unit_test(name_gets_its_extension),
      cmocka_unit_test(bad_input_is_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
