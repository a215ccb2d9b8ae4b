// SPDX-License-Identifier: Apache-2.0
//
// Graphs that would take more memory, nodes or arithmetic than the limits allow: each ends with an
// error that says so, and soon. Without the limit the first of them would run for years.
#include <stdio.h>
#include <string.h>

#include "base/thread.h"
#include "graph/text.h"
#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "limits", &graph));
  return graph;
}

// Zeros for all inputs, whose sizes are numbers.
static mmd_status_t run(const char *text, const mmd_evaluator_options_t *options) {
  enum { MAX_PORTS = 4 };
  mmd_graph_t *graph = parse(text);
  mmd_tensor_t inputs[MAX_PORTS] = {{0}}, outputs[MAX_PORTS] = {{0}};
  const mmd_region_t *root = graph->root;
  assert_true(root->input_count <= MAX_PORTS && root->output_count <= MAX_PORTS);
  for (size_t i = 0; i < root->input_count; ++i) {
    const mmd_type_t *type = &root->inputs[i]->type;
    mmd_shape_t shape = {.rank = type->rank};
    for (int k = 0; k < type->rank; ++k) shape.dims[k] = mmd_dim_number(type->dims[k]);
    mmd_assert_ok(mmd_tensor_create(type->dtype, &shape, true, &inputs[i]));
  }
  mmd_evaluator_t *evaluator = NULL;
  mmd_status_t status = mmd_evaluator_create(graph, options, &evaluator);
  if (!status) {
    status = mmd_evaluator_run_tensors(evaluator, inputs, root->input_count, outputs,
                                       root->output_count);
  }
  mmd_evaluator_destroy(evaluator);
  for (size_t i = 0; i < MAX_PORTS; ++i) mmd_tensor_deinit(&inputs[i]);
  for (size_t i = 0; i < MAX_PORTS; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_graph_destroy(graph);
  return status;
}

typedef struct {
  const char *op;  // in the message
  const char *text;
} heavy_t;

//===--- steps -------------------------------------------------------------===//

#define ENDLESS                                                                \
  "graph \"g\" { opset \"\" 17 input %x : f32[2]\n"                            \
  "constant %n : i64[] = [4611686018427387904]\nconstant %go : bool[] = [1]\n" \
  "%y = Loop(%n, %go, %x) {body = region \"body\" {\n"                         \
  "input %i : i64[]\ninput %c : bool[]\ninput %s : f32[2]\n"

static void endless_loops_end(void **state) {
  (void)state;
  const mmd_evaluator_options_t options = {.step_limit = 10000};
  mmd_assert_fails(run(ENDLESS "%t = Neg(%s)\noutput %c output %t}}\noutput %y }", &options),
                   MMD_OUT_OF_RANGE, "more than 10000 nodes were run");
  // A body without nodes costs steps too.
  mmd_assert_fails(run(ENDLESS "output %c output %s}}\noutput %y }", &options), MMD_OUT_OF_RANGE,
                   "more than 10000 nodes were run");
}

static void scanned_values_count_as_memory(void **state) {
  (void)state;
  const mmd_evaluator_options_t options = {.memory_limit = 1 << 20, .step_limit = 1000000};
  mmd_assert_fails(run("graph \"g\" { opset \"\" 17\nconstant %n : i64[] = [4611686018427387904]\n"
                       "constant %go : bool[] = [1]\n"
                       "%y = Loop(%n, %go) {body = region \"body\" {\n"
                       "input %i : i64[]\ninput %c : bool[]\noutput %c output %i}}\noutput %y }",
                       &options),
                   MMD_OUT_OF_MEMORY, "over the memory limit");
}

//===--- memory ------------------------------------------------------------===//

// What a loop has gathered is not there for the nodes of its body: 12 rows of 1 MiB beside 6 MiB.
static void bodies_share_the_limit(void **state) {
  (void)state;
  const mmd_evaluator_options_t options = {.memory_limit = 16 << 20};
  mmd_status_t status =
      run("graph \"g\" { opset \"\" 17 input %x : f32[1] constant %n : i64[] = [12]\n"
          "constant %go : bool[] = [1] constant %row : i64[1] = [262144]\n"
          "constant %wide : i64[1] = [1572864]\n"
          "%y, %z = Loop(%n, %go) {body = region \"body\" {\n"
          "input %i : i64[]\ninput %c : bool[]\n%r = Expand(%x, %row)\n"
          "%t = Expand(%x, %wide)\n%s = Size(%t)\noutput %c output %r output %s}}\noutput %y }",
          &options);
  assert_int_equal(mmd_status_code(status), MMD_OUT_OF_MEMORY);
  assert_non_null(strstr(mmd_status_message(status), "Expand"));
  mmd_status_free(status);
}

// Kernels that would work on far more memory than their inputs and results take.
static void room_of_kernels_counts_as_memory(void **state) {
  (void)state;
  static const heavy_t heavy[] = {
      {"Conv",
       "graph \"g\" { opset \"\" 17 input %x : f32[1,1,4,4] input %w : f32[1,1,3,3]\n%y = "
       "Conv(%x, %w) {pads = [30000, 30000, 30000, 30000], strides = [30000, 30000]}\noutput %y }"},
      {"Conv",
       "graph \"g\" { opset \"\" 17 input %x : f32[1,2,4,4] input %w : f32[2,1,3,3]\n%y = "
       "Conv(%x, %w) {group = 2, pads = [30000, 30000, 30000, 30000], strides = [30000, 30000]}\n"
       "output %y }"},
      {"TRTBatchedNMS",
       "graph \"g\" { opset \"mmdeploy\" 1 input %b : f32[1,0,1,4] input %s : f32[1,0,9999999]\n"
       "%d, %l = mmdeploy::TRTBatchedNMS(%b, %s) {keep_topk = 2}\noutput %d }"},
      {"NMSRotated",
       "graph \"g\" { opset \"mmdeploy\" 1 input %b : f32[1,0,5] input %s : f32[1,9999999,0]\n"
       "%y = mmdeploy::NMSRotated(%b, %s)\noutput %y }"},
      {"BicubicInterpolate",
       "graph \"g\" { opset \"mmdeploy\" 1 input %x : f32[1,1,2,1]\n%y = "
       "mmdeploy::TRTBicubicInterpolate(%x) {scale_factor = [1000000.0f, 1.0f]}\noutput %y }"},
  };
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST, .memory_limit = 64 << 20};
  for (size_t i = 0; i < sizeof heavy / sizeof *heavy; ++i) {
    mmd_status_t status = run(heavy[i].text, &options);
    if (!status) print_error("%s ran to its end\n", heavy[i].op);
    assert_non_null(status);
    const bool fits = strstr(mmd_status_message(status), heavy[i].op) &&
                      strstr(mmd_status_message(status), "over the memory limit");
    if (!fits) print_error("%s\n", mmd_status_message(status));
    assert_true(fits);
    mmd_status_free(status);
  }
}

