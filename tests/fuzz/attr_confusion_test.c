// SPDX-License-Identifier: Apache-2.0
//
// Every operator of the table, with each of its attributes replaced by one of every other kind and
// by numbers that are out of any range, on inputs of several shapes: types are inferred and the
// node is run in both modes, within limits. Nothing may break; what is refused is refused with a
// message of one line, and not as a defect of ours.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/infer.h"
#include "tests/fuzz/graph_run.h"
#include "tests/fuzz/op_attrs.h"
#include "tests/support/mmd_test.h"

enum { MAX_PORTS = 6, PROFILES = 6 };

// What the inputs of a node are like: none suits all operators, but each suits some.
typedef struct {
  mmd_dtype_t first, rest;
  mmd_shape_t first_shape, rest_shape;
} profile_t;

static const profile_t g_profiles[PROFILES] = {
    {MMD_F32, MMD_F32, {4, {1, 2, 4, 4}}, {4, {2, 2, 3, 3}}},
    {MMD_F32, MMD_F32, {4, {1, 2, 4, 4}}, {1, {2}}},
    {MMD_F32, MMD_I64, {3, {2, 3, 4}}, {1, {2}}},
    {MMD_F32, MMD_F32, {2, {3, 4}}, {2, {4, 3}}},
    {MMD_U8, MMD_U8, {2, {2, 2}}, {0, {0}}},
    {MMD_I64, MMD_I64, {1, {3}}, {1, {3}}},
};

static mmd_graph_t *make_graph(const mmd_op_t *op, const profile_t *profile,
                               mmd_node_t **out_node) {
  mmd_graph_t *graph = NULL;
  mmd_edge_t *inputs[MAX_PORTS] = {NULL};
  const int64_t version = op->since_version > 0 ? op->since_version : 1;
  int count = op->max_inputs < 0 || op->max_inputs > 3 ? 3 : op->max_inputs;
  if (count < op->min_inputs) count = op->min_inputs < MAX_PORTS ? op->min_inputs : MAX_PORTS;
  const int outputs = op->min_outputs > 0 ? op->min_outputs : 1;
  mmd_assert_ok(mmd_graph_create("g", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, op->domain, version));
  for (int i = 0; i < count; ++i) {
    const mmd_shape_t *shape = i ? &profile->rest_shape : &profile->first_shape;
    const mmd_type_t type =
        mmd_type_tensor(graph, i ? profile->rest : profile->first, shape->rank, shape->dims);
    mmd_assert_ok(mmd_region_add_input(graph->root, NULL, &type, &inputs[i]));
  }
  mmd_assert_ok(mmd_node_create(graph->root, NULL, op->domain, op->name, "node", (size_t)count,
                                inputs, (size_t)outputs, out_node));
  mmd_assert_ok(mmd_region_add_output(graph->root, (*out_node)->outputs[0]));
  return graph;
}

static size_t g_runs, g_answers;

static void check_status(mmd_status_t status, const mmd_op_t *op, const char *attr) {
  if (!status) return;
  const char *message = mmd_status_message(status);
  const bool is_good =
      mmd_status_code(status) != MMD_INTERNAL && *message && !strchr(message, '\n');
  if (!is_good) print_error("%s, attribute '%s': '%s'\n", op->name, attr, message);
  mmd_status_free(status);
  assert_true(is_good);
}

static void run_graph(mmd_graph_t *graph, const mmd_op_t *op, const char *attr) {
  mmd_fuzz_run_t run;
  check_status(mmd_graph_infer(graph), op, attr);
  assert_true(mmd_fuzz_make_inputs(graph, &run));
  for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
    mmd_status_t status = mmd_fuzz_evaluate(graph, (mmd_eval_mode_t)mode, NULL, &run);
    ++g_runs;
    g_answers += !status;
    check_status(status, op, attr);
    mmd_fuzz_clear_outputs(&run);
  }
  mmd_fuzz_run_deinit(&run);
}

//===--- wrong values ------------------------------------------------------===//

static const int64_t g_integers[] = {0, -1, 7, INT32_MAX, INT64_MAX, INT64_MIN, (int64_t)1 << 62};
static const double g_numbers[] = {0, -1, 1e30, -1e300, (double)NAN, (double)INFINITY};
enum {
  INTEGERS = sizeof g_integers / sizeof *g_integers,
  NUMBERS = sizeof g_numbers / sizeof *g_numbers,
  LISTS = 5,  // lengths 0, 1, 2, 4, 9
  VARIANTS = INTEGERS * LISTS,
};

static mmd_status_t set_list(mmd_node_t *node, const char *name, char kind, int variant) {
  static const size_t lengths[LISTS] = {0, 1, 2, 4, 9};
  const size_t count = lengths[variant % LISTS];
  int64_t integers[9];
  double numbers[9];
  mmd_attr_string_t strings[9];
  for (size_t i = 0; i < 9; ++i) {
    integers[i] = g_integers[variant / LISTS];
    numbers[i] = g_numbers[variant / LISTS % NUMBERS];
    strings[i] = (mmd_attr_string_t){"odd\0one", 7};
  }
  if (kind == 'I') return mmd_node_set_ints(node, name, count, integers);
  if (kind == 'F') return mmd_node_set_floats(node, name, count, numbers);
  return mmd_node_set_strings(node, name, count, strings);
}

