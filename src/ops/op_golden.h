// SPDX-License-Identifier: Apache-2.0
//
// For tests: runs the cases of a golden file of testdata/ in both modes. A case is a graph of one
// node in text form, a line "fill SEED SCALE SHIFT" for each input of the graph, and a line "want"
// with the elements of the result; a line "fails TEXT" stands for it where the node must fail.
#ifndef MMD_OPS_OP_GOLDEN_H_
#define MMD_OPS_OP_GOLDEN_H_

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"

enum { MMD_GOLDEN_MAX_INPUTS = 8 };

typedef struct mmd_golden_t {
  const char *text;  // the case, of the file
  mmd_graph_t *graph;
  size_t input_count;
  mmd_tensor_t inputs[MMD_GOLDEN_MAX_INPUTS];
} mmd_golden_t;

// The numbers that the generator makes from the same seed.
static inline void mmd_golden_fill(uint32_t seed, double scale, double shift,
                                   mmd_tensor_t *tensor) {
  float *data = mmd_tensor_mutable_data(tensor);
  for (size_t i = 0; i < mmd_tensor_count(tensor); ++i) {
    seed = seed * 1664525u + 1013904223u;
    data[i] = (float)(((double)(seed >> 16) / 32768 - 1) * scale + shift);
  }
}

static inline mmd_tensor_t mmd_golden_input(const mmd_edge_t *edge) {
  mmd_shape_t shape = {.rank = edge->type.rank};
  mmd_tensor_t tensor;
  for (int i = 0; i < shape.rank; ++i) shape.dims[i] = mmd_dim_number(edge->type.dims[i]);
  mmd_assert_ok(mmd_tensor_create(edge->type.dtype, &shape, true, &tensor));
  return tensor;
}

// Reads a case from its "graph" on; returns what follows its "fill" lines.
static inline const char *mmd_golden_read(const char *text, mmd_golden_t *g) {
  const char *end = strstr(text, "\n}\n");
  assert_non_null(end);
  end += 3;
  *g = (mmd_golden_t){.text = text};
  mmd_assert_ok(mmd_graph_parse(text, (size_t)(end - text), "golden", &g->graph));
  for (; strncmp(end, "fill ", 5) == 0; end = strchr(end, '\n') + 1) {
    char *at;
    uint32_t seed = (uint32_t)strtoul(end + 5, &at, 10);
    double scale = strtod(at, &at), shift = strtod(at, &at);
    assert_true(g->input_count < g->graph->root->input_count);
    mmd_tensor_t *tensor = &g->inputs[g->input_count];
    *tensor = mmd_golden_input(g->graph->root->inputs[g->input_count++]);
    mmd_golden_fill(seed, scale, shift, tensor);
  }
  assert_int_equal(g->input_count, g->graph->root->input_count);
  return end;
}

static inline mmd_status_t mmd_golden_run(const mmd_golden_t *g, mmd_eval_mode_t mode,
                                          mmd_pool_t *pool, mmd_tensor_t *out) {
  mmd_evaluator_options_t options = {.mode = mode, .pool = pool};
  mmd_evaluator_t *evaluator;
  mmd_assert_ok(mmd_evaluator_create(g->graph, &options, &evaluator));
  mmd_status_t status = mmd_evaluator_run_tensors(evaluator, g->inputs, g->input_count, out, 1);
  mmd_evaluator_destroy(evaluator);
  return status;
}

static inline void mmd_golden_compare(const mmd_golden_t *g, const char *want, double tolerance,
                                      mmd_eval_mode_t mode, mmd_pool_t *pool) {
  mmd_tensor_t out;
  mmd_assert_ok(mmd_golden_run(g, mode, pool, &out));
  size_t count = mmd_tensor_count(&out);
  const mmd_type_t *type = &g->graph->root->outputs[0]->type;  // what inference says
  assert_int_equal(type->rank, out.shape.rank);
  for (int i = 0; i < type->rank; ++i) {
    assert_int_equal(mmd_dim_number(type->dims[i]), out.shape.dims[i]);
  }
  for (size_t i = 0; i < count; ++i) {
    char *at;
    double number = strtod(want, &at), have = mmd_tensor_get_f64(&out, i);
    if (at == want) fail_msg("too few numbers, %zu, for\n%.300s", i, g->text);
    want = at;
    if (have == number || (isnan(have) && isnan(number))) continue;
    if (fabs(have - number) <= tolerance * (1 + fabs(number))) continue;
    fail_msg("element %zu is %g, want %g, mode %d, in\n%.400s", i, have, number, (int)mode,
             g->text);
  }
  assert_int_equal(*want, '\n');
  mmd_tensor_deinit(&out);
}

// |file| below the folder's testdata/; at least |least| cases.
static inline void mmd_golden_check(const char *file, size_t least, double tolerance) {
  char path[256], *text;
  size_t size, cases = 0;
  mmd_pool_t *pool;
  snprintf(path, sizeof path, "%s/src/ops/testdata/%s", MMD_SOURCE_DIR, file);
  mmd_assert_ok(mmd_pool_create(3, &pool));
  mmd_assert_ok(mmd_file_read(path, SIZE_MAX, &text, &size));
  for (const char *at = strstr(text, "\ngraph "); at; at = strstr(at, "\ngraph "), ++cases) {
    mmd_golden_t g;
    mmd_tensor_t out;
    at = mmd_golden_read(at + 1, &g);
    bool works = strncmp(at, "want", 4) == 0;
    if (works) mmd_assert_ok(mmd_graph_infer(g.graph));
    for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
      if (works) {
        mmd_golden_compare(&g, at + 4, tolerance, (mmd_eval_mode_t)mode, NULL);
        mmd_golden_compare(&g, at + 4, tolerance, (mmd_eval_mode_t)mode, pool);
        continue;
      }
      char part[64] = "";
      sscanf(at, "fails %63[^\n]", part);
      mmd_status_t status = mmd_golden_run(&g, (mmd_eval_mode_t)mode, pool, &out);
      if (!status || !strstr(mmd_status_message(status), part)) {
        fail_msg("%s instead of '%s' in\n%.400s", status ? mmd_status_message(status) : "success",
                 part, g.text);
      }
      assert_true(mmd_status_ignore(status));
    }
    for (size_t i = 0; i < g.input_count; ++i) mmd_tensor_deinit(&g.inputs[i]);
    mmd_graph_destroy(g.graph);
  }
  assert_true(cases >= least);
  mmd_free(text);
  mmd_pool_destroy(pool);
}

// The type that inference gives the only output of |graph|, a graph in text form.
static inline void mmd_golden_check_type(const char *graph_text, const char *want) {
  mmd_graph_t *graph;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_parse(graph_text, strlen(graph_text), "types", &graph));
  mmd_assert_ok(mmd_graph_infer(graph));
  mmd_assert_ok(mmd_type_format(&graph->root->outputs[0]->type, &text));
  assert_string_equal(mmd_str_text(&text), want);
  mmd_str_deinit(&text);
  mmd_graph_destroy(graph);
}

#endif  // MMD_OPS_OP_GOLDEN_H_