// The text is held once, not a million times.
static void repeated_strings_are_shared(void **state) {
  (void)state;
  enum { SIZE = 1 << 16, COUNT = 1 << 20 };
  mmd_str_t text = {0};
  const mmd_evaluator_options_t options = {.memory_limit = 64 << 20};
  mmd_assert_ok(mmd_str_append(&text,
                               "graph \"g\" { opset \"\" 17 constant %n : i64[1] = [1048576]\n"
                               "constant %s : string[1] = [\""));
  for (int i = 0; i < SIZE; ++i) mmd_assert_ok(mmd_str_append(&text, "a"));
  mmd_assert_ok(mmd_str_append(&text, "\"]\n%y = Expand(%s, %n)\noutput %y }"));
  mmd_assert_ok(run(mmd_str_text(&text), &options));
  mmd_str_deinit(&text);
}

// What lives is found by its address: 100,000 results at a time took five seconds.
static void many_results_may_live(void **state) {
  (void)state;
  enum { COUNT = 100000 };
  mmd_str_t text = {0}, list = {0};
  const mmd_evaluator_options_t options = {.memory_limit = 64 << 20};
  mmd_assert_ok(mmd_str_append(&text, "graph \"g\" { opset \"\" 17 input %x : f32[1]\n"));
  for (int i = 0; i < COUNT; ++i) {
    mmd_assert_ok(mmd_str_printf(&text, "%%n%d = Neg(%%x)\n", i));
    mmd_assert_ok(mmd_str_printf(&list, "%s%%n%d", i ? ", " : "", i));
  }
  mmd_assert_ok(mmd_str_printf(&text, "%%y = Sum(%s)\noutput %%y }", mmd_str_text(&list)));
  const uint64_t start = mmd_time_ns();
  mmd_assert_ok(run(mmd_str_text(&text), &options));
  assert_true(mmd_time_ns() - start < UINT64_C(60000000000));
  mmd_str_deinit(&text);
  mmd_str_deinit(&list);
}

//===--- work --------------------------------------------------------------===//

