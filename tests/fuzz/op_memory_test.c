// SPDX-License-Identifier: Apache-2.0
//
// Each allocation fails once while a small network is read, typed, optimised, run in both modes and
// written: for every file of tests/corpus/evaluator that runs, which has nearly every operator.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "frontends/onnx/import.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "tests/fuzz/graph_run.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "writers/onnx/export.h"

#define CORPUS MMD_TEST_FILE("tests/corpus/evaluator")

static mmd_status_t evaluate(const mmd_graph_t *graph) {
  mmd_fuzz_run_t run;
  if (!mmd_fuzz_make_inputs(graph, &run)) return mmd_status_no_memory();
  mmd_status_t status = mmd_fuzz_evaluate(graph, MMD_EVAL_PLAIN, NULL, &run);
  mmd_fuzz_clear_outputs(&run);
  if (!status) status = mmd_fuzz_evaluate(graph, MMD_EVAL_FAST, NULL, &run);
  mmd_fuzz_run_deinit(&run);
  return status;
}

static mmd_status_t use(mmd_graph_t *graph) {
  const mmd_pass_options_t options = {.fold_limit = 1 << 14};
  mmd_storage_t *bytes = NULL;
  MMD_TRY(mmd_graph_infer(graph));
  MMD_TRY(evaluate(graph));
  MMD_TRY(mmd_passes_run(graph, mmd_passes_optimize, &options));
  MMD_TRY(mmd_onnx_export_memory(graph, NULL, &bytes));
  mmd_storage_release(bytes);
  return NULL;
}

static mmd_status_t work(void *path) {
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_onnx_import(path, NULL, &graph));
  mmd_status_t status = use(graph);
  mmd_graph_destroy(graph);
  return status;
}

static void short_memory_is_survived(void **state) {
  (void)state;
  size_t swept = 0, files = 0;
  DIR *directory = opendir(CORPUS);
  assert_non_null(directory);
  for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
    char path[512];
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, CORPUS "/%s", entry->d_name);
    ++files;
    if (mmd_status_ignore(work(path))) continue;  // a file that is refused for what it says
    ++swept;
    mmd_test_sweep(work, path);
  }
  closedir(directory);
  print_message("%zu of %zu networks\n", swept, files);
  assert_true(swept > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(short_memory_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
