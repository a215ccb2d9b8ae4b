// SPDX-License-Identifier: Apache-2.0
//
// libmmdeploy_onnxruntime_ops.so as a program loads it that uses ONNX Runtime itself.
#include "backends/onnxruntime/runtime/library.h"
#include "base/file.h"
#include "graph/text.h"
#include "tests/support/mmd_test_skip.h"
#include "writers/onnx/export.h"

#include <stdlib.h>

// Functions of the engine that the module does not need.
enum { REGISTER_LIBRARY = 228 };
typedef OrtStatus *(*register_library_fn)(OrtSessionOptions *options, const char *path);

static void *slot(const ort_library_t *library, size_t number) {
  ort_get_api_base_fn get_base = NULL;
  void *function = NULL;
  mmd_assert_ok(mmd_dynlib_symbol(library->dynlib, "OrtGetApiBase", &get_base));
  const OrtApi *api = get_base()->GetApi((uint32_t)library->api_version);
  memcpy(&function, (const char *)api + number * sizeof(void *), sizeof function);
  return function;
}

static void check(const ort_library_t *library, OrtStatus *status) {
  mmd_assert_ok(ort_check(library, status, "engine"));
}

static OrtSession *open_session(const ort_library_t *library, const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_storage_t *net = NULL;
  OrtSessionOptions *options = NULL;
  OrtSession *session = NULL;
  register_library_fn register_library;
  void *function = slot(library, REGISTER_LIBRARY);
  memcpy(&register_library, &function, sizeof function);
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  mmd_assert_ok(mmd_onnx_export_memory(graph, &(mmd_onnx_export_options_t){.ir_version = 7}, &net));
  check(library, library->fn.CreateSessionOptions(&options));
  check(library, register_library(options, MMD_OPS_LIBRARY));
  check(library, library->fn.CreateSessionFromArray(library->env, mmd_storage_data(net),
                                                    mmd_storage_size(net), options, &session));
  library->fn.ReleaseSessionOptions(options);
  mmd_storage_release(net);
  mmd_graph_destroy(graph);
  return session;
}

static OrtValue *wrap(const ort_library_t *library, const void *data, const int64_t *dims,
                      size_t rank, size_t count) {
  OrtValue *value = NULL;
  void *bytes;
  memcpy(&bytes, &data, sizeof bytes);
  check(library, library->fn.CreateTensorWithDataAsOrtValue(
                     library->cpu, bytes, count * sizeof(float), dims, rank, MMD_F32, &value));
  return value;
}

// Two boxes of one place and one elsewhere: the better of the two and the other are kept.
static void suppress(const ort_library_t *library, OrtSession *session) {
  static const float boxes[] = {10, 10, 4, 8, 0.5f, 10, 10, 4, 8, 0.6f, 30, 30, 4, 8, 0};
  static const float scores[] = {0.4f, 0.8f, 0.6f};
  static const int64_t wanted[] = {0, 0, 1, 0, 0, 2};
  const char *in[] = {"a", "b"}, *out[] = {"y"};
  OrtValue *values[] = {wrap(library, boxes, (const int64_t[]){1, 3, 5}, 3, 15),
                        wrap(library, scores, (const int64_t[]){1, 1, 3}, 3, 3)};
  OrtValue *result = NULL;
  void *rows = NULL;
  check(library,
        library->fn.Run(session, NULL, in, (const OrtValue *const *)values, 2, out, 1, &result));
  check(library, library->fn.GetTensorMutableData(result, &rows));
  assert_memory_equal(rows, wanted, sizeof wanted);
  library->fn.ReleaseValue(result);
  for (int i = 0; i < 2; ++i) library->fn.ReleaseValue(values[i]);
}

static void sessions_find_the_operators(void **state) {
  (void)state;
  static const char text[] =
      "graph \"g\" { opset \"\" 11 opset \"mmdeploy\" 1 input %a : f32[1,3,5] "
      "input %b : f32[1,1,3] %y = mmdeploy::NMSRotated(%a, %b) {iou_threshold = 0.5f} output %y }";
  const char *path = getenv("MMDEPLOY_ONNXRUNTIME_LIBRARY");
  static ort_library_t *library;
  if (!path || !*path) mmd_test_skip("MMDEPLOY_ONNXRUNTIME_LIBRARY is not set");
  mmd_assert_ok(ort_library_open(path, &library));
  OrtSession *first = open_session(library, text), *second = open_session(library, text);
  suppress(library, first);
  library->fn.ReleaseSession(first);
  suppress(library, second);
  library->fn.ReleaseSession(second);
  // Left open: the operators' library uses it to the end, and what stays of it keeps its name.
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sessions_find_the_operators)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
