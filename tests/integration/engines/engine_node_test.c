// SPDX-License-Identifier: Apache-2.0
//
// Cases of the onnx package ($MMDEPLOY_ASSETS/onnx/node) that cases/<engine>.txt names, in the
// engine that the argument names. MMD_NODE_CASE=<part of a name> runs those alone.
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
#include "tests/integration/engines/engine_testing.h"

enum { MAX_TENSORS = 16, MAX_PATTERNS = 400 };

static const engine_t *g_engine;

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
    mmd_assert_ok(mmd_tensor_contiguous(&value.tensor, &out_tensors->items[i]));
    out_tensors->count = i + 1;
    mmd_onnx_value_deinit(&value);
  }
}

//===--- comparison --------------------------------------------------------===//

static bool is_close(double want, double have) {
  if (isnan(want) || isnan(have)) return isnan(want) && isnan(have);
  if (isinf(want) || isinf(have)) return want == have;
  return fabs(want - have) <= g_engine->absolute + g_engine->relative * fabs(want);
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

// All inputs but the first become constants, as networks have them.
static void fix_inputs(mmd_graph_t *graph, tensors_t *inputs) {
  mmd_region_t *root = graph->root;
  while (inputs->count > 1) {
    mmd_tensor_t *last = &inputs->items[--inputs->count];
    mmd_edge_t *constant = NULL;
    mmd_assert_ok(mmd_region_add_constant(root, NULL, last, &constant));
    mmd_assert_ok(mmd_edge_replace_uses(root->inputs[inputs->count], constant));
    mmd_assert_ok(mmd_region_remove_input(root, inputs->count));
    mmd_tensor_deinit(last);
  }
}

static mmd_status_t run_graph(mmd_graph_t *graph, const char *folder, bool is_fixed) {
  tensors_t inputs = {0}, wanted = {0}, outputs = {0};
  load(folder, "input", graph->root->input_count, &inputs);
  load(folder, "output", graph->root->output_count, &wanted);
  if (is_fixed) fix_inputs(graph, &inputs);
  mmd_status_t status =
      engine_run(g_engine, graph, inputs.items, inputs.count, outputs.items, wanted.count);
  if (!status) {
    outputs.count = wanted.count;
    status = compare_all(&wanted, &outputs);
  }
  clear(&inputs);
  clear(&wanted);
  clear(&outputs);
  return status;
}

static mmd_status_t run_case(const char *folder, bool is_fixed) {
  mmd_graph_t *graph = NULL;
  char *model = mmd_path_join(folder, "model.onnx");
  mmd_status_t status = mmd_onnx_import(model, NULL, &graph);
  mmd_free(model);
  MMD_TRY(status);
  status = run_graph(graph, folder, is_fixed);
  mmd_graph_destroy(graph);
  return status;
}

//===--- table -------------------------------------------------------------===//

typedef enum answer_t { ANSWER_COMPUTED, ANSWER_REFUSED, ANSWER_SKIPPED } answer_t;

typedef struct pattern_t {
  char text[100];
  answer_t answer;
  bool is_fixed;  // all inputs but the first are constants
  size_t hits;
} pattern_t;

typedef struct table_t {
  size_t count;
  pattern_t patterns[MAX_PATTERNS];
} table_t;

// "pattern", "fixed pattern", "refused pattern" or "skipped pattern".
static void read_pattern(const char *line, pattern_t *pattern) {
  char first[100], second[100];
  const int count = sscanf(line, "%99s %99s", first, second);
  assert_in_range(count, 1, 2);
  memcpy(pattern->text, count == 2 ? second : first, sizeof pattern->text);
  if (count == 1) return;
  pattern->is_fixed = strcmp(first, "fixed") == 0;
  if (pattern->is_fixed) return;
  pattern->answer = strcmp(first, "refused") == 0 ? ANSWER_REFUSED : ANSWER_SKIPPED;
  if (pattern->answer == ANSWER_SKIPPED) assert_string_equal(first, "skipped");
}

static void read_table(table_t *table) {
  char path[1024], line[200];
  snprintf(path, sizeof path, "%s/%s.txt", MMD_TEST_FILE("tests/integration/engines/cases"),
           g_engine->name);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    if (line[0] == '#' || line[0] == '\n') continue;
    assert_true(table->count < MAX_PATTERNS);
    read_pattern(line, &table->patterns[table->count++]);
  }
  fclose(file);
}

// The first that fits, or NULL.
static pattern_t *find_pattern(table_t *table, const char *name) {
  for (size_t i = 0; i < table->count; ++i) {
    if (fnmatch(table->patterns[i].text, name, 0) == 0) return &table->patterns[i];
  }
  return NULL;
}

// Prints the case and its failure.
static bool fails(const char *parent, const char *name, const pattern_t *pattern) {
  char *folder = mmd_path_join(parent, name);
  mmd_status_t status = run_case(folder, pattern->is_fixed);
  mmd_free(folder);
  const bool is_refused = pattern->answer == ANSWER_REFUSED;
  const bool is_right = is_refused ? mmd_status_code(status) == MMD_NOT_SUPPORTED : !status;
  if (!is_right) print_error("%s: %s\n", name, status ? mmd_status_message(status) : "is done");
  mmd_status_free(status);
  return !is_right;
}

static void run_folder(table_t *table, const char *parent) {
  char **names;
  size_t count, runs = 0, failures = 0;
  const char *only = getenv("MMD_NODE_CASE");
  mmd_assert_ok(mmd_path_list(parent, &names, &count));
  for (size_t i = 0; i < count; ++i) {
    pattern_t *pattern = find_pattern(table, names[i]);
    if (pattern) ++pattern->hits;
    if (pattern && pattern->answer != ANSWER_SKIPPED && (!only || strstr(names[i], only))) {
      ++runs;
      failures += fails(parent, names[i], pattern);
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
  engine_open(g_engine);
  char *parent = mmd_path_join(mmd_test_assets(), "onnx/node");
  read_table(&table);
  run_folder(&table, parent);
  mmd_free(parent);
  for (size_t i = 0; i < table.count; ++i) {
    if (!table.patterns[i].hits) fail_msg("no case is like '%s'", table.patterns[i].text);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(onnx_cases)};
  g_engine = engine_of_arguments(argc, argv);
  if (!g_engine) return 2;
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
