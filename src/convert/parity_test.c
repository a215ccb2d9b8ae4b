// SPDX-License-Identifier: Apache-2.0
//
// The comparison of an engine with our evaluator, on the backends that need no vendor library.
#include "convert/parity.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "runtime/session.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

static const char g_text[] =
    "graph \"g\" {\n  ir_version 8\n  opset \"\" 17\n"
    "  input %x : f32[n,3]\n"
    "  constant %w : f32[3,6] = [1.0, 2.0, -1.0, 0.5, 0.25, 3.0, 0.0, 1.0, 2.0, -2.0, 1.0, 0.5, "
    "1.0, -1.0, 0.5, 2.0, "
    "1.0, 0.0]\n"
    "  %m = MatMul(%x, %w)\n"
    "  %r = Relu(%m)\n"
    "  %y = Softmax(%r) {axis = -1}\n"
    "  output %y\n}\n";

// A graph, its files for a backend, one input.
typedef struct fixture_t {
  char *directory;
  mmd_graph_t *graph;
  const mmdeploy_target_t *target;
  mmdeploy_target_request_t target_request;
  mmdeploy_target_result_t files;
  mmd_tensor_t input;
  mmd_parity_case_t item;
} fixture_t;

static void open_fixture(const char *text, const char *backend, fixture_t *out_fixture) {
  fixture_t *f = out_fixture;
  *f = (fixture_t){.directory = mmd_test_make_directory()};
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &f->graph));
  mmd_assert_ok(mmd_graph_infer(f->graph));
  mmd_assert_ok(mmd_target_get(backend, &f->target));
  f->target_request = (mmdeploy_target_request_t){.struct_size = sizeof f->target_request,
                                                  .directory = f->directory,
                                                  .save_file = "end2end.onnx",
                                                  .backend_config_json = "{}",
                                                  .ir_config_json = "{\"opset_version\": 17}",
                                                  .precision = "FP32"};
  mmd_assert_ok(mmd_target_legalize(f->target, f->graph, &f->target_request));
  mmd_assert_ok(mmd_graph_infer(f->graph));
  mmd_assert_ok(mmd_target_write(f->target, f->graph, &f->target_request, &f->files));
  mmd_assert_ok(
      mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 3}}, (float[]){1, -2, 0.5f}, &f->input));
  f->item = (mmd_parity_case_t){.name = "cat.jpg", .inputs = &f->input};
}

static void close_fixture(fixture_t *f) {
  mmd_tensor_deinit(&f->input);
  mmd_graph_destroy(f->graph);
  mmd_test_remove_tree(f->directory);
  mmd_free(f->directory);
}

static mmd_parity_request_t request_of(const fixture_t *f) {
  return (mmd_parity_request_t){.mode = MMD_VERIFY_OUTPUTS,
                                .graph = f->graph,
                                .target = f->target,
                                .target_request = &f->target_request,
                                .files = &f->files,
                                .backend = f->target->name,
                                .device_name = "cpu",
                                .threads = 1,
                                .tolerance = 1e-4,
                                .cases = &f->item,
                                .case_count = 1};
}

static const mmd_value_t *row_of(const mmd_value_t *report, const char *path) {
  const mmd_value_t *row = mmd_object_get_path(report, path);
  if (!row) fail_msg("the report has no %s", path);
  return row;
}

static void assert_printed(const mmd_value_t *report, const char *part) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_parity_print(report, &text));
  if (!strstr(mmd_str_text(&text), part))
    fail_msg("'%s' is not in:\n%s", part, mmd_str_text(&text));
  mmd_str_deinit(&text);
}

//===--- outputs -----------------------------------------------------------===//

static void test_pass(void **state) {
  (void)state;
  fixture_t f;
  mmd_value_t *report = NULL;
  open_fixture(g_text, "reference", &f);
  mmd_value_t *classes = mmd_value_array();
  static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
  for (int i = 0; i < 6; ++i) mmd_assert_ok(mmd_array_take(classes, mmd_value_string(names[i])));
  mmd_parity_request_t request = request_of(&f);
  request.classes = classes;
  mmd_assert_ok(mmd_parity_run(&request, &report));
  assert_true(mmd_parity_passed(report));
  assert_string_equal(mmd_object_key_at(report, 0), "passed");
  assert_string_equal(mmd_value_get_string(mmd_object_get(report, "backend"), ""), "reference");
  assert_string_equal(mmd_value_get_string(mmd_object_get(report, "backend_version"), ""), "1");
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(report, "cases.0.input"), ""),
                      "cat.jpg");
  const mmd_value_t *row = row_of(report, "cases.0.outputs.0");
  assert_string_equal(mmd_value_get_string(mmd_object_get(row, "name"), ""), "y");
  assert_string_equal(mmd_value_get_string(mmd_object_get(row, "against"), ""), "evaluator");
  assert_int_equal(mmd_value_get_int(mmd_object_get_path(row, "shape.1"), 0), 6);
  const mmd_value_t *top = row_of(report, "cases.0.top5");
  assert_int_equal(mmd_array_size(top), 5);
  // x W = [1.5, -0.5, -4.75, 5.5, -1.25, 2]: index 3, then 5, then 0.
  assert_int_equal(mmd_value_get_int(mmd_object_get_path(top, "0.label_id"), -1), 3);
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(top, "0.label"), ""), "d");
  assert_int_equal(mmd_value_get_int(mmd_object_get_path(top, "1.label_id"), -1), 5);
  assert_int_equal(mmd_value_get_int(mmd_object_get_path(top, "2.label_id"), -1), 0);
  assert_printed(report, "Parity: passed");
  assert_printed(report, "cat.jpg");
  mmd_value_release(report);
  mmd_value_release(classes);
  close_fixture(&f);
}

