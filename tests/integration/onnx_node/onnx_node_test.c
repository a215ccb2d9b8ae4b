// SPDX-License-Identifier: Apache-2.0
//
// ONNX's own node cases ($MMDEPLOY_ASSETS/onnx) through import, type inference and both modes of
// the evaluator, with ONNX's tolerances. expected.txt says how many must pass and which are left
// out.
//
// Types are tested on the way: inputs get a symbol for every dimension, and what inference says of
// each edge must become the size that was computed, once the symbols have their numbers.
//
// MMD_NODE_CASE=<part of a name> runs those cases alone and prints each failure.
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
#include "graph/verify.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"

#define RELATIVE 1e-3
#define ABSOLUTE 1e-7

// ---- The table.

enum { MAX_FOLDERS = 8, MAX_SKIPS = 100 };

typedef struct {
  char pattern[120];
  size_t hits;
} skip_t;

typedef struct {
  char name[40];
  bool optional;
  size_t cases, passes;  // that must be reached
  size_t skip_count;
  skip_t skips[MAX_SKIPS];
} folder_t;

typedef struct {
  size_t count;
  folder_t folders[MAX_FOLDERS];
} table_t;

static bool read_line(table_t *table, const char *line) {
  folder_t *next = &table->folders[table->count];
  char word[20];
  if (sscanf(line, "%19s", word) != 1 || word[0] == '#') return true;
  if (strcmp(word, "skip") == 0 && table->count > 0) {
    folder_t *folder = &next[-1];
    if (folder->skip_count == MAX_SKIPS) return false;
    return sscanf(line, "skip %119s", folder->skips[folder->skip_count++].pattern) == 1;
  }
  if (table->count == MAX_FOLDERS) return false;
  next->optional = strcmp(word, "optional") == 0;
  ++table->count;
  return (next->optional || strcmp(word, "folder") == 0) &&
         sscanf(line, "%*s %39s %zu %zu", next->name, &next->cases, &next->passes) == 3;
}

static void read_table(table_t *table) {
  char line[400];
  FILE *file = fopen(MMD_TEST_FILE("tests/integration/onnx_node/expected.txt"), "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) {
    if (!read_line(table, line)) fail_msg("expected.txt: cannot read '%s'", line);
  }
  fclose(file);
}

static bool is_skipped(folder_t *folder, const char *name) {
  for (size_t i = 0; i < folder->skip_count; ++i) {
    if (fnmatch(folder->skips[i].pattern, name, 0) != 0) continue;
    ++folder->skips[i].hits;
    return true;
  }
  return false;
}

// ---- Comparison.

static bool number_close(double want, double have) {
  if (isnan(want) || isnan(have)) return isnan(want) && isnan(have);
  if (isinf(want) || isinf(have)) return want == have;
  return fabs(want - have) <= ABSOLUTE + RELATIVE * fabs(want);
}

static mmd_status_t compare_tensors(const mmd_tensor_t *want, const mmd_tensor_t *have) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  if (want->dtype != have->dtype || !mmd_shape_equal(&want->shape, &have->shape)) {
    mmd_status_ignore(mmd_tensor_format(have, &text));
    mmd_status_ignore(mmd_str_append(&text, " instead of "));
    mmd_status_ignore(mmd_tensor_format(want, &text));
    status = MMD_ERROR(MMD_MISMATCH, "%s", mmd_str_text(&text));
    mmd_str_deinit(&text);
    return status;
  }
  if (want->dtype == MMD_STRING) {
    return mmd_tensor_equal(want, have) ? NULL : MMD_ERROR(MMD_MISMATCH, "strings differ");
  }
  size_t count = mmd_tensor_count(want);
  for (size_t i = 0; i < count; ++i) {
    double a = mmd_tensor_get_f64(want, i), b = mmd_tensor_get_f64(have, i);
    if (!number_close(a, b)) {
      return MMD_ERROR(MMD_MISMATCH, "element %zu is %.9g instead of %.9g", i, b, a);
    }
  }
  return NULL;
}

static mmd_status_t compare(const mmd_datum_t *want, const mmd_datum_t *have) {
  if (want->kind != have->kind || want->item_count != have->item_count) {
    return MMD_ERROR(MMD_MISMATCH, "kind %d with %zu items instead of kind %d with %zu",
                     (int)have->kind, have->item_count, (int)want->kind, want->item_count);
  }
  for (size_t i = 0; i < want->item_count; ++i) MMD_TRY(compare(&want->items[i], &have->items[i]));
  return want->kind == MMD_TYPE_TENSOR ? compare_tensors(&want->tensor, &have->tensor) : NULL;
}

