// SPDX-License-Identifier: Apache-2.0
//
// Limits, errors and life times. What operators compute is tested by the node cases.
#include "ops/evaluator.h"

#include <string.h>

#include "graph/text.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_graph_t *make_graph(void) {
  mmd_graph_t *graph;
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, "", 17));
  return graph;
}

static mmd_edge_t *add_input(mmd_graph_t *graph, const char *text) {
  mmd_type_t type;
  mmd_edge_t *edge;
  mmd_assert_ok(mmd_type_parse(graph, text, strlen(text), &type));
  mmd_assert_ok(mmd_region_add_input(graph->root, "x", &type, &edge));
  return edge;
}

static mmd_edge_t *add_node(mmd_region_t *region, const char *op, size_t count,
                            mmd_edge_t *const *inputs) {
  mmd_node_t *node;
  mmd_assert_ok(mmd_node_create(region, NULL, "", op, op, count, inputs, 1, &node));
  return node->outputs[0];
}
#define NODE(region, op, ...)                                                            \
  add_node((region), (op), sizeof((mmd_edge_t *[]){__VA_ARGS__}) / sizeof(mmd_edge_t *), \
           (mmd_edge_t *[]){__VA_ARGS__})

static mmd_tensor_t floats(size_t count) {
  mmd_shape_t shape = {.rank = 1, .dims = {(int64_t)count}};
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  return tensor;
}

static mmd_status_t run_with(mmd_graph_t *graph, const mmd_evaluator_options_t *options,
                             const mmd_tensor_t *input, mmd_tensor_t *output) {
  mmd_evaluator_t *evaluator;
  MMD_TRY(mmd_evaluator_create(graph, options, &evaluator));
  mmd_status_t status = mmd_evaluator_run_tensors(evaluator, input, 1, output, 1);
  mmd_evaluator_destroy(evaluator);
  return status;
}

static void unknown_operators_are_listed_together(void **state) {
  (void)state;
  mmd_graph_t *graph = make_graph();
  mmd_evaluator_t *evaluator;
  mmd_edge_t *x = add_input(graph, "f32[n]");
  mmd_edge_t *y = NODE(graph->root, "Strange", NODE(graph->root, "Odd", x));
  mmd_assert_ok(mmd_region_add_output(graph->root, NODE(graph->root, "Strange", y)));
  mmd_assert_fails(mmd_evaluator_create(graph, NULL, &evaluator), MMD_NOT_SUPPORTED,
                   "Odd-17, Strange-17");
  assert_null(evaluator);
  mmd_graph_destroy(graph);
}

static void inputs_are_checked(void **state) {
  (void)state;
  mmd_graph_t *graph = make_graph();
  mmd_edge_t *x = add_input(graph, "f32[4]");
  mmd_assert_ok(mmd_region_add_output(graph->root, NODE(graph->root, "Relu", x)));
  mmd_tensor_t wrong = floats(5), output, whole;
  mmd_assert_fails(run_with(graph, NULL, &wrong, &output), MMD_INVALID_ARGUMENT, "'x' is f32[5]");
  mmd_assert_ok(mmd_tensor_from_i64((int64_t[]){1, 2, 3, 4}, 4, &whole));
  mmd_assert_fails(run_with(graph, NULL, &whole, &output), MMD_INVALID_ARGUMENT, "i64");
  mmd_tensor_deinit(&wrong);
  mmd_tensor_deinit(&whole);
  mmd_graph_destroy(graph);
}

// Twenty steps in a row need the memory of two.
static void memory_is_freed_after_the_last_use(void **state) {
  (void)state;
  mmd_graph_t *graph = make_graph();
  mmd_edge_t *x = add_input(graph, "f32[n]");
  for (int i = 0; i < 20; ++i) x = NODE(graph->root, "Neg", x);
  mmd_assert_ok(mmd_region_add_output(graph->root, x));
  mmd_tensor_t input = floats(1000), output;
  mmd_evaluator_options_t options = {.memory_limit = 3 * 4000};
  mmd_assert_ok(run_with(graph, &options, &input, &output));
  mmd_tensor_deinit(&output);
  options.memory_limit = 5000;
  mmd_assert_fails(run_with(graph, &options, &input, &output), MMD_OUT_OF_MEMORY, "Neg");
  mmd_tensor_deinit(&input);
  mmd_graph_destroy(graph);
}