// The skeleton answers zeros, so it always differs.
static void test_engine_differs(void **state) {
  (void)state;
  fixture_t f;
  mmd_value_t *report = NULL;
  open_fixture(g_text, "null", &f);
  const mmd_parity_request_t request = request_of(&f);
  mmd_assert_ok(mmd_parity_run(&request, &report));
  assert_false(mmd_parity_passed(report));
  assert_true(mmd_value_get_float(mmd_object_get_path(report, "cases.0.outputs.0.max_rel"), 0) >
              0.5);
  assert_printed(report, "Parity: FAILED");
  mmd_value_release(report);
  close_fixture(&f);
}

//===--- recorded arrays ---------------------------------------------------===//

static mmd_value_t *against(const fixture_t *f, const mmd_tensor_t *expected, double tolerance) {
  mmd_value_t *report = NULL;
  const mmd_parity_case_t item = {.name = "reference", .inputs = &f->input, .expected = expected};
  mmd_parity_request_t request = request_of(f);
  request.cases = &item;
  request.tolerance = tolerance;
  mmd_assert_ok(mmd_parity_run(&request, &report));
  assert_int_equal(mmd_array_size(mmd_object_get_path(report, "cases.0.outputs")), 2);
  assert_string_equal(
      mmd_value_get_string(mmd_object_get_path(report, "cases.0.outputs.1.against"), ""),
      "reference");
  return report;
}

// What torch.softmax(torch.relu(x @ w), -1) gives.
static const float g_torch[6] = {0.0172663108f, 0.00385263446f, 0.00385263446f,
                                 0.942708552f,  0.00385263446f, 0.0284673311f};

static void test_reference_arrays(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(g_text, "reference", &f);
  float numbers[6];
  mmd_tensor_t expected = {0};
  memcpy(numbers, g_torch, sizeof numbers);
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 6}}, numbers, &expected));
  mmd_value_t *report = against(&f, &expected, 1e-5);
  assert_true(mmd_parity_passed(report));
  mmd_value_release(report);
  mmd_tensor_deinit(&expected);

  numbers[3] *= 1.01f;
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 6}}, numbers, &expected));
  report = against(&f, &expected, 1e-3);
  assert_false(mmd_parity_passed(report));
  assert_true(mmd_value_get_bool(mmd_object_get_path(report, "cases.0.outputs.0.passed"), false));
  assert_false(mmd_value_get_bool(mmd_object_get_path(report, "cases.0.outputs.1.passed"), true));
  assert_printed(report, "FAILED");
  mmd_value_release(report);
  report = against(&f, &expected, 0.05);
  assert_true(mmd_parity_passed(report));
  mmd_value_release(report);
  mmd_tensor_deinit(&expected);

  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){1, {6}}, numbers, &expected));
  report = against(&f, &expected, 1e6);
  assert_false(mmd_parity_passed(report));
  assert_non_null(
      strstr(mmd_value_get_string(mmd_object_get_path(report, "cases.0.outputs.1.note"), ""),
             "shapes differ: f32[6]"));
  assert_printed(report, "shapes differ");
  mmd_value_release(report);
  mmd_tensor_deinit(&expected);

  numbers[0] = NAN;
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 6}}, numbers, &expected));
  report = against(&f, &expected, 1e6);
  assert_false(mmd_parity_passed(report));
  mmd_str_t json = {0};
  mmd_assert_ok(mmd_json_write(report, 4, &json));  // infinite differences have a form in JSON
  mmd_str_deinit(&json);
  mmd_value_release(report);
  mmd_tensor_deinit(&expected);
  close_fixture(&f);
}

// Against an output of zeros nothing is relative: rounding passes, a number does not.
static void test_zero_output(void **state) {
  (void)state;
  static const char text[] =
      "graph \"g\" {\n  ir_version 8\n  opset \"\" 17\n  input %x : f32[1,3]\n  %y = Sub(%x, %x)\n "
      " output %y\n}\n";
  fixture_t f;
  mmd_tensor_t expected = {0};
  open_fixture(text, "reference", &f);
  mmd_assert_ok(
      mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 3}}, (float[]){0, 0, 0}, &expected));
  mmd_value_t *report = against(&f, &expected, 0);
  assert_true(mmd_parity_passed(report));
  mmd_value_release(report);
  mmd_tensor_deinit(&expected);
  mmd_assert_ok(
      mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 3}}, (float[]){0, 1e-8f, 0}, &expected));
  report = against(&f, &expected, 1e-4);
  assert_false(mmd_parity_passed(report));  // ours is zero, theirs is not: that is all of it
  mmd_value_release(report);
  mmd_tensor_deinit(&expected);
  close_fixture(&f);
}

