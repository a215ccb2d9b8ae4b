// SPDX-License-Identifier: Apache-2.0
#include "convert/target.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

#define HEAD "graph \"g\" {\n  ir_version 8\n  opset \"\" 17\n"
#define NEWEST "graph \"g\" {\n  ir_version 8\n  opset \"\" 20\n"

static const mmdeploy_target_t *get(const char *name) {
  const mmdeploy_target_t *target = NULL;
  mmd_assert_ok(mmd_target_get(name, &target));
  return target;
}

static mmdeploy_target_request_t request_in(const char *directory, const char *save_file,
                                            const char *ir) {
  return (mmdeploy_target_request_t){.struct_size = sizeof(mmdeploy_target_request_t),
                                     .directory = directory,
                                     .save_file = save_file,
                                     .backend_config_json = "{}",
                                     .ir_config_json = ir,
                                     .precision = "FP32"};
}

//===--- lookup ------------------------------------------------------------===//

static void test_lookup(void **state) {
  (void)state;
  const mmdeploy_target_t *target = NULL;
  mmd_assert_ok(mmd_target_get("reference", &target));
  assert_string_equal(target->name, "reference");
  mmd_assert_fails(mmd_target_get("abacus", &target), MMD_NOT_SUPPORTED, "backend 'abacus'");
  mmd_assert_fails(mmd_target_get("abacus", &target), MMD_NOT_SUPPORTED, "reference");
  assert_null(target);
  mmd_assert_fails(mmd_target_load("/nonexistent/plugin.so"), MMD_UNAVAILABLE,
                   "/nonexistent/plugin.so");
  mmd_assert_fails(mmd_target_load(MMD_BINARY_DIR "/lib/fake_engine/libmmdeploy_fake.so"),
                   MMD_UNAVAILABLE, "mmdeploy_target_query");
}

//===--- the operator table ------------------------------------------------===//

static void assert_lists(const mmdeploy_target_t *target, const mmd_graph_t *graph,
                         const char *const *parts) {
  mmd_status_t status = mmd_target_check(target, graph);
  assert_int_equal(mmd_status_code(status), MMD_NOT_SUPPORTED);
  for (size_t i = 0; parts[i]; ++i) {
    if (!strstr(mmd_status_message(status), parts[i])) {
      fail_msg("'%s' is not in: %s", parts[i], mmd_status_message(status));
    }
  }
  mmd_status_free(status);
}

static void test_all_unsupported_nodes(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(HEAD
                             "  opset \"org.mine\" 1\n"
                             "  input %x : f32[2]\n"
                             "  input %c : bool[]\n"
                             "  %a = Frobnicate(%x) name \"first\"\n"
                             "  %b = org.mine::Relu(%a) name \"second\"\n"
                             "  %d = Relu(%b) name \"fine\"\n"
                             "  %e = Relu:99(%d) name \"third\"\n"
                             "  %f = If(%c) {then_branch = region \"then\" {\n"
                             "    %g = Burp(%e) name \"nested\"\n"
                             "    output %g\n"
                             "  }, else_branch = region \"else\" {\n"
                             "    output %e\n"
                             "  }}\n"
                             "  output %f\n}\n");
  assert_lists(get("onnxruntime"), graph,
               (const char *const[]){"'onnxruntime' cannot run", "Frobnicate", "'first'",
                                     "no such operator", "'second'", "'third'",
                                     "version 99 found, 9 to 20 accepted", "'nested'", NULL});
  mmd_status_t status = mmd_target_check(get("onnxruntime"), graph);
  assert_null(strstr(mmd_status_message(status), "'fine'"));
  mmd_status_free(status);
  mmd_assert_ok(mmd_target_check(get("null"), graph));  // takes everything
  mmd_graph_destroy(graph);
}

// The reference lists what its evaluator lacks, when it legalises.
static void test_reference_lists_unknown(void **state) {
  (void)state;
  const mmdeploy_target_request_t request =
      request_in("/nonexistent", "end2end.onnx", "{\"opset_version\": 17}");
  mmd_graph_t *graph = parse(HEAD
                             "  opset \"org.mine\" 1\n"
                             "  input %x : f32[2]\n"
                             "  %a = org.mine::Frobnicate(%x) name \"first\"\n"
                             "  %b = org.mine::Other(%a) name \"second\"\n"
                             "  output %b\n}\n");
  mmd_status_t status = mmd_target_legalize(get("reference"), graph, &request);
  assert_int_equal(mmd_status_code(status), MMD_NOT_SUPPORTED);
  assert_non_null(strstr(mmd_status_message(status), "Frobnicate"));
  assert_non_null(strstr(mmd_status_message(status), "Other"));
  mmd_status_free(status);
  mmd_graph_destroy(graph);
}