// ---- Data files.

static mmd_status_t to_datum(const mmd_onnx_value_t *value, mmd_datum_t *out_datum) {
  *out_datum = (mmd_datum_t){0};
  if (value->kind == MMD_ONNX_VALUE_TENSOR) {
    out_datum->kind = MMD_TYPE_TENSOR;
    out_datum->tensor = mmd_tensor_retain(&value->tensor);
  } else if (value->kind == MMD_ONNX_VALUE_SEQUENCE) {
    out_datum->kind = MMD_TYPE_SEQUENCE;
    out_datum->items = mmd_alloc_array(value->count + 1, sizeof *out_datum->items);
    MMD_TRY_ALLOC(out_datum->items);
    for (size_t i = 0; i < value->count; ++i) {
      MMD_TRY(to_datum(&value->items[i], &out_datum->items[i]));
      out_datum->item_count = i + 1;
    }
  }
  return NULL;
}

static mmd_status_t load_datum(const char *folder, const char *what, size_t index,
                               const mmd_type_t *type, mmd_datum_t *out_datum) {
  char path[1024];
  mmd_onnx_value_t value;
  mmd_onnx_value_kind_t kind = type->kind == MMD_TYPE_SEQUENCE   ? MMD_ONNX_VALUE_SEQUENCE
                               : type->kind == MMD_TYPE_OPTIONAL ? MMD_ONNX_VALUE_OPTIONAL
                                                                 : MMD_ONNX_VALUE_TENSOR;
  snprintf(path, sizeof path, "%s/%s_%zu.pb", folder, what, index);
  *out_datum = (mmd_datum_t){0};
  MMD_TRY(mmd_onnx_value_load(path, kind, &value));
  mmd_status_t status = to_datum(&value, out_datum);
  mmd_onnx_value_deinit(&value);
  // The data files keep bfloat16 as uint16.
  if (type->dtype == MMD_BF16 && out_datum->tensor.dtype == MMD_U16) {
    out_datum->tensor.dtype = MMD_BF16;
  }
  return status;
}

// ---- Types.

typedef struct {
  const mmd_graph_t *graph;
  const mmd_datum_t *inputs;
} symbols_t;

// "in<i>_<axis>"
static bool lookup_symbol(void *context, const char *symbol, int64_t *out_number) {
  const symbols_t *symbols = context;
  size_t input;
  int axis;
  char end;
  if (sscanf(symbol, "in%zu_%d%c", &input, &axis, &end) != 2) return false;
  *out_number = symbols->inputs[input].tensor.shape.dims[axis];
  return true;
}

static mmd_status_t forget_types(mmd_region_t *region) {
  for (mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i) {
      if (node->outputs[i]) MMD_TRY(mmd_edge_set_type(node->outputs[i], NULL));
    }
  }
  return NULL;
}

static mmd_status_t make_symbolic(mmd_graph_t *graph) {
  MMD_TRY(forget_types(graph->root));
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    mmd_type_t type = graph->root->inputs[i]->type;
    for (int k = 0; type.kind == MMD_TYPE_TENSOR && type.has_rank && k < type.rank; ++k) {
      char name[40];
      snprintf(name, sizeof name, "in%zu_%d", i, k);
      type.dims[k] = mmd_dim_symbol(graph, name);
    }
    MMD_TRY(mmd_edge_set_type(graph->root->inputs[i], &type));
  }
  return NULL;
}