static void huge_results_are_refused(void **state) {
  (void)state;
  static const int64_t sizes[][2] = {{1000000, 1000000}, {INT64_MAX / 2, 4}, {-1, 1}};
  static const mmd_code_t codes[] = {MMD_OUT_OF_MEMORY, MMD_OUT_OF_RANGE, MMD_OUT_OF_RANGE};
  for (size_t i = 0; i < 3; ++i) {
    mmd_graph_t *graph = make_graph();
    mmd_edge_t *x = add_input(graph, "i64[2]");
    mmd_assert_ok(mmd_region_add_output(graph->root, NODE(graph->root, "ConstantOfShape", x)));
    mmd_tensor_t input, output;
    mmd_assert_ok(mmd_tensor_from_i64(sizes[i], 2, &input));
    mmd_evaluator_options_t options = {.memory_limit = (size_t)1 << 30};
    mmd_assert_fails(run_with(graph, &options, &input, &output), codes[i], "ConstantOfShape");
    mmd_tensor_deinit(&input);
    mmd_graph_destroy(graph);
  }
}

static void sizes_of_pieces_are_checked(void **state) {
  (void)state;
  static const int64_t splits[][2] = {{4, -1}, {4, 100}, {1, 1}, {INT64_MAX, INT64_MAX}};
  for (size_t i = 0; i < 4; ++i) {
    mmd_graph_t *graph = make_graph();
    mmd_edge_t *x = add_input(graph, "f32[4]");
    mmd_node_t *node;
    mmd_datum_t input = {.kind = MMD_TYPE_TENSOR, .tensor = floats(4)}, outputs[2];
    mmd_datum_t split = {.kind = MMD_TYPE_TENSOR};
    const mmd_datum_t *inputs[] = {&input, &split};
    mmd_edge_t *edges[] = {x, x};
    mmd_assert_ok(mmd_tensor_from_i64(splits[i], 2, &split.tensor));
    mmd_assert_ok(mmd_node_create(graph->root, NULL, "", "Split", "cut", 2, edges, 2, &node));
    mmd_assert_fails(mmd_evaluate_node(node, MMD_EVAL_PLAIN, NULL, inputs, outputs),
                     MMD_INVALID_ARGUMENT, "do not add up to 4");
    mmd_datum_deinit(&input);
    mmd_datum_deinit(&split);
    mmd_graph_destroy(graph);
  }
}

// An empty tensor may be as long as one likes, and so may be the list of its pieces.
static void the_number_of_pieces_is_limited(void **state) {
  (void)state;
  mmd_graph_t *graph = make_graph();
  mmd_edge_t *x = add_input(graph, "f32[0, n]"), *size;
  mmd_tensor_t tensor, output;
  mmd_assert_ok(mmd_tensor_scalar_i64(2, &tensor));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "size", &tensor, &size));
  mmd_tensor_deinit(&tensor);
  mmd_edge_t *pieces = NODE(graph->root, "SplitToSequence", x, size);
  mmd_assert_ok(mmd_node_set_int(pieces->producer, "axis", 1));
  mmd_assert_ok(mmd_region_add_output(graph->root, pieces));
  const mmd_shape_t shapes[] = {{.rank = 2, .dims = {0, INT64_MAX}},
                                {.rank = 2, .dims = {0, 1 << 20}}};
  for (size_t i = 0; i < 2; ++i) {
    const mmd_evaluator_options_t options = {.memory_limit = 1 << 20};
    mmd_assert_ok(mmd_tensor_create(MMD_F32, &shapes[i], true, &tensor));
    mmd_assert_fails(run_with(graph, &options, &tensor, &output), MMD_OUT_OF_MEMORY,
                     "SplitToSequence");
    mmd_tensor_deinit(&tensor);
  }
  mmd_graph_destroy(graph);
}