static void test_opsets(void **state) {
  (void)state;
  static const struct {
    const char *ir;
    const char *part;
  } cases[] = {
      {"{\"opset_version\": 8}", "opset_version: 8; 9 to 20"},
      {"{\"opset_version\": 21}", "opset_version: 21"},
      {"{", "ir_config"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_graph_t *graph = parse(HEAD "  input %x : f32[2]\n  %y = Relu(%x)\n  output %y\n}\n");
    const mmdeploy_target_request_t request =
        request_in("/nonexistent", "end2end.onnx", cases[i].ir);
    mmd_status_t status = mmd_target_legalize(get("onnxruntime"), graph, &request);
    assert_non_null(status);
    assert_non_null(strstr(mmd_status_message(status), cases[i].part));
    mmd_status_free(status);
    mmd_graph_destroy(graph);
  }
  for (int opset = 9; opset <= 20; ++opset) {
    char ir[64];
    mmd_graph_t *graph = parse(NEWEST "  input %x : f32[2]\n  %y = Relu(%x)\n  output %y\n}\n");
    snprintf(ir, sizeof ir, "{\"opset_version\": %d}", opset);
    const mmdeploy_target_request_t request = request_in("/nonexistent", "end2end.onnx", ir);
    mmd_assert_ok(mmd_target_legalize(get("onnxruntime"), graph, &request));
    assert_int_equal(mmd_graph_opset(graph, ""), opset);
    mmd_graph_destroy(graph);
  }
}

// Sorted without doubles, versions in order, operators of our own behind ONNX's: what the check and
// the documents read.
static void test_op_table(void **state) {
  (void)state;
  const mmdeploy_target_t *target = get("onnxruntime");
  for (size_t i = 0; i < target->op_count; ++i) {
    const mmdeploy_target_op_t *op = &target->ops[i];
    if (*op->domain) {
      assert_true(op->min_version == 1 && op->max_version == 1);
      continue;
    }
    assert_true(op->min_version >= 9 && op->min_version <= op->max_version &&
                op->max_version <= 20);
    if (i && (*op[-1].domain || strcmp(op[-1].name, op->name) >= 0))
      fail_msg("%s stands in the wrong place", op->name);
  }
}

//===--- writing -----------------------------------------------------------===//

static void test_write(void **state) {
  (void)state;
  char *directory = mmd_test_make_directory();
  mmd_graph_t *graph = parse(HEAD "  input %x : f32[n,2]\n  %y = Relu(%x)\n  output %y\n}\n");
  mmd_assert_ok(mmd_graph_infer(graph));
  mmdeploy_target_result_t files;
  static const char *const outside[] = {"../end2end.onnx", "/tmp/end2end.onnx", "",
                                        "a/../../b.onnx"};
  for (size_t i = 0; i < sizeof outside / sizeof *outside; ++i) {
    const mmdeploy_target_request_t bad = request_in(directory, outside[i], "{}");
    mmd_assert_fails(mmd_target_write(get("onnxruntime"), graph, &bad, &files),
                     MMD_INVALID_ARGUMENT, "save_file");
  }
  const mmdeploy_target_request_t request = request_in(directory, "end2end.onnx", "{}");
  mmd_assert_ok(mmd_target_write(get("onnxruntime"), graph, &request, &files));
  assert_int_equal(files.file_count, 1);
  assert_string_equal(files.files[0], "end2end.onnx");
  mmd_assert_ok(mmd_target_write(get("null"), graph, &request, &files));
  assert_string_equal(files.files[0], "end2end.null");
  const mmdeploy_target_request_t nowhere = request_in("/nonexistent/folder", "end2end.onnx", "{}");
  mmd_assert_fails(mmd_target_write(get("reference"), graph, &nowhere, &files), MMD_NOT_FOUND,
                   "/nonexistent/folder");
  mmd_assert_fails(mmd_target_write(get("null"), graph, &nowhere, &files), MMD_NOT_FOUND,
                   "/nonexistent/folder");
  mmd_graph_destroy(graph);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

//===--- services ----------------------------------------------------------===//

static int32_t legalize_nothing(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                                const mmdeploy_target_request_t *request,
                                mmdeploy_plugin_error_t *error) {
  (void)host;
  (void)graph;
  (void)request;
  error->code = MMDEPLOY_PLUGIN_NOT_SUPPORTED;
  snprintf(error->message, sizeof error->message, "this target wants nothing");
  return error->code;
}

static int32_t write_by_services(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                                 const mmdeploy_target_request_t *request,
                                 mmdeploy_target_result_t *out_result,
                                 mmdeploy_plugin_error_t *error) {
  mmdeploy_plugin_tensor_info_t info;
  const char *domain, *op, *name;
  int64_t version;
  char path[1024];
  assert_int_equal(host->abi_version, MMDEPLOY_TARGET_ABI_VERSION);
  assert_int_equal(host->input_count(graph), 1);
  assert_int_equal(host->output_count(graph), 1);
  assert_int_equal(host->node_count(graph), 2);
  assert_int_equal(host->input_info(graph, 0, &info), 0);
  assert_string_equal(info.name, "x");
  assert_int_equal(info.rank, 2);
  assert_int_equal(info.dims[0], -1);
  assert_string_equal(info.dim_names[0], "n");
  assert_int_equal(info.dims[1], 2);
  assert_int_equal(host->output_info(graph, 0, &info), 0);
  assert_string_equal(info.name, "z");
  assert_int_not_equal(host->input_info(graph, 1, &info), 0);
  assert_int_not_equal(host->output_info(graph, 1, &info), 0);
  assert_int_equal(host->node_info(graph, 1, &domain, &op, &name, &version), 0);
  assert_string_equal(op, "Neg");
  assert_string_equal(name, "last");
  assert_int_equal(version, 17);
  assert_int_not_equal(host->node_info(graph, 2, &domain, &op, &name, &version), 0);
  void *block = host->base->allocate(host->base->self, 10);
  block = host->base->reallocate(host->base->self, block, 100);
  assert_non_null(block);
  host->base->free(host->base->self, block);
  snprintf(path, sizeof path, "%s/net.onnx", request->directory);
  int32_t code = host->write_onnx(graph, path, 11, error);
  snprintf(path, sizeof path, "%s/net.txt", request->directory);
  if (!code) code = host->write_file(path, "abc", 3, error);
  if (!code) assert_int_not_equal(host->write_file("/nonexistent/x", "abc", 3, error), 0);
  out_result->file_count = 2;
  snprintf(out_result->files[0], sizeof out_result->files[0], "net.onnx");
  snprintf(out_result->files[1], sizeof out_result->files[1], "net.txt");
  return code;
}

static int32_t write_nothing(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                             const mmdeploy_target_request_t *request,
                             mmdeploy_target_result_t *out_result, mmdeploy_plugin_error_t *error) {
  (void)host;
  (void)graph;
  (void)request;
  (void)error;
  out_result->file_count = 1;
  snprintf(out_result->files[0], sizeof out_result->files[0], "phantom.bin");
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t write_too_many(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                              const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result,
                              mmdeploy_plugin_error_t *error) {
  (void)host;
  (void)graph;
  (void)request;
  (void)error;
  out_result->file_count = 1000;
  return MMDEPLOY_PLUGIN_OK;
}

static void test_services(void **state) {
  (void)state;
  char *directory = mmd_test_make_directory();
  const mmdeploy_target_request_t request = request_in(directory, "end2end.onnx", "{}");
  mmdeploy_target_result_t files;
  mmdeploy_target_t target = *get("null");
  target.name = "mine";
  mmd_graph_t *graph = parse(
      HEAD
      "  input %x : f32[n,2]\n  %y = Relu(%x)\n  %z = Neg(%y) name \"last\"\n  output %z\n}\n");
  mmd_assert_ok(mmd_graph_infer(graph));
  target.write = write_by_services;
  mmd_assert_ok(mmd_target_write(&target, graph, &request, &files));
  assert_int_equal(files.file_count, 2);
  target.write = write_nothing;
  mmd_assert_fails(mmd_target_write(&target, graph, &request, &files), MMD_INTERNAL, "phantom.bin");
  target.write = write_too_many;
  mmd_assert_fails(mmd_target_write(&target, graph, &request, &files), MMD_INTERNAL, "1000 files");
  target.legalize = legalize_nothing;
  mmd_assert_fails(mmd_target_legalize(&target, graph, &request), MMD_NOT_SUPPORTED,
                   "this target wants nothing");
  mmd_graph_destroy(graph);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lookup),
      cmocka_unit_test(test_all_unsupported_nodes),
      cmocka_unit_test(test_reference_lists_unknown),
      cmocka_unit_test(test_opsets),
      cmocka_unit_test(test_op_table),
      cmocka_unit_test(test_write),
      cmocka_unit_test(test_services),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
