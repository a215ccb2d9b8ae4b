// SPDX-License-Identifier: Apache-2.0
//
// testdata/partition holds a network that MMDeploy traced with its marks, and what it cuts out of
// it; make_partition.py made them.
#include "convert/partition.h"

#include <string.h>

#include "base/file.h"
#include "convert/diff_graph.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/onnx/import.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define FOLDER MMD_SOURCE_DIR "/src/convert/testdata/partition/"

static mmd_value_t *parse(const char *text) {
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "config", &config));
  return config;
}

static void config_may_ask_for_none(void **state) {
  (void)state;
  static const char *const configs[] = {
      "{}", "{\"partition_config\": null}", "{\"partition_config\": {\"type\": \"single_stage\"}}",
      "{\"partition_config\": {\"type\": \"single_stage\", \"apply_marks\": false}}"};
  for (size_t i = 0; i < sizeof configs / sizeof *configs; ++i) {
    mmd_value_t *config = parse(configs[i]);
    mmd_partition_t partition;
    mmd_assert_ok(mmd_partition_read(config, &partition));
    assert_int_equal(partition.count, 0);
    mmd_partition_deinit(&partition);
    mmd_value_release(config);
  }
}

static void known_types_need_no_list(void **state) {
  (void)state;
  mmd_value_t *config = parse(
      "{\"codebase_config\": {\"type\": \"mmdet\"},"
      " \"partition_config\": {\"type\": \"two_stage\", \"apply_marks\": true}}");
  mmd_partition_t partition;
  mmd_assert_ok(mmd_partition_read(config, &partition));
  assert_int_equal(partition.count, 2);
  assert_string_equal(partition.type, "two_stage");
  assert_string_equal(partition.parts[0].save_file, "partition0.onnx");
  assert_int_equal(partition.parts[0].end_count, 2);
  assert_string_equal(partition.parts[0].end[1], "multiclass_nms[0]:input");
  assert_string_equal(partition.parts[1].start[0], "roi_extractor:output");
  assert_string_equal(
      mmd_value_get_string(mmd_object_get_path(partition.parts[0].dynamic_axes, "scores.1"), ""),
      "num_boxes");
  mmd_partition_deinit(&partition);
  mmd_value_release(config);
}

static void own_list_wins(void **state) {
  (void)state;
  mmd_value_t *config = parse(
      "{\"codebase_config\": {\"type\": \"mmdet\"},"
      " \"partition_config\": {\"type\": \"two_stage\", \"apply_marks\": true, \"partition_cfg\": ["
      "{\"save_file\": \"model.onnx\", \"start\": [\"f:input\"], \"end\": \"g[3]:output\","
      " \"start_name_map\": {\"a\": \"b\"}}]}}");
  mmd_partition_t partition;
  mmd_assert_ok(mmd_partition_read(config, &partition));
  assert_int_equal(partition.count, 1);
  assert_string_equal(partition.parts[0].end[0], "g[3]:output");
  assert_string_equal(partition.parts[0].start_names[0].to, "b");
  assert_null(partition.parts[0].dynamic_axes);
  mmd_partition_deinit(&partition);
  mmd_value_release(config);
}

static void bad_configs_are_refused(void **state) {
  (void)state;
#define PART(text) "{\"partition_config\": {\"apply_marks\": true, \"partition_cfg\": " text "}}"
  static const struct {
    const char *config, *part;
  } cases[] = {
      {"{\"partition_config\": {\"apply_marks\": true, \"type\": \"x\"}}", "mmdet 'single_stage'"},
      {"{\"codebase_config\": {\"type\": \"mmseg\"}, \"partition_config\": {\"apply_marks\": true,"
       " \"type\": \"two_stage\"}}",
       "'mmseg' has no type 'two_stage'"},
      {PART("[]"), "1 to 8 dicts"},
      {PART("3"), "1 to 8 dicts"},
      {PART("[{\"start\": \"f:input\", \"end\": \"f:output\"}]"), "[0].save_file"},
      {PART("[{\"save_file\": \"a\", \"end\": \"f:output\"}]"), "[0].start"},
      {PART("[{\"save_file\": \"a\", \"start\": \"f:input\", \"end\": []}]"), "[0].end"},
      {PART("[{\"save_file\": \"a\", \"start\": \"f:input\", \"end\": [1]}]"), "[0].end"},
      {PART("[{\"save_file\": \"a\", \"start\": \"f:input\", \"end\": \"g:input\","
            " \"end_name_map\": [1]}]"),
       "[0].end_name_map"},
      {PART("[{\"save_file\": \"a\", \"start\": \"f:input\", \"end\": \"g:input\","
            " \"dynamic_axes\": 1}]"),
       "[0].dynamic_axes"},
      {PART("[{\"save_file\": \"a\", \"start\": \"f:input\", \"end\": \"g:input\"},"
            " {\"save_file\": \"a\", \"start\": \"f:input\", \"end\": \"g:input\"}]"),
       "[1].save_file"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_value_t *config = parse(cases[i].config);
    mmd_partition_t partition;
    mmd_status_t status = mmd_partition_read(config, &partition);
    const mmd_code_t code = mmd_status_code(status);
    assert_true(code == MMD_INVALID_ARGUMENT || code == MMD_NOT_SUPPORTED);
    mmd_assert_fails(status, code, cases[i].part);
    mmd_value_release(config);
  }
}

//===--- against the original ----------------------------------------------===//

static void assert_same_names(mmd_edge_t *const *ours, size_t ours_count, mmd_edge_t *const *theirs,
                              size_t theirs_count) {
  assert_int_equal(ours_count, theirs_count);
  for (size_t i = 0; i < ours_count; ++i) {
    assert_string_equal(ours[i]->name, theirs[i]->name);
    assert_int_equal(ours[i]->type.rank, theirs[i]->type.rank);
  }
}

static void assert_same_nodes(const mmd_graph_t *ours, const mmd_graph_t *theirs) {
  const mmd_node_t *a = ours->root->first, *b = theirs->root->first;
  for (; a && b; a = a->next, b = b->next) {
    assert_string_equal(a->op, b->op);
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->input_count, b->input_count);
  }
  assert_null(a);
  assert_null(b);
}