static mmd_status_t check_expression(symbols_t *symbols, const mmd_dim_t *dim, int64_t have,
                                     const char *what) {
  int64_t want;
  mmd_status_t status = mmd_dim_evaluate(dim, lookup_symbol, symbols, &want);
  if (mmd_status_ignore(status) || want == have) return NULL;
  mmd_str_t text = {0};
  mmd_status_ignore(mmd_dim_format(dim, &text));
  status = MMD_ERROR(MMD_MISMATCH, "inferred %s %s = %lld, computed %lld", what,
                     mmd_str_text(&text), (long long)want, (long long)have);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t check_output(symbols_t *symbols, const mmd_edge_t *edge,
                                 const mmd_datum_t *datum) {
  const mmd_type_t *type = &edge->type;
  const mmd_tensor_t *tensor = &datum->tensor;
  if (datum->kind != MMD_TYPE_TENSOR || type->kind == MMD_TYPE_UNKNOWN) return NULL;
  if (type->kind != MMD_TYPE_TENSOR && type->kind != MMD_TYPE_OPTIONAL) {
    return MMD_ERROR(MMD_MISMATCH, "inferred kind %d", (int)type->kind);
  }
  if (type->kind == MMD_TYPE_OPTIONAL) return NULL;
  if (type->dtype != MMD_DTYPE_UNDEFINED && type->dtype != tensor->dtype) {
    return MMD_ERROR(MMD_MISMATCH, "inferred %s, computed %s", mmd_dtype_name(type->dtype),
                     mmd_dtype_name(tensor->dtype));
  }
  if (type->has_rank && type->rank != tensor->shape.rank) {
    return MMD_ERROR(MMD_MISMATCH, "inferred rank %d, computed %d", type->rank, tensor->shape.rank);
  }
  for (int i = 0; type->has_rank && i < type->rank; ++i) {
    MMD_TRY(check_expression(symbols, type->dims[i], tensor->shape.dims[i], "size"));
  }
  if (!edge->elements) return NULL;
  if (edge->element_count != mmd_tensor_count(tensor)) {
    return MMD_ERROR(MMD_MISMATCH, "inferred %zu elements, computed %zu", edge->element_count,
                     mmd_tensor_count(tensor));
  }
  for (size_t i = 0; i < edge->element_count; ++i) {
    MMD_TRY(check_expression(symbols, edge->elements[i], mmd_tensor_get_i64(tensor, i), "element"));
  }
  return NULL;
}

static mmd_status_t observe(void *user, const mmd_node_t *node, const mmd_datum_t *outputs) {
  for (size_t i = 0; i < node->output_count; ++i) {
    if (!node->outputs[i]) continue;
    mmd_status_t status = check_output(user, node->outputs[i], &outputs[i]);
    if (status) return mmd_status_annotate(status, "%s output %zu", node->op, i);
  }
  return NULL;
}

// ---- A case.

typedef struct {
  mmd_graph_t *graph;
  mmd_datum_t *inputs, *wanted, *outputs;
  size_t input_count, output_count;
} run_t;

static void free_datums(mmd_datum_t *datums, size_t count) {
  for (size_t i = 0; datums && i < count; ++i) mmd_datum_deinit(&datums[i]);
  mmd_free(datums);
}

static mmd_status_t run_mode(run_t *run, mmd_eval_mode_t mode) {
  symbols_t symbols = {run->graph, run->inputs};
  mmd_evaluator_options_t options = {.mode = mode, .memory_limit = (size_t)1 << 30};
  mmd_evaluator_t *evaluator;
  if (mode == MMD_EVAL_PLAIN) {
    options.observe = observe;
    options.user = &symbols;
  }
  MMD_TRY(mmd_evaluator_create(run->graph, &options, &evaluator));
  mmd_status_t status =
      mmd_evaluator_run(evaluator, run->inputs, run->input_count, run->outputs, run->output_count);
  mmd_evaluator_destroy(evaluator);
  for (size_t i = 0; !status && i < run->output_count; ++i) {
    status = mmd_status_annotate(compare(&run->wanted[i], &run->outputs[i]), "output %zu", i);
  }
  for (size_t i = 0; i < run->output_count; ++i) mmd_datum_deinit(&run->outputs[i]);
  return mmd_status_annotate(status, "%s", mode == MMD_EVAL_PLAIN ? "plain" : "fast");
}

static mmd_status_t run_data_set(mmd_graph_t *graph, const char *folder) {
  run_t run = {.graph = graph,
               .input_count = graph->root->input_count,
               .output_count = graph->root->output_count};
  run.inputs = mmd_alloc_array(run.input_count + 1, sizeof *run.inputs);
  run.wanted = mmd_alloc_array(run.output_count + 1, sizeof *run.wanted);
  run.outputs = mmd_alloc_array(run.output_count + 1, sizeof *run.outputs);
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < run.input_count; ++i) {
    status = load_datum(folder, "input", i, &graph->root->inputs[i]->type, &run.inputs[i]);
  }
  for (size_t i = 0; !status && i < run.output_count; ++i) {
    status = load_datum(folder, "output", i, &graph->root->outputs[i]->type, &run.wanted[i]);
  }
  if (!status) status = make_symbolic(graph);
  if (!status) status = mmd_status_annotate(mmd_graph_infer(graph), "inference");
  if (!status) status = mmd_graph_verify(graph);
  if (!status) status = run_mode(&run, MMD_EVAL_PLAIN);
  if (!status) status = run_mode(&run, MMD_EVAL_FAST);
  free_datums(run.inputs, run.input_count);
  free_datums(run.wanted, run.output_count);
  free_datums(run.outputs, run.output_count);
  return status;
}

