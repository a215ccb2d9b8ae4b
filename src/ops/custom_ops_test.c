// SPDX-License-Identifier: Apache-2.0
//
// Operators of the domain mmdeploy against mmcv, mmdet and PyTorch (testdata/custom_ops_golden.txt,
// made by make_custom_ops_golden.py), in both modes.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define RELATIVE 1e-3
#define ABSOLUTE 1e-5

enum { MAX_OUTPUTS = 3 };

static mmd_graph_t *parse(const char *text, size_t size) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, size, "test", &graph));
  return graph;
}

static bool close_to(double want, double have) {
  if (isnan(want) || isinf(want)) return isnan(want) ? isnan(have) : want == have;
  return fabs(want - have) <= ABSOLUTE + RELATIVE * fabs(want);
}

static void compare(const char *name, size_t output, const mmd_tensor_t *want,
                    const mmd_tensor_t *have) {
  if (want->dtype != have->dtype || !mmd_shape_equal(&want->shape, &have->shape)) {
    fail_msg("%s: output %zu has another type", name, output);
  }
  for (size_t i = 0; i < mmd_tensor_count(want); ++i) {
    double a = mmd_tensor_get_f64(want, i), b = mmd_tensor_get_f64(have, i);
    if (!close_to(a, b)) {
      fail_msg("%s: element %zu of output %zu is %g instead of %g", name, i, output, b, a);
    }
  }
}

static mmd_status_t evaluate(const mmd_graph_t *graph, mmd_eval_mode_t mode, mmd_pool_t *pool,
                             mmd_tensor_t *outputs) {
  mmd_evaluator_options_t options = {.mode = mode, .pool = pool, .memory_limit = 1 << 28};
  mmd_evaluator_t *evaluator;
  MMD_TRY(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_status_t status =
      mmd_evaluator_run_tensors(evaluator, NULL, 0, outputs, graph->root->output_count);
  mmd_evaluator_destroy(evaluator);
  return status;
}

// What inference says must be what was computed.
static void check_type(const char *name, const mmd_edge_t *edge, const mmd_tensor_t *have) {
  const mmd_type_t *type = &edge->type;
  if (type->kind != MMD_TYPE_TENSOR || type->dtype != have->dtype || !type->has_rank ||
      type->rank != have->shape.rank) {
    fail_msg("%s: the type of %s", name, edge->name);
  }
  for (int i = 0; i < type->rank; ++i) {
    if (mmd_dim_is_const(type->dims[i]) && type->dims[i]->number != have->shape.dims[i]) {
      fail_msg("%s: size %d of %s", name, i, edge->name);
    }
  }
}

static void run_case(const char *name, const char *text, size_t size, mmd_pool_t *pool) {
  mmd_graph_t *graph = parse(text, size);
  mmd_assert_ok(mmd_graph_infer(graph));
  for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
    mmd_tensor_t outputs[MAX_OUTPUTS] = {{0}};
    mmd_status_t status = evaluate(graph, (mmd_eval_mode_t)mode, pool, outputs);
    if (status) fail_msg("%s: %s", name, mmd_status_message(status));
    for (size_t i = 0; i < graph->root->output_count; ++i) {
      char want[32];
      snprintf(want, sizeof want, "want%zu", i);
      check_type(name, graph->root->outputs[i], &outputs[i]);
      compare(name, i, &mmd_graph_find_edge(graph, want)->constant, &outputs[i]);
      mmd_tensor_deinit(&outputs[i]);
    }
  }
  mmd_graph_destroy(graph);
}

static void like_the_reference(void **state) {
  (void)state;
  char *text = NULL;
  size_t size, count = 0;
  mmd_pool_t *pool;
  mmd_assert_ok(mmd_pool_create(2, &pool));
  mmd_assert_ok(mmd_file_read(MMD_TEST_FILE("src/ops/testdata/custom_ops_golden.txt"), 1 << 20,
                              &text, &size));
  for (char *at = text; at; ++count) {
    char name[80];
    assert_int_equal(sscanf(at, "case %79[^\n]", name), 1);
    char *begin = strchr(at, '\n') + 1, *next = strstr(begin, "\ncase ");
    run_case(name, begin, next ? (size_t)(next - begin) : strlen(begin), pool);
    at = next ? next + 1 : NULL;
  }
  assert_int_equal(count, 73);
  mmd_free(text);
  mmd_pool_destroy(pool);
}