// Loop(limit, true, x): y = y + y.
static mmd_graph_t *make_loop(int64_t limit) {
  mmd_graph_t *graph = make_graph();
  mmd_edge_t *x = add_input(graph, "f32[n]"), *condition, *iteration, *carried, *count, *truth;
  mmd_region_t *body;
  mmd_node_t *loop;
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_scalar_i64(limit, &tensor));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "limit", &tensor, &count));
  mmd_tensor_deinit(&tensor);
  mmd_shape_t scalar = {.rank = 0};
  uint8_t one = 1;
  mmd_assert_ok(mmd_tensor_from_data(MMD_BOOL, &scalar, &one, &tensor));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "true", &tensor, &truth));
  mmd_tensor_deinit(&tensor);
  mmd_edge_t *inputs[] = {count, truth, x};
  mmd_assert_ok(mmd_node_create(graph->root, NULL, "", "Loop", "loop", 3, inputs, 1, &loop));
  mmd_assert_ok(mmd_region_create(graph, "body", &body));
  mmd_assert_ok(mmd_region_add_input(body, "i", NULL, &iteration));
  mmd_assert_ok(mmd_region_add_input(body, "go", NULL, &condition));
  mmd_assert_ok(mmd_region_add_input(body, "y", NULL, &carried));
  mmd_assert_ok(mmd_node_set_region(loop, "body", body));
  mmd_edge_t *doubled = NODE(body, "Add", carried, carried);
  // One more use of the outer input, so that it must outlive the first iteration.
  mmd_edge_t *zero = NODE(body, "Sub", x, x);
  mmd_assert_ok(mmd_region_add_output(body, condition));
  mmd_assert_ok(mmd_region_add_output(body, NODE(body, "Add", doubled, zero)));
  mmd_assert_ok(mmd_region_add_output(graph->root, loop->outputs[0]));
  return graph;
}

static void loops_run_and_are_limited(void **state) {
  (void)state;
  mmd_graph_t *graph = make_loop(10);
  mmd_tensor_t input = floats(3), output;
  float *data = mmd_tensor_mutable_data(&input);
  data[1] = 1;
  for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
    mmd_evaluator_options_t options = {.mode = (mmd_eval_mode_t)mode,
                                       .step_limit = 41};  // 3 nodes and 1 run of the body each
    mmd_assert_ok(run_with(graph, &options, &input, &output));
    assert_true(mmd_tensor_get_f64(&output, 1) == 1024);
    mmd_tensor_deinit(&output);
    options.step_limit = 40;
    mmd_assert_fails(run_with(graph, &options, &input, &output), MMD_OUT_OF_RANGE, "40 nodes");
  }
  mmd_graph_destroy(graph);
  graph = make_loop(INT64_MAX);
  mmd_evaluator_options_t options = {.step_limit = 1000};
  mmd_assert_fails(run_with(graph, &options, &input, &output), MMD_OUT_OF_RANGE, "1000 nodes");
  mmd_tensor_deinit(&input);
  mmd_graph_destroy(graph);
}

static void loops_need_first_values(void **state) {
  (void)state;
  mmd_graph_t *graph = make_loop(0);
  mmd_node_t *loop = graph->root->first;
  const mmd_region_t *body = mmd_node_attr_region(loop, "body");
  mmd_assert_ok(mmd_graph_infer(graph));
  assert_int_equal(body->inputs[0]->type.dtype, MMD_I64);
  assert_int_equal(body->inputs[1]->type.dtype, MMD_BOOL);
  assert_true(body->inputs[1]->type.has_rank && body->inputs[1]->type.rank == 0);
  mmd_assert_ok(mmd_node_set_input(loop, 2, NULL));
  mmd_tensor_t input = floats(3), output;
  mmd_assert_fails(run_with(graph, NULL, &input, &output), MMD_INVALID_ARGUMENT,
                   "carried value 0 has no first value");
  mmd_tensor_deinit(&input);
  mmd_graph_destroy(graph);
}

