// SPDX-License-Identifier: Apache-2.0
//
// What detectors are made of in ncnn, with sizes that only a run tells, beside our evaluator.
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "tests/integration/engines/engine_testing.h"

enum { MAX_OUTPUTS = 2 };

static void evaluate(const mmd_graph_t *graph, const mmd_tensor_t *input, mmd_tensor_t *outputs) {
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_PLAIN};
  mmd_evaluator_t *evaluator = NULL;
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, input, 1, outputs, graph->root->output_count));
  mmd_evaluator_destroy(evaluator);
}

static void compare(const mmd_graph_t *graph, mmd_session_t *session, int rank,
                    const int64_t *dims) {
  mmd_tensor_t input = engine_draw(rank, dims, 0, 1);
  mmd_tensor_t want[MAX_OUTPUTS] = {{0}}, have[MAX_OUTPUTS] = {{0}};
  evaluate(graph, &input, want);
  mmd_assert_ok(mmd_session_run(session, &input, 1, have, graph->root->output_count));
  for (size_t k = 0; k < graph->root->output_count; ++k) {
    assert_true(mmd_shape_equal(&want[k].shape, &have[k].shape));
    for (size_t i = 0; i < mmd_tensor_count(&want[k]); ++i) {
      const double x = mmd_tensor_get_f64(&want[k], i), y = mmd_tensor_get_f64(&have[k], i);
      if (!(fabs(x - y) <= 1e-5 * (1 + fabs(x))))
        fail_msg("output %zu, %zu: %g, want %g", k, i, y, x);
    }
    mmd_tensor_deinit(&want[k]);
    mmd_tensor_deinit(&have[k]);
  }
  mmd_tensor_deinit(&input);
}

// On inputs of two sizes. |layer|, when it is not NULL, is a custom layer that must not be needed.
static void check(const char *text, int rank, const int64_t (*dims)[4], const char *layer) {
  mmd_graph_t *graph = engine_parse(text);
  engine_net_t net;
  mmd_session_t *session = NULL;
  char *param = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_graph_infer(graph));
  engine_net_init(&net, engine_find("ncnn"));
  mmd_assert_ok(engine_net_write(&net, graph, NULL));
  mmd_assert_ok(mmd_file_read(net.net, (size_t)1 << 20, &param, &size));
  if (layer && strstr(param, layer)) fail_msg("%s is in\n%s", layer, param);
  mmd_free(param);
  mmd_assert_ok(engine_net_open(&net, NULL, NULL, &session));
  for (int i = 0; i < 2; ++i) compare(graph, session, rank, dims[i]);
  mmd_session_destroy(session);
  engine_net_deinit(&net);
  mmd_graph_destroy(graph);
}

static const int64_t g_maps[2][4] = {{1, 2, 3, 4}, {1, 2, 1, 5}};

// Anchors, points, points with strides behind them.
static void priors(void **state) {
  (void)state;
  engine_open(engine_find("ncnn"));
  check(
      "graph \"g\" { opset \"\" 20 opset \"mmdeploy\" 1 input %x : f32[1,2,h,w] "
      "constant %b : f32[2,4] = [-4.0, -4.0, 4.0, 4.0, -8.5, -2.0, 8.5, 2.0] "
      "constant %s : f32[2,4] = [0.0, 8.0, 0.0, 8.0, 16.0, 0.0, 16.0, 0.0] "
      "%y = mmdeploy::GridPriors(%x, %b, %s) output %y }",
      4, g_maps, "NonZero");
  check(
      "graph \"g\" { opset \"\" 20 opset \"mmdeploy\" 1 input %x : f32[1,2,h,w] "
      "constant %b : f32[1,2] = [4.0, 4.0] constant %s : f32[2,2] = [0.0, 8.0, 8.0, 0.0] "
      "%y = mmdeploy::GridPriors(%x, %b, %s) output %y }",
      4, g_maps, NULL);
  check(
      "graph \"g\" { opset \"\" 20 opset \"mmdeploy\" 1 input %x : f32[1,2,h,w] "
      "constant %b : f32[1,5] = [1.0, 2.0, 3.0, 4.0, 32.0] "
      "constant %s : f32[2,5] = [0.0, 32.0, 0.0, 0.0, 0.0, 32.0, 0.0, 0.0, 0.0, 0.0] "
      "%y = mmdeploy::GridPriors(%x, %b, %s) output %y }",
      4, g_maps, NULL);
}

// A batch stays one where priors are made of its size.
static void priors_of_a_batch(void **state) {
  static const int64_t maps[2][4] = {{2, 2, 3, 4}, {1, 2, 2, 2}};
  (void)state;
  engine_open(engine_find("ncnn"));
  check(
      "graph \"g\" { opset \"\" 20 opset \"mmdeploy\" 1 input %x : f32[n,2,h,w] "
      "constant %b : f32[1,2] = [4.0, 4.0] constant %s : f32[2,2] = [0.0, 8.0, 8.0, 0.0] "
      "constant %rows : i64[3] = [0, -1, 2] "
      "%p = mmdeploy::GridPriors(%x, %b, %s) %t = Transpose(%x) {perm = [0, 2, 3, 1]} "
      "%r = Reshape(%t, %rows) %y = Add(%r, %p) output %y }",
      4, maps, NULL);
}