static void types_keep_symbols(void **state) {
  (void)state;
  static const struct {
    const char *inputs, *node, *type;
  } cases[] = {
      {"input %a : f32[n,b,5] input %b : f32[n,c,b]", "NMSRotated:1(%a, %b)", "i64["},
      {"input %a : f32[n,b,1,4] input %b : f32[n,b,c]", "TRTBatchedNMS:1(%a, %b) {keep_topk = 7}",
       "f32[n,7,5]"},
      {"input %a : f32[n,b,1,5] input %b : f32[n,b,c]",
       "TRTBatchedRotatedNMS:1(%a, %b) {keep_topk = 7}", "f32[n,7,6]"},
      {"input %a : f32[n,b,4] input %b : i64[n,k]", "GatherTopk:1(%a, %b)", "f32[n,k,4]"},
      {"input %a : f32[3,4] input %b : i64[h] input %c : i64[w]", "GridPriorsTRT:1(%a, %b, %c)",
       "f32[3*h*w,4]"},
      {"input %a : f32[b,t,e] input %b : f32[b,s,e] input %c : f32[b,s,e]",
       "ScaledDotProductAttentionTRT:1(%a, %b, %c)", "f32[b,t,e]"},
      {"input %a : f16[n,c,h,w] input %b : f32[c]", "TRTInstanceNormalization:1(%a, %b, %b)",
       "f16[n,c,h,w]"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    char text[400];
    mmd_str_t type = {0};
    snprintf(text, sizeof text,
             "graph \"g\" { opset \"mmdeploy\" 1 %s %%y = mmdeploy::%s output %%y }",
             cases[i].inputs, cases[i].node);
    mmd_graph_t *graph = parse(text, strlen(text));
    mmd_assert_ok(mmd_graph_infer(graph));
    mmd_assert_ok(mmd_type_format(&graph->root->outputs[0]->type, &type));
    assert_memory_equal(mmd_str_text(&type), cases[i].type, strlen(cases[i].type));
    mmd_str_deinit(&type);
    mmd_graph_destroy(graph);
  }
}

static void assert_refused(const char *constants, const char *node, mmd_code_t code) {
  char text[600];
  mmd_tensor_t outputs[MAX_OUTPUTS] = {{0}};
  snprintf(text, sizeof text,
           "graph \"g\" { opset \"mmdeploy\" 1 %s %%y = mmdeploy::%s output %%y }", constants,
           node);
  mmd_graph_t *graph = parse(text, strlen(text));
  for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
    mmd_assert_fails(evaluate(graph, (mmd_eval_mode_t)mode, NULL, outputs), code, NULL);
  }
  mmd_graph_destroy(graph);
}

static void wrong_inputs_are_refused(void **state) {
  (void)state;
  const mmd_code_t invalid = MMD_INVALID_ARGUMENT;
  assert_refused("constant %a : f32[1,2,5] = #0 constant %b : f32[1,1,3] = #0",
                 "NMSRotated:1(%a, %b)", invalid);
  assert_refused("constant %a : f64[1,2,5] = #0 constant %b : f32[1,1,2] = #0",
                 "NMSRotated:1(%a, %b)", MMD_NOT_SUPPORTED);
  assert_refused(
      "constant %a : f32[1,2,4] = #0 constant %b : f32[1,1,2] = #0 constant %c : f32[0] = []",
      "NMSMatch:1(%a, %b, %c, %c)", invalid);
  assert_refused("constant %a : f32[1,2,3,4] = #0 constant %b : f32[1,2,2] = #0",
                 "TRTBatchedNMS:1(%a, %b)", invalid);
  assert_refused("constant %a : f32[1,2,1,4] = #0 constant %b : f32[1,2,2] = #0",
                 "TRTBatchedNMS:1(%a, %b) {keep_topk = -1}", invalid);
  assert_refused("constant %a : f32[1,2,1,4] = #0 constant %b : f32[1,2,2] = #0",
                 "TRTBatchedNMS:1(%a, %b) {keep_topk = 1000000000}", MMD_OUT_OF_MEMORY);
  assert_refused("constant %a : f32[1,2,1,4] = #0 constant %b : f32[1,2,2] = #0",
                 "TRTBatchedNMS:1(%a, %b) {num_classes = 3}", invalid);
  assert_refused("constant %a : f32[2,3] = #0 constant %b : i64[2,1] = [0, 3]",
                 "GatherTopk:1(%a, %b)", MMD_OUT_OF_RANGE);
  assert_refused("constant %a : f32[2,3] = #0 constant %b : i64[1,1] = [0]", "GatherTopk:1(%a, %b)",
                 invalid);
  assert_refused("constant %a : f32[1,2,3] = #0 constant %b : f32[1,0,3] = []",
                 "ScaledDotProductAttentionTRT:1(%a, %b, %b)", invalid);
  assert_refused("constant %a : f32[1,2,3] = #0 constant %b : f32[2,3] = #0",
                 "ScaledDotProductAttentionTRT:1(%a, %a, %a, %b)", invalid);
  assert_refused("constant %a : f32[1,2,3,3] = #0 constant %b : f32[3] = #0",
                 "TRTInstanceNormalization:1(%a, %b, %b)", invalid);
  assert_refused("constant %a : f32[2,3] = #0 constant %b : i64[2] = [0, 0]",
                 "GridPriorsTRT:1(%a, %b, %b)", invalid);
}

static mmd_status_t run_once(void *context) {
  mmd_tensor_t outputs[MAX_OUTPUTS] = {{0}};
  mmd_status_t status = evaluate(context, MMD_EVAL_FAST, NULL, outputs);
  for (size_t i = 0; i < MAX_OUTPUTS; ++i) mmd_tensor_deinit(&outputs[i]);
  return status;
}

static void memory_may_be_short(void **state) {
  (void)state;
  static const char text[] =
      "graph \"g\" { opset \"mmdeploy\" 1 constant %a : f32[1,2,5] = [1, 1, 2, 2, 0, 1, 1, 2, 2, "
      "1] constant %s : f32[1,1,2] = [0.5, 0.6] constant %b : f32[1,2,1,5] = #0 "
      "constant %t : f32[1,2,1] = [0.5, 0.6] %y = mmdeploy::NMSRotated:1(%a, %s) "
      "%z, %l = mmdeploy::TRTBatchedRotatedNMS:1(%b, %t) {keep_topk = 2} output %y output %z }";
  mmd_graph_t *graph = parse(text, strlen(text));
  mmd_test_sweep(run_once, graph);
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(like_the_reference),
      cmocka_unit_test(types_keep_symbols),
      cmocka_unit_test(wrong_inputs_are_refused),
      cmocka_unit_test(memory_may_be_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