static mmd_status_t run_model(const char *folder, const char *data) {
  mmd_graph_t *graph;
  char *model = mmd_path_join(folder, "model.onnx");
  mmd_status_t status = mmd_onnx_import(model, NULL, &graph);
  mmd_free(model);
  MMD_TRY(status);
  status = run_data_set(graph, data);
  mmd_graph_destroy(graph);
  return status;
}

static mmd_status_t run_case(const char *folder) {
  mmd_status_t status = NULL;
  size_t sets = 0;
  for (bool more = true; more && !status; ++sets) {
    char name[40];
    snprintf(name, sizeof name, "test_data_set_%zu", sets);
    char *data = mmd_path_join(folder, name);
    more = mmd_path_is_directory(data);
    if (more) status = run_model(folder, data);
    mmd_free(data);
  }
  if (!status && sets < 2) return MMD_ERROR(MMD_NOT_FOUND, "no data set");
  return status;
}

typedef struct {
  size_t found, passed, failed, skipped;
} totals_t;

static void run_named(folder_t *folder, const char *path, const char *name, totals_t *totals) {
  const char *only = getenv("MMD_NODE_CASE");
  if (name[0] == '.' || (only && !strstr(name, only))) return;
  ++totals->found;
  if (is_skipped(folder, name) && !only) {
    ++totals->skipped;
    return;
  }
  mmd_status_t status = run_case(path);
  ++*(status ? &totals->failed : &totals->passed);
  if (status) fprintf(stderr, "%s: %s\n", name, mmd_status_message(status));
  mmd_status_free(status);
}

static void check_totals(const folder_t *folder, const totals_t *totals) {
  printf("%s: %zu cases, %zu passed, %zu failed, %zu not run\n", folder->name, totals->found,
         totals->passed, totals->failed, totals->skipped);
  assert_int_equal(totals->failed, 0);
  if (getenv("MMD_NODE_CASE")) return;
  assert_true(totals->found >= folder->cases);
  assert_true(totals->passed >= folder->passes);
  for (size_t i = 0; i < folder->skip_count; ++i) {
    if (folder->skips[i].hits > 0) continue;
    fail_msg("expected.txt: %s has no case '%s'", folder->name, folder->skips[i].pattern);
  }
}

static void run_folder(folder_t *folder, const char *parent) {
  totals_t totals = {0};
  char **names;
  size_t count;
  char *path = mmd_path_join(parent, folder->name);
  if (folder->optional && !mmd_path_is_directory(path)) {
    mmd_free(path);
    return;
  }
  mmd_assert_ok(mmd_path_list(path, &names, &count));
  for (size_t i = 0; i < count; ++i) {
    char *case_path = mmd_path_join(path, names[i]);
    run_named(folder, case_path, names[i], &totals);
    mmd_free(case_path);
    mmd_free(names[i]);
  }
  mmd_free(names);
  mmd_free(path);
  check_totals(folder, &totals);
}

// cases/ beside this file, made by make_cases.py and make_operator_cases.py: the functions of
// models, and what onnx lacks.
static void own_cases(void **state) {
  folder_t folder = {.name = "cases", .cases = 19, .passes = 19};
  (void)state;
  run_folder(&folder, MMD_TEST_FILE("tests/integration/onnx_node"));
}

static void all_cases(void **state) {
  (void)state;
  const char *assets = getenv("MMDEPLOY_ASSETS");
  if (!assets || !*assets) {
    const char *required = getenv("MMDEPLOY_REQUIRE_ASSETS");
    if (required && strcmp(required, "1") == 0) fail_msg("MMDEPLOY_ASSETS is not set");
    skip();
  }
  static table_t table;
  read_table(&table);
  char *parent = mmd_path_join(assets, "onnx");
  for (size_t i = 0; i < table.count; ++i) run_folder(&table.folders[i], parent);
  mmd_free(parent);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(own_cases), cmocka_unit_test(all_cases)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