// A few columns that are known.
static void columns(void **state) {
  static const int64_t rows[2][4] = {{3, 4}, {7, 4}};
  (void)state;
  engine_open(engine_find("ncnn"));
  check(
      "graph \"g\" { opset \"\" 20 input %x : f32[k,4] constant %i : i64[5] = [2, 0, -1, 1, 2] "
      "%y = Gather(%x, %i) {axis = -1} output %y }",
      2, rows, "Gather");
}

// As many as there are, where that is less.
static void best_of_a_row(void **state) {
  static const int64_t rows[2][4] = {{1, 9}, {1, 3}};
  (void)state;
  engine_open(engine_find("ncnn"));
  check(
      "graph \"g\" { opset \"\" 20 input %x : f32[1,n] constant %a : i64[1] = [0] "
      "constant %e : i64[1] = [5] constant %o : i64[1] = [1] %p = Slice(%x, %a, %e, %o) "
      "%k = Shape(%p) {start = 1} %v, %i = TopK(%x, %k) {axis = 1} output %v output %i }",
      2, rows, NULL);
}

// The cells of a map as a number.
static void part_of_a_shape(void **state) {
  (void)state;
  engine_open(engine_find("ncnn"));
  check(
      "graph \"g\" { opset \"\" 20 input %x : f32[1,2,h,w] %s = Shape(%x) {start = 2, end = 4} "
      "%f = Cast(%s) {to = 1} constant %two : f32[] = [2.0] %y = Mul(%f, %two) output %y }",
      4, g_maps, NULL);
}

// To twice the size as PyTorch writes it, with sizes that are computed.
static void nearest_by_sizes(void **state) {
  (void)state;
  engine_open(engine_find("ncnn"));
  check(
      "graph \"g\" { opset \"\" 20 input %x : f32[1,2,h,w] %s = Shape(%x) "
      "constant %f : i64[4] = [1, 1, 2, 2] %t = Mul(%s, %f) "
      "%y = Resize(%x, _, _, %t) {mode = \"nearest\", "
      "coordinate_transformation_mode = \"asymmetric\", nearest_mode = \"floor\"} output %y }",
      4, g_maps, NULL);
}

// A row of boxes and of scores; nothing is above the threshold.
static void nothing_is_found(void **state) {
  static const int64_t scores[2][4] = {{1, 1, 6}, {1, 1, 6}};
  (void)state;
  engine_open(engine_find("ncnn"));
  check(
      "graph \"g\" { opset \"\" 20 opset \"mmdeploy\" 1 input %s : f32[1,1,6] "
      "constant %l : f32[1,1,8] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] "
      "constant %p : f32[1,2,8] = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, "
      "0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0] "
      "%y = mmdeploy::DetectionOutput(%l, %s, %p) {num_class = 3, score_threshold = 1.5f} "
      "output %y }",
      3, scores, NULL);
}

//===--- files of others ---------------------------------------------------===//

static mmd_tensor_t make_floats(int64_t height, int64_t width, const float *numbers) {
  const mmd_shape_t shape = {4, {1, 1, height, width}};
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, numbers, &tensor));
  return tensor;
}

static void expect_rows(mmd_session_t *session, float background, int64_t count) {
  static const float still[4] = {0}, priors[] = {.1F, .2F, .5F, .6F, .1F, .1F, .2F, .2F};
  const float scores[] = {background, 1 - background};
  mmd_tensor_t inputs[] = {make_floats(1, 4, still), make_floats(1, 2, scores),
                           make_floats(2, 4, priors)};
  mmd_tensor_t rows = {0};
  mmd_assert_ok(mmd_session_run(session, inputs, 3, &rows, 1));
  assert_int_equal(rows.shape.rank, 3);
  assert_int_equal(rows.shape.dims[0], 1);
  assert_int_equal(rows.shape.dims[1], count);
  assert_int_equal(rows.shape.dims[2], 6);
  if (count) {
    assert_true(mmd_tensor_get_f64(&rows, 0) == 1);
    assert_true(fabs(mmd_tensor_get_f64(&rows, 4) - .5) < 1e-6);
  }
  mmd_tensor_deinit(&rows);
  for (int i = 0; i < 3; ++i) mmd_tensor_deinit(&inputs[i]);
}

// As the original's converter writes them, without a meta line; the engine gives nothing at all
// where it has found nothing.
static void plain_file(void **state) {
  static const char param[] =
      "7767517\n4 4\nInput l 0 1 l\nInput s 0 1 s\nInput p 0 1 p\n"
      "DetectionOutput d 3 1 l s p detection_output 0=2 1=0.5 2=9 3=9 4=0.5\n";
  engine_net_t net;
  mmd_session_t *session = NULL;
  (void)state;
  engine_open(engine_find("ncnn"));
  engine_net_init(&net, engine_find("ncnn"));
  mmd_assert_ok(mmd_file_write(net.net, param, sizeof param - 1));
  mmd_assert_ok(engine_net_open(&net, NULL, NULL, &session));
  expect_rows(session, .1F, 1);
  expect_rows(session, .9F, 0);
  mmd_session_destroy(session);
  engine_net_deinit(&net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(priors),           cmocka_unit_test(priors_of_a_batch),
      cmocka_unit_test(columns),          cmocka_unit_test(best_of_a_row),
      cmocka_unit_test(part_of_a_shape),  cmocka_unit_test(nearest_by_sizes),
      cmocka_unit_test(nothing_is_found), cmocka_unit_test(plain_file),
  };
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