//===--- layers ------------------------------------------------------------===//

static void test_layers(void **state) {
  (void)state;
  fixture_t f;
  mmd_value_t *report = NULL;
  open_fixture(g_text, "reference", &f);
  mmd_parity_request_t request = request_of(&f);
  request.mode = MMD_VERIFY_LAYERS;
  mmd_assert_ok(mmd_parity_run(&request, &report));
  assert_true(mmd_parity_passed(report));
  const mmd_value_t *layers = mmd_object_get(report, "layers");
  assert_int_equal(mmd_array_size(layers), 2);  // the last one is the output
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(layers, "0.name"), ""), "m");
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(layers, "1.name"), ""), "r");
  assert_printed(report, "layers");
  char **names = NULL;
  size_t count = 0;
  mmd_assert_ok(mmd_path_list(f.directory, &names, &count));
  assert_int_equal(count, 1);  // the package's own net only
  for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
  mmd_free(names);
  mmd_value_release(report);
  close_fixture(&f);
}

// More nodes than one engine call may have outputs.
static void test_many_layers(void **state) {
  (void)state;
  mmd_str_t text = {0};
  mmd_assert_ok(
      mmd_str_append(&text,
                     "graph \"g\" {\n  ir_version 8\n  opset \"\" 17\n  input %x : f32[1,3]\n"
                     "  %v0 = Neg(%x)\n"));
  for (int i = 1; i < 130; ++i)
    mmd_assert_ok(mmd_str_printf(&text, "  %%v%d = Neg(%%v%d)\n", i, i - 1));
  mmd_assert_ok(mmd_str_append(&text, "  output %v129\n}\n"));
  fixture_t f;
  mmd_value_t *report = NULL;
  open_fixture(mmd_str_text(&text), "reference", &f);
  mmd_parity_request_t request = request_of(&f);
  request.mode = MMD_VERIFY_LAYERS;
  mmd_assert_ok(mmd_parity_run(&request, &report));
  assert_true(mmd_parity_passed(report));
  assert_int_equal(mmd_array_size(mmd_object_get(report, "layers")), 129);
  mmd_value_release(report);
  close_fixture(&f);
  mmd_str_deinit(&text);
}

//===--- failures ----------------------------------------------------------===//

static void test_failures(void **state) {
  (void)state;
  fixture_t f;
  mmd_value_t *report = NULL;
  open_fixture(g_text, "reference", &f);
  mmd_parity_request_t request = request_of(&f);
  request.backend = "no_such_backend";
  mmd_assert_fails(mmd_parity_run(&request, &report), MMD_UNAVAILABLE,
                   "verification with backend 'no_such_backend'");
  assert_null(report);
  request = request_of(&f);
  request.device_name = "abacus";
  mmd_assert_fails(mmd_parity_run(&request, &report), MMD_NOT_SUPPORTED, "abacus");
  request = request_of(&f);
  mmdeploy_target_result_t missing = f.files;
  strcpy(missing.files[0], "missing.onnx");
  request.files = &missing;
  mmd_assert_fails(mmd_parity_run(&request, &report), MMD_NOT_FOUND, "missing.onnx");
  // A case whose input does not fit names the case.
  mmd_tensor_t wrong = {0};
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){2, {1, 2}}, (float[]){1, 2}, &wrong));
  const mmd_parity_case_t item = {.name = "dog.jpg", .inputs = &wrong};
  request = request_of(&f);
  request.cases = &item;
  mmd_assert_fails(mmd_parity_run(&request, &report), MMD_INVALID_ARGUMENT, "dog.jpg");
  mmd_tensor_deinit(&wrong);
  close_fixture(&f);
}

static mmd_status_t run_and_print(void *context) {
  mmd_value_t *report = NULL;
  mmd_str_t text = {0};
  mmd_parity_request_t request = request_of(context);
  request.mode = MMD_VERIFY_LAYERS;
  MMD_TRY(mmd_parity_run(&request, &report));
  mmd_status_t status = mmd_parity_print(report, &text);
  mmd_str_deinit(&text);
  mmd_value_release(report);
  return status;
}

static void test_short_memory(void **state) {
  (void)state;
  fixture_t f;
  open_fixture(g_text, "reference", &f);
  mmd_assert_ok(run_and_print(&f));  // what stays for good is made here
  mmd_test_sweep(run_and_print, &f);
  close_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pass),
      cmocka_unit_test(test_engine_differs),
      cmocka_unit_test(test_reference_arrays),
      cmocka_unit_test(test_zero_output),
      cmocka_unit_test(test_layers),
      cmocka_unit_test(test_many_layers),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_short_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
