// SPDX-License-Identifier: Apache-2.0
//
// Cases of the onnx package ($MMDEPLOY_ASSETS/onnx/node) that cases.txt names, in ncnn.
// MMD_NODE_CASE=<part of a name> runs those alone.
// test-labels: assets
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/onnx/tensor_data.h"
#include "frontends/onnx/import.h"
#include "tests/integration/ncnn/ncnn_testing.h"

#define RELATIVE 1e-3
#define ABSOLUTE 1e-5

enum { MAX_TENSORS = 16, MAX_PATTERNS = 400 };

typedef struct tensors_t {
  size_t count;
  mmd_tensor_t items[MAX_TENSORS];
} tensors_t;

static void clear(tensors_t *tensors) {
  for (size_t i = 0; i < tensors->count; ++i) mmd_tensor_deinit(&tensors->items[i]);
  tensors->count = 0;
}

static void load(const char *folder, const char *what, size_t count, tensors_t *out_tensors) {
  assert_in_range(count, 0, MAX_TENSORS);
  for (size_t i = 0; i < count; ++i) {
    char path[1024];
    mmd_onnx_value_t value;
    snprintf(path, sizeof path, "%s/test_data_set_0/%s_%zu.pb", folder, what, i);
    mmd_assert_ok(mmd_onnx_value_load(path, MMD_ONNX_VALUE_TENSOR, &value));
    mmd_assert_ok(mmd_tensor_copy(&value.tensor, &out_tensors->items[i]));
    out_tensors->count = i + 1;
    mmd_onnx_value_deinit(&value);
  }
}

//===--- comparison --------------------------------------------------------===//

static bool is_close(double want, double have) {
  if (isnan(want) || isnan(have)) return isnan(want) && isnan(have);
  if (isinf(want) || isinf(have)) return want == have;
  return fabs(want - have) <= ABSOLUTE + RELATIVE * fabs(want);
}

static mmd_status_t compare(const mmd_tensor_t *want, const mmd_tensor_t *have) {
  if (want->dtype != have->dtype || !mmd_shape_equal(&want->shape, &have->shape))
    return MMD_ERROR(MMD_MISMATCH, "another type or shape");
  for (size_t i = 0; i < mmd_tensor_count(want); ++i) {
    const double a = mmd_tensor_get_f64(want, i), b = mmd_tensor_get_f64(have, i);
    if (!is_close(a, b))
      return MMD_ERROR(MMD_MISMATCH, "element %zu is %.9g instead of %.9g", i, b, a);
  }
  return NULL;
}

static mmd_status_t compare_all(const tensors_t *want, const tensors_t *have) {
  for (size_t i = 0; i < want->count; ++i)
    MMD_TRY(mmd_status_annotate(compare(&want->items[i], &have->items[i]), "output %zu", i));
  return NULL;
}

//===--- cases -------------------------------------------------------------===//

static mmd_status_t run_graph(const mmd_graph_t *graph, const char *folder) {
  tensors_t inputs = {0}, wanted = {0}, outputs = {0};
  load(folder, "input", graph->root->input_count, &inputs);
  load(folder, "output", graph->root->output_count, &wanted);
  mmd_status_t status =
      ncnn_test_run(graph, inputs.items, inputs.count, outputs.items, wanted.count);
  if (!status) {
    outputs.count = wanted.count;
    status = compare_all(&wanted, &outputs);
  }
  clear(&inputs);
  clear(&wanted);
  clear(&outputs);
  return status;
}

static mmd_status_t run_case(const char *folder) {
  mmd_graph_t *graph = NULL;
  char *model = mmd_path_join(folder, "model.onnx");
  mmd_status_t status = mmd_onnx_import(model, NULL, &graph);
  mmd_free(model);
  MMD_TRY(status);
  status = run_graph(graph, folder);
  mmd_graph_destroy(graph);
  return status;
}

typedef struct pattern_t {
  char text[100];
  size_t hits;
} pattern_t;

typedef struct table_t {
  size_t count;
  pattern_t patterns[MAX_PATTERNS];
} table_t;

static void read_table(table_t *table) {
  char line[200];
  FILE *file = fopen(MMD_TEST_FILE("tests/integration/ncnn/cases.txt"), "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    if (line[0] == '#' || line[0] == '\n') continue;
    assert_true(table->count < MAX_PATTERNS);
    assert_int_equal(sscanf(line, "%99s", table->patterns[table->count++].text), 1);
  }
  fclose(file);
}

static bool is_named(table_t *table, const char *name) {
  for (size_t i = 0; i < table->count; ++i) {
    if (fnmatch(table->patterns[i].text, name, 0) != 0) continue;
    ++table->patterns[i].hits;
    return true;
  }
  return false;
}

// Prints the case and its failure.
static bool fails(const char *parent, const char *name) {
  char *folder = mmd_path_join(parent, name);
  mmd_status_t status = run_case(folder);
  mmd_free(folder);
  if (!status) return false;
  print_error("%s: %s\n", name, mmd_status_message(status));
  mmd_status_free(status);
  return true;
}

static void run_folder(table_t *table, const char *parent) {
  char **names;
  size_t count, runs = 0, failures = 0;
  const char *only = getenv("MMD_NODE_CASE");
  mmd_assert_ok(mmd_path_list(parent, &names, &count));
  for (size_t i = 0; i < count; ++i) {
    if (only ? strstr(names[i], only) != NULL : is_named(table, names[i])) {
      ++runs;
      failures += fails(parent, names[i]);
    }
    mmd_free(names[i]);
  }
  mmd_free(names);
  print_message("%zu cases, %zu failed\n", runs, failures);
  assert_int_equal(failures, 0);
}

static void onnx_cases(void **state) {
  (void)state;
  static table_t table;
  const char *assets = getenv("MMDEPLOY_ASSETS");
  ncnn_test_engine();
  if (!assets || !*assets) mmd_test_skip("MMDEPLOY_ASSETS is not set");
  read_table(&table);
  char *parent = mmd_path_join(assets, "onnx/node");
  run_folder(&table, parent);
  mmd_free(parent);
  for (size_t i = 0; i < table.count && !getenv("MMD_NODE_CASE"); ++i) {
    if (!table.patterns[i].hits) fail_msg("no case is like '%s'", table.patterns[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(onnx_cases)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