static mmd_status_t set_region(mmd_node_t *node, const char *name, int variant) {
  mmd_region_t *region = NULL;
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_region_create(node->region->graph, "body", &region));
  for (int i = 0; i < variant; ++i) MMD_TRY(mmd_region_add_input(region, NULL, NULL, &edge));
  for (int i = 0; edge && i < variant; ++i) MMD_TRY(mmd_region_add_output(region, edge));
  return mmd_node_set_region(node, name, region);
}

static mmd_status_t set_tensor(mmd_node_t *node, const char *name, int variant) {
  static const mmd_dtype_t types[] = {MMD_F32, MMD_STRING, MMD_I64, MMD_C64, MMD_BOOL};
  const mmd_shape_t shape = {.rank = variant % 3, .dims = {2, 0}};
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_create(types[variant % 5], &shape, true, &tensor));
  mmd_status_t status = mmd_node_set_tensor(node, name, &tensor);
  mmd_tensor_deinit(&tensor);
  return status;
}

static int count_variants(char kind) {
  switch (kind) {
    case 'i':
      return INTEGERS;
    case 'f':
      return NUMBERS;
    case 's':
      return 4;
    case 't':
      return 5;
    case 'g':
      return 4;
    case 'I':
    case 'F':
      return VARIANTS;
    case 'S':
      return LISTS;
    default:
      return 0;
  }
}

static mmd_status_t set_value(mmd_node_t *node, const char *name, char kind, int variant) {
  static const char *const strings[] = {"", "odd", "....", "ij,j->"};
  switch (kind) {
    case 'i':
      return mmd_node_set_int(node, name, g_integers[variant]);
    case 'f':
      return mmd_node_set_float(node, name, g_numbers[variant]);
    case 's':
      return mmd_node_set_string(node, name, strings[variant]);
    case 't':
      return set_tensor(node, name, variant);
    case 'g':
      return set_region(node, name, variant);
    default:
      return set_list(node, name, kind, variant);
  }
}

//===--- tests -------------------------------------------------------------===//

// Ordinary values of the other attributes, so that more operators come as far as the odd one.
static mmd_status_t set_usual(mmd_node_t *node, const char *except) {
  static const int64_t ones[] = {1, 1}, threes[] = {3, 3};
  const char *attrs = mmd_op_attrs(node->op);
  if (strstr(attrs, "kernel_shape:I") && strcmp(except, "kernel_shape") != 0 &&
      strstr(node->op, "Pool"))
    MMD_TRY(mmd_node_set_ints(node, "kernel_shape", 2, threes));
  if (strstr(attrs, "strides:I") && strcmp(except, "strides") != 0 && strstr(node->op, "Pool"))
    MMD_TRY(mmd_node_set_ints(node, "strides", 2, ones));
  if (strstr(attrs, "blocksize:i") && strcmp(except, "blocksize") != 0)
    MMD_TRY(mmd_node_set_int(node, "blocksize", 2));
  if (strstr(attrs, "to:i") && strcmp(except, "to") != 0)
    MMD_TRY(mmd_node_set_int(node, "to", MMD_I32));
  if (strstr(attrs, "size:i") && strcmp(except, "size") != 0)
    MMD_TRY(mmd_node_set_int(node, "size", 3));
  if (strstr(attrs, "hidden_size:i") && strcmp(except, "hidden_size") != 0)
    MMD_TRY(mmd_node_set_int(node, "hidden_size", 2));
  return NULL;
}

static void confuse(const mmd_op_t *op, const char *name) {
  for (const char *kind = MMD_FUZZ_KINDS; *kind; ++kind) {
    for (int variant = 0; variant < count_variants(*kind); ++variant) {
      for (int p = 0; p < PROFILES; ++p) {
        mmd_node_t *node = NULL;
        mmd_graph_t *graph = make_graph(op, &g_profiles[p], &node);
        mmd_assert_ok(set_usual(node, name));
        check_status(set_value(node, name, *kind, variant), op, name);
        run_graph(graph, op, name);
        mmd_graph_destroy(graph);
      }
    }
  }
}

static void confused_attributes_are_survived(void **state) {
  (void)state;
  for (size_t i = 0; i < mmd_op_count(); ++i) {
    const mmd_op_t *op = mmd_op_at(i);
    char name[64];
    for (const char *at = mmd_op_attrs(op->name); *at; at += strcspn(at, " "), at += *at == ' ') {
      const size_t size = strcspn(at, ":");
      assert_true(size < sizeof name);
      memcpy(name, at, size);
      name[size] = '\0';
      confuse(op, name);
    }
  }
  print_message("%zu runs, %zu with an answer\n", g_runs, g_answers);
  // Wrong kinds are often ignored, as if the attribute were not there; many nodes must have run.
  assert_true(g_answers > g_runs / 20);
}

// An attribute that the table does not have would not be confused.
static void the_table_names_operators(void **state) {
  (void)state;
  size_t with_attrs = 0;
  for (size_t i = 0; i < mmd_op_count(); ++i) with_attrs += *mmd_op_attrs(mmd_op_at(i)->name) != 0;
  assert_true(with_attrs > 120);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_names_operators),
      cmocka_unit_test(confused_attributes_are_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