static void assert_same_numbers(const mmd_graph_t *ours, const mmd_graph_t *theirs) {
  mmd_value_t
      *result = mmd_value_object(),
      *shapes = parse(
          "[\"input=1x3x16x20\", \"bbox_feats=2x4x2x2\", \"cls_score=1x2\", \"bbox_pred=1x3\"]");
  // Only the shapes of inputs that are there may be given.
  for (size_t i = mmd_array_size(shapes); i-- > 0;) {
    const char *text = mmd_value_get_string(mmd_array_at(shapes, i), "");
    bool is_there = false;
    for (size_t k = 0; k < theirs->root->input_count; ++k) {
      const char *name = theirs->root->inputs[k]->name;
      is_there = is_there || strncmp(text, name, strlen(name)) == 0;
    }
    if (!is_there) mmd_array_remove(shapes, i);
  }
  const mmd_diff_numbers_t request = {
      .a = theirs, .b = ours, .shapes = shapes, .tolerance = 0, .mode = MMD_EVAL_PLAIN};
  bool passed = false;
  mmd_assert_ok(mmd_diff_numbers(&request, result, &passed));
  assert_true(passed);
  assert_int_equal(mmd_value_get_int(mmd_object_get(result, "compared"), 0),
                   theirs->root->node_count);
  mmd_value_release(shapes);
  mmd_value_release(result);
}

static void the_original_cuts_the_same(void **state) {
  (void)state;
  mmd_value_t *config = NULL;
  mmd_partition_t partition;
  mmd_graph_t *whole = NULL;
  mmd_assert_ok(mmd_pyconfig_read(FOLDER "partition.py", NULL, &config));
  mmd_assert_ok(mmd_partition_read(config, &partition));
  mmd_assert_ok(mmd_onnx_import(FOLDER "whole.onnx", NULL, &whole));
  assert_int_equal(partition.count, 3);
  for (size_t i = 0; i < partition.count; ++i) {
    mmd_graph_t *ours = NULL, *theirs = NULL;
    mmd_str_t path = {0};
    mmd_assert_ok(mmd_str_printf(&path, FOLDER "%s", partition.parts[i].save_file));
    mmd_assert_ok(mmd_onnx_import(mmd_str_text(&path), NULL, &theirs));
    mmd_assert_ok(mmd_partition_cut(whole, &partition.parts[i], &ours));
    assert_same_names(ours->root->inputs, ours->root->input_count, theirs->root->inputs,
                      theirs->root->input_count);
    assert_same_names(ours->root->outputs, ours->root->output_count, theirs->root->outputs,
                      theirs->root->output_count);
    assert_same_nodes(ours, theirs);
    assert_same_numbers(ours, theirs);
    mmd_graph_destroy(ours);
    mmd_graph_destroy(theirs);
    mmd_str_deinit(&path);
  }
  mmd_graph_destroy(whole);
  mmd_partition_deinit(&partition);
  mmd_value_release(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(config_may_ask_for_none),
      cmocka_unit_test(known_types_need_no_list),
      cmocka_unit_test(own_list_wins),
      cmocka_unit_test(bad_configs_are_refused),
      cmocka_unit_test(the_original_cuts_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