// A body y -> Cast(y) to int64 whose y is f32, as Loop's (after two more inputs) or Scan's (before
// an element) state.
static mmd_graph_t *make_changing_state(const char *op) {
  const bool is_loop = strcmp(op, "Loop") == 0;
  mmd_graph_t *graph = make_graph();
  mmd_edge_t *x = add_input(graph, "f32[n]"), *state, *element = NULL, *go = NULL;
  mmd_region_t *body;
  mmd_node_t *node, *cast;
  mmd_type_t type;
  mmd_edge_t *ports[] = {NULL, NULL, x};
  if (!is_loop) ports[0] = ports[1] = x;
  mmd_assert_ok(
      mmd_node_create(graph->root, NULL, "", op, "turn", is_loop ? 3 : 2, ports, 1, &node));
  mmd_assert_ok(mmd_region_create(graph, "body", &body));
  if (is_loop) {
    mmd_assert_ok(mmd_region_add_input(body, "i", NULL, &element));
    mmd_assert_ok(mmd_region_add_input(body, "go", NULL, &go));
    mmd_assert_ok(mmd_region_add_output(body, go));
  }
  mmd_assert_ok(mmd_type_parse(graph, "f32[n]", 6, &type));
  mmd_assert_ok(mmd_region_add_input(body, "y", &type, &state));
  if (!is_loop) mmd_assert_ok(mmd_region_add_input(body, "element", NULL, &element));
  mmd_assert_ok(mmd_node_create(body, NULL, "", "Cast", "cast", 1, &state, 1, &cast));
  mmd_assert_ok(mmd_node_set_int(cast, "to", 7));
  mmd_assert_ok(mmd_region_add_output(body, cast->outputs[0]));
  mmd_assert_ok(mmd_node_set_region(node, "body", body));
  if (!is_loop) mmd_assert_ok(mmd_node_set_int(node, "num_scan_inputs", 1));
  mmd_assert_ok(mmd_region_add_output(graph->root, node->outputs[0]));
  return graph;
}

static void states_keep_their_element_type(void **state) {
  (void)state;
  static const char *const ops[] = {"Loop", "Scan"};
  for (size_t i = 0; i < 2; ++i) {
    mmd_graph_t *graph = make_changing_state(ops[i]);
    mmd_tensor_t input = floats(3), output;
    mmd_status_t status = run_with(graph, NULL, &input, &output);
    assert_non_null(strstr(mmd_status_message(status), ops[i]));
    mmd_assert_fails(status, MMD_INVALID_ARGUMENT,
                     "the body gives value 0 another type than it was given");
    mmd_tensor_deinit(&input);
    mmd_graph_destroy(graph);
  }
}

// Expand of f32[0] to that many columns: without the zero the product does not fit.
static void sizes_beside_a_zero_are_checked(void **state) {
  (void)state;
  mmd_graph_t *graph = make_graph();
  mmd_edge_t *x = add_input(graph, "f32[4, 1, 0]"), *shape;
  mmd_tensor_t tensor, output;
  mmd_assert_ok(mmd_tensor_from_i64((int64_t[]){INT64_MAX, 1}, 2, &tensor));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "shape", &tensor, &shape));
  mmd_tensor_deinit(&tensor);
  mmd_assert_ok(mmd_region_add_output(graph->root, NODE(graph->root, "Expand", x, shape)));
  const mmd_shape_t empty = {.rank = 3, .dims = {4, 1, 0}};
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &empty, true, &tensor));
  mmd_assert_fails(run_with(graph, NULL, &tensor, &output), MMD_OUT_OF_RANGE, "Expand");
  mmd_tensor_deinit(&tensor);
  mmd_graph_destroy(graph);
}

static mmd_status_t stop(void *user, const mmd_node_t *node, const mmd_datum_t *outputs) {
  size_t *calls = user;
  assert_int_equal(outputs[0].kind, MMD_TYPE_TENSOR);
  (void)node;
  return ++*calls == 2 ? MMD_ERROR(MMD_CANCELLED, "enough") : NULL;
}

static void an_observer_may_stop_the_run(void **state) {
  (void)state;
  mmd_graph_t *graph = make_loop(5);
  size_t calls = 0;
  mmd_tensor_t input = floats(2), output;
  mmd_evaluator_options_t options = {.observe = stop, .user = &calls};
  mmd_assert_fails(run_with(graph, &options, &input, &output), MMD_CANCELLED, "enough");
  assert_int_equal(calls, 2);
  mmd_tensor_deinit(&input);
  mmd_graph_destroy(graph);
}