// Small inputs, small results, and arithmetic without end in between.
static const heavy_t g_heavy[] = {
    {"AveragePool",
     "graph \"g\" { opset \"\" 17 input %x : f32[1,1,4,4]\n%y = AveragePool(%x) {kernel_shape = "
     "[1000000000, 1000000000], pads = [1000000000, 1000000000, 1000000000, 1000000000], strides = "
     "[100000, 100000]}\noutput %y }"},
    {"MaxPool",
     "graph \"g\" { opset \"\" 17 input %x : f64[1,1,4]\n%y = MaxPool(%x) {kernel_shape = "
     "[1000000], pads = [999999, 999999]}\noutput %y }"},
    {"Conv",
     "graph \"g\" { opset \"\" 17 input %x : f32[1,4,64,64] input %w : f32[4,4,63,63]\n%y = "
     "Conv(%x, %w) {pads = [900, 900, 900, 900]}\noutput %y }"},
    {"ConvTranspose",
     "graph \"g\" { opset \"\" 17 input %x : f32[1,8,64,64] input %w : f32[8,8,32,32]\n%y = "
     "ConvTranspose(%x, %w)\noutput %y }"},
    {"MatMul",
     "graph \"g\" { opset \"\" 17 input %x : f32[300,10000] input %w : f32[10000,300]\n%y = "
     "MatMul(%x, %w)\noutput %y }"},
    {"Gemm",
     "graph \"g\" { opset \"\" 17 input %x : f32[300,10000] input %w : f32[10000,300]\n%y = "
     "Gemm(%x, %w)\noutput %y }"},
    {"Einsum",
     "graph \"g\" { opset \"\" 17 input %x : f32[200] input %w : f32[200] input %v : f32[200] "
     "input %u : f32[200]\n%y = Einsum(%x, %w, %v, %u) {equation = \"i,j,k,l->\"}\noutput %y }"},
    {"LRN",
     "graph \"g\" { opset \"\" 17 input %x : f32[1,20000,1,2]\n%y = LRN(%x) {size = 9999999999}\n"
     "output %y }"},
    {"LSTM",
     "graph \"g\" { opset \"\" 17 input %x : f32[900,1,64] input %w : f32[1,1024,64] input %r : "
     "f32[1,1024,256]\n%y = LSTM(%x, %w, %r) {hidden_size = 256}\noutput %y }"},
    {"NonMaxSuppression",
     "graph \"g\" { opset \"\" 17 input %x : f32[1,100000,4] input %s : f32[1,1,100000]\n"
     "constant %n : i64[] = [1000000]\nconstant %t : f32[] = [1.0]\n"
     "%y = NonMaxSuppression(%x, %s, %n, %t)\noutput %y }"},
    {"RoiAlign",
     "graph \"g\" { opset \"\" 17 input %x : f32[1,64,4,4] input %b : f32[300,4] input %i : "
     "i64[300]\n%y = RoiAlign(%x, %b, %i) {output_height = 2, output_width = 2, sampling_ratio = "
     "2000}\noutput %y }"},
    {"Det", "graph \"g\" { opset \"\" 17 input %x : f32[900,900]\n%y = Det(%x)\noutput %y }"},
};

static void arithmetic_is_bounded(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof g_heavy / sizeof *g_heavy; ++i) {
    for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
      const mmd_evaluator_options_t options = {.mode = (mmd_eval_mode_t)mode,
                                               .work_limit = 10000000};
      char message[96];
      snprintf(message, sizeof message, "%s", g_heavy[i].op);
      mmd_status_t status = run(g_heavy[i].text, &options);
      if (!status) print_error("%s ran to its end\n", g_heavy[i].op);
      assert_non_null(status);
      if (!strstr(mmd_status_message(status), "work limit"))
        print_error("%s\n", mmd_status_message(status));
      assert_non_null(strstr(mmd_status_message(status), message));
      assert_non_null(strstr(mmd_status_message(status), "over the work limit"));
      assert_int_equal(mmd_status_code(status), MMD_OUT_OF_RANGE);
      mmd_status_free(status);
    }
  }
}

static void elements_count_as_work(void **state) {
  (void)state;
  static const char loop[] = ENDLESS
      "constant %k : i64[1] = [100000]\n%e = Expand(%s, %k)\noutput %c output %s}}\noutput %y }";
  const mmd_evaluator_options_t options = {.work_limit = 10000000, .step_limit = 1000000};
  mmd_status_t status = run(loop, &options);
  mmd_status_free(status);
  assert_non_null(status);
  static const char adds[] =
      "graph \"g\" { opset \"\" 17 input %x : f32[1000]\n%a = Neg(%x)\n%b = Neg(%a)\noutput %b }";
  const mmd_evaluator_options_t enough = {.work_limit = 4000}, less = {.work_limit = 2999};
  mmd_assert_ok(run(adds, &enough));
  mmd_assert_fails(run(adds, &less), MMD_OUT_OF_RANGE, "over the work limit");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(endless_loops_end),
      cmocka_unit_test(scanned_values_count_as_memory),
      cmocka_unit_test(bodies_share_the_limit),
      cmocka_unit_test(room_of_kernels_counts_as_memory),
      cmocka_unit_test(repeated_strings_are_shared),
      cmocka_unit_test(many_results_may_live),
      cmocka_unit_test(arithmetic_is_bounded),
      cmocka_unit_test(elements_count_as_work),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