// The same graph in both modes, several threads, several runs: nothing of one run is left for the
// next.
static void memory_is_reused_only_when_nobody_looks(void **state) {
  (void)state;
  mmd_graph_t *graph = make_graph();
  mmd_pool_t *pool;
  mmd_evaluator_t *evaluator;
  mmd_edge_t *x = add_input(graph, "f32[n]"), *shape;
  mmd_tensor_t tensor, output[3];
  mmd_assert_ok(mmd_tensor_from_i64((int64_t[]){2, -1}, 2, &tensor));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "shape", &tensor, &shape));
  mmd_tensor_deinit(&tensor);
  mmd_edge_t *a = NODE(graph->root, "Neg", x);  // also an output
  mmd_edge_t *b = NODE(graph->root, "Abs", a);  // a view of it lives on
  mmd_edge_t *view = NODE(graph->root, "Reshape", b, shape);
  mmd_edge_t *c = NODE(graph->root, "Neg", b);  // b dies, its memory does not
  mmd_edge_t *d = NODE(graph->root, "Neg", NODE(graph->root, "Mul", c, c));
  mmd_assert_ok(mmd_region_add_output(graph->root, a));
  mmd_assert_ok(mmd_region_add_output(graph->root, view));
  mmd_assert_ok(mmd_region_add_output(graph->root, d));
  mmd_assert_ok(mmd_pool_create(2, &pool));
  mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST, .pool = pool};
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_tensor_t input = floats(4);
  ((float *)mmd_tensor_mutable_data(&input))[1] = 3;
  for (int run = 0; run < 3; ++run) {
    mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &input, 1, output, 3));
    assert_true(mmd_tensor_get_f64(&input, 1) == 3);
    assert_true(mmd_tensor_get_f64(&output[0], 1) == -3);
    assert_true(mmd_tensor_get_f64(&output[1], 1) == 3);
    assert_true(mmd_tensor_get_f64(&output[2], 1) == -9);
    for (int i = 0; i < 3; ++i) mmd_tensor_deinit(&output[i]);
  }
  mmd_tensor_deinit(&input);
  mmd_evaluator_destroy(evaluator);
  mmd_pool_destroy(pool);
  mmd_graph_destroy(graph);
}

static void one_node_alone(void **state) {
  (void)state;
  mmd_graph_t *graph = make_graph();
  mmd_edge_t *x = add_input(graph, "f32[n]");
  mmd_node_t *node = NODE(graph->root, "Softmax", x)->producer;
  mmd_datum_t input = {.kind = MMD_TYPE_TENSOR, .tensor = floats(4)}, output;
  const mmd_datum_t *inputs[] = {&input};
  mmd_assert_ok(mmd_evaluate_node(node, MMD_EVAL_PLAIN, NULL, inputs, &output));
  assert_true(mmd_tensor_get_f64(&output.tensor, 3) == 0.25);
  mmd_datum_deinit(&output);
  inputs[0] = NULL;
  mmd_assert_fails(mmd_evaluate_node(node, MMD_EVAL_PLAIN, NULL, inputs, &output),
                   MMD_INVALID_ARGUMENT, "input 0 is missing");
  mmd_datum_deinit(&input);
  mmd_graph_destroy(graph);
}

typedef struct {
  mmd_graph_t *graph;
  mmd_tensor_t input;
  mmd_evaluator_options_t options;
} sweep_t;

static mmd_status_t run_once(void *context) {
  sweep_t *s = context;
  mmd_tensor_t output;
  MMD_TRY(run_with(s->graph, &s->options, &s->input, &output));
  mmd_tensor_deinit(&output);
  return NULL;
}

static void memory_may_be_short(void **state) {
  (void)state;
  sweep_t sweep = {.graph = make_loop(2), .input = floats(3)};
  sweep.options.memory_limit = 1 << 20;
  for (int mode = MMD_EVAL_PLAIN; mode <= MMD_EVAL_FAST; ++mode) {
    sweep.options.mode = (mmd_eval_mode_t)mode;
    mmd_test_sweep(run_once, &sweep);
  }
  mmd_tensor_deinit(&sweep.input);
  mmd_graph_destroy(sweep.graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unknown_operators_are_listed_together),
      cmocka_unit_test(inputs_are_checked),
      cmocka_unit_test(memory_is_freed_after_the_last_use),
      cmocka_unit_test(huge_results_are_refused),
      cmocka_unit_test(sizes_of_pieces_are_checked),
      cmocka_unit_test(the_number_of_pieces_is_limited),
      cmocka_unit_test(loops_run_and_are_limited),
      cmocka_unit_test(loops_need_first_values),
      cmocka_unit_test(states_keep_their_element_type),
      cmocka_unit_test(sizes_beside_a_zero_are_checked),
      cmocka_unit_test(an_observer_may_stop_the_run),
      cmocka_unit_test(memory_is_reused_only_when_nobody_looks),
      cmocka_unit_test(one_node_alone),
      cmocka_unit_test(memory_may_be_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
