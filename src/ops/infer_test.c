// SPDX-License-Identifier: Apache-2.0
//
// Symbols through the chains that exporters write. Sizes as numbers are tested by the node cases.
#include "ops/infer.h"

#include <string.h>

#include "graph/text.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

typedef struct {
  mmd_graph_t *graph;
  mmd_region_t *root;
} fixture_t;

static fixture_t start(void) {
  fixture_t f;
  mmd_assert_ok(mmd_graph_create("test", &f.graph));
  mmd_assert_ok(mmd_graph_set_opset(f.graph, "", 17));
  f.root = f.graph->root;
  return f;
}

static mmd_edge_t *input(fixture_t *f, const char *name, const char *type_text) {
  mmd_type_t type;
  mmd_edge_t *edge;
  mmd_assert_ok(mmd_type_parse(f->graph, type_text, strlen(type_text), &type));
  mmd_assert_ok(mmd_region_add_input(f->root, name, &type, &edge));
  return edge;
}

static mmd_edge_t *numbers(fixture_t *f, size_t count, const int64_t *list) {
  mmd_tensor_t tensor;
  mmd_edge_t *edge;
  mmd_assert_ok(mmd_tensor_from_i64(list, count, &tensor));
  mmd_assert_ok(mmd_region_add_constant(f->root, "c", &tensor, &edge));
  mmd_tensor_deinit(&tensor);
  return edge;
}
#define NUMBERS(f, ...) \
  numbers((f), sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

static mmd_edge_t *scalar(fixture_t *f, int64_t number) {
  mmd_tensor_t tensor;
  mmd_edge_t *edge;
  mmd_assert_ok(mmd_tensor_scalar_i64(number, &tensor));
  mmd_assert_ok(mmd_region_add_constant(f->root, "c", &tensor, &edge));
  mmd_tensor_deinit(&tensor);
  return edge;
}

static mmd_edge_t *weight(fixture_t *f, int rank, const int64_t *dims) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_edge_t *edge;
  mmd_assert_ok(mmd_shape_make(rank, dims, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  mmd_assert_ok(mmd_region_add_constant(f->root, "w", &tensor, &edge));
  mmd_tensor_deinit(&tensor);
  return edge;
}

static mmd_node_t *node(fixture_t *f, const char *op, size_t count, mmd_edge_t *const *inputs) {
  mmd_node_t *made;
  mmd_assert_ok(mmd_node_create(f->root, NULL, "", op, op, count, inputs, 1, &made));
  return made;
}
#define NODE(f, op, ...)                                                        \
  node((f), (op), sizeof((mmd_edge_t *[]){__VA_ARGS__}) / sizeof(mmd_edge_t *), \
       (mmd_edge_t *[]){__VA_ARGS__})

static void expect_type(fixture_t *f, const mmd_edge_t *edge, const char *want) {
  mmd_str_t text = {0};
  (void)f;
  mmd_assert_ok(mmd_type_format(&edge->type, &text));
  assert_string_equal(mmd_str_text(&text), want);
  mmd_str_deinit(&text);
}

static void convolution_and_pooling(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *x = input(&f, "x", "f32[n,3,h,w]");
  mmd_edge_t *w = weight(&f, 4, (int64_t[]){8, 3, 3, 3});
  mmd_node_t *conv = NODE(&f, "Conv", x, w);
  mmd_assert_ok(mmd_node_set_ints(conv, "strides", 2, (int64_t[]){2, 2}));
  mmd_assert_ok(mmd_node_set_ints(conv, "pads", 4, (int64_t[]){1, 1, 1, 1}));
  mmd_node_t *same = NODE(&f, "Conv", conv->outputs[0], weight(&f, 4, (int64_t[]){8, 8, 3, 3}));
  mmd_assert_ok(mmd_node_set_ints(same, "pads", 4, (int64_t[]){1, 1, 1, 1}));
  mmd_node_t *sum = NODE(&f, "Add", conv->outputs[0], same->outputs[0]);
  mmd_node_t *mean = NODE(&f, "GlobalAveragePool", sum->outputs[0]);
  mmd_node_t *flat = NODE(&f, "Flatten", mean->outputs[0]);
  mmd_node_t *gemm = NODE(&f, "Gemm", flat->outputs[0], weight(&f, 2, (int64_t[]){8, 10}));
  mmd_assert_ok(mmd_graph_infer(f.graph));
  assert_ptr_equal(sum->outputs[0]->type.dims[2], conv->outputs[0]->type.dims[2]);
  expect_type(&f, flat->outputs[0], "f32[n,8]");
  expect_type(&f, gemm->outputs[0], "f32[n,10]");
  mmd_graph_destroy(f.graph);
}

// What PyTorch writes for x.flatten(2).transpose(1, 2) with dynamic sizes.
static void shape_chain(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *x = input(&f, "x", "f32[n,64,h,w]");
  mmd_node_t *shape = NODE(&f, "Shape", x);
  mmd_node_t *n = NODE(&f, "Gather", shape->outputs[0], scalar(&f, 0));
  mmd_node_t *n1 = NODE(&f, "Unsqueeze", n->outputs[0], NUMBERS(&f, 0));
  mmd_node_t *join = NODE(&f, "Concat", n1->outputs[0], NUMBERS(&f, 64), NUMBERS(&f, -1));
  mmd_assert_ok(mmd_node_set_int(join, "axis", 0));
  mmd_node_t *flat = NODE(&f, "Reshape", x, join->outputs[0]);
  mmd_node_t *turned = NODE(&f, "Transpose", flat->outputs[0]);
  mmd_assert_ok(mmd_node_set_ints(turned, "perm", 3, (int64_t[]){0, 2, 1}));
  mmd_assert_ok(mmd_graph_infer(f.graph));
  expect_type(&f, turned->outputs[0], "f32[n,h*w,64]");
  mmd_graph_destroy(f.graph);
}

// Halves of the size through Slice and Div into Resize, as feature pyramids have it.
static void sizes_for_resize(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *x = input(&f, "x", "f32[1,8,h,w]"), *y = input(&f, "y", "f32[1,8,2*h,2*w]");
  mmd_node_t *shape = NODE(&f, "Shape", y);
  mmd_node_t *tail =
      NODE(&f, "Slice", shape->outputs[0], NUMBERS(&f, 2), NUMBERS(&f, 4), NUMBERS(&f, 0));
  mmd_node_t *head = NODE(&f, "Slice", shape->outputs[0], NUMBERS(&f, 0), NUMBERS(&f, 2));
  mmd_node_t *sizes = NODE(&f, "Concat", head->outputs[0], tail->outputs[0]);
  mmd_assert_ok(mmd_node_set_int(sizes, "axis", 0));
  mmd_node_t *resize = NODE(&f, "Resize", x, NULL, NULL, sizes->outputs[0]);
  mmd_node_t *sum = NODE(&f, "Add", resize->outputs[0], y);
  mmd_node_t *half = NODE(&f, "Div", tail->outputs[0], NUMBERS(&f, 2));
  mmd_node_t *filled = NODE(&f, "ConstantOfShape", half->outputs[0]);
  mmd_assert_ok(mmd_graph_infer(f.graph));
  expect_type(&f, sum->outputs[0], "f32[1,8,2*h,2*w]");
  expect_type(&f, filled->outputs[0], "f32[h,w]");
  mmd_graph_destroy(f.graph);
}

// PyTorch's expand(n, -1, -1): sizes of -1 are replaced by 1.
static void expand_of_a_class_token(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *x = input(&f, "x", "f32[n,64,h,w]");
  mmd_node_t *shape = NODE(&f, "Shape", x);
  mmd_node_t *n = NODE(&f, "Slice", shape->outputs[0], NUMBERS(&f, 0), NUMBERS(&f, 1));
  mmd_node_t *sizes = NODE(&f, "Concat", n->outputs[0], NUMBERS(&f, -1, -1));
  mmd_assert_ok(mmd_node_set_int(sizes, "axis", 0));
  mmd_node_t *minus = NODE(&f, "Equal", sizes->outputs[0], NUMBERS(&f, -1, -1, -1));
  mmd_node_t *picked =
      NODE(&f, "Where", minus->outputs[0], NUMBERS(&f, 1, 1, 1), sizes->outputs[0]);
  mmd_edge_t *token = weight(&f, 3, (int64_t[]){1, 1, 64});
  mmd_node_t *tokens = NODE(&f, "Expand", token, picked->outputs[0]);
  mmd_assert_ok(mmd_graph_infer(f.graph));
  expect_type(&f, tokens->outputs[0], "f32[n,1,64]");
  mmd_graph_destroy(f.graph);
}

// The number of wanted sizes alone gives a rank; what is larger than 1 cannot change.
static void expand_to_sizes_of_the_run(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *x = input(&f, "x", "f32[3,1]"), *sizes = input(&f, "sizes", "i64[3]");
  mmd_node_t *grown = NODE(&f, "Expand", x, sizes);
  mmd_assert_ok(mmd_graph_infer(f.graph));
  const mmd_type_t *type = &grown->outputs[0]->type;
  assert_true(type->has_rank && type->rank == 3);
  assert_int_equal(mmd_dim_number(type->dims[0]), -1);
  assert_int_equal(mmd_dim_number(type->dims[1]), 3);
  assert_int_equal(mmd_dim_number(type->dims[2]), -1);
  mmd_graph_destroy(f.graph);
}

static void stacks_of_quantized_matrices(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *a = input(&f, "a", "u8[n,1,m,4]"), *b = input(&f, "b", "u8[6,4,5]");
  mmd_edge_t *v = input(&f, "v", "u8[5]");
  mmd_node_t *product = NODE(&f, "MatMulInteger", a, b);
  mmd_node_t *column = NODE(&f, "MatMulInteger", b, v);
  mmd_assert_ok(mmd_graph_infer(f.graph));
  expect_type(&f, product->outputs[0], "i32[n,6,m,5]");
  expect_type(&f, column->outputs[0], "i32[6,4]");
  mmd_graph_destroy(f.graph);
}

static void unknown_operators_stay_unknown(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *x = input(&f, "x", "f32[n,4]");
  mmd_node_t *strange = NODE(&f, "Strange", x);
  mmd_node_t *relu = NODE(&f, "Relu", strange->outputs[0]);
  mmd_node_t *found = NODE(&f, "NonZero", x);
  mmd_assert_ok(mmd_graph_infer(f.graph));
  assert_int_equal(strange->outputs[0]->type.kind, MMD_TYPE_UNKNOWN);
  assert_false(relu->outputs[0]->type.has_rank);
  assert_int_equal(mmd_dim_number(found->outputs[0]->type.dims[0]), 2);
  const mmd_dim_t *size = found->outputs[0]->type.dims[1];
  mmd_assert_ok(mmd_graph_infer(f.graph));  // again: the symbol stays
  assert_ptr_equal(found->outputs[0]->type.dims[1], size);
  mmd_graph_destroy(f.graph);
}

static void contradictions_name_the_node(void **state) {
  (void)state;
  fixture_t f = start();
  mmd_edge_t *x = input(&f, "x", "f32[n,4]");
  NODE(&f, "MatMul", x, weight(&f, 2, (int64_t[]){5, 6}));
  mmd_assert_fails(mmd_graph_infer(f.graph), MMD_INVALID_ARGUMENT, "MatMul");
  mmd_graph_destroy(f.graph);
  f = start();
  x = input(&f, "x", "f32[2,4]");
  NODE(&f, "Add", x, weight(&f, 2, (int64_t[]){3, 4}));
  mmd_assert_fails(mmd_graph_infer(f.graph), MMD_INVALID_ARGUMENT, "Add");
  mmd_graph_destroy(f.graph);
  f = start();
  x = input(&f, "x", "f32[1,3,8,8]");
  NODE(&f, "Conv", x, weight(&f, 4, (int64_t[]){2, 4, 3, 3}));
  mmd_assert_fails(mmd_graph_infer(f.graph), MMD_INVALID_ARGUMENT, "Conv");
  mmd_graph_destroy(f.graph);
}

static mmd_status_t build_and_infer(void *context) {
  static const char text[] = "f32[n,3,h,w]";
  mmd_graph_t *graph;
  mmd_type_t type;
  mmd_edge_t *x, *ends[2];
  mmd_node_t *made = NULL;
  (void)context;
  MMD_TRY(mmd_graph_create("sweep", &graph));
  mmd_status_t status = mmd_graph_set_opset(graph, "", 13);
  if (!status) status = mmd_type_parse(graph, text, sizeof text - 1, &type);
  if (!status) status = mmd_region_add_input(graph->root, "x", &type, &x);
  if (!status) status = mmd_node_create(graph->root, NULL, "", "Shape", "s", 1, &x, 1, &made);
  if (!status) {
    ends[0] = x;
    ends[1] = made->outputs[0];
    status = mmd_node_create(graph->root, NULL, "", "Reshape", "r", 2, ends, 1, &made);
  }
  if (!status) status = mmd_graph_infer(graph);
  mmd_graph_destroy(graph);
  return status;
}

static void memory_may_be_short(void **state) {
  (void)state;
  mmd_test_sweep(build_and_infer, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolution_and_pooling),
      cmocka_unit_test(shape_chain),
      cmocka_unit_test(sizes_for_resize),
      cmocka_unit_test(expand_of_a_class_token),
      cmocka_unit_test(expand_to_sizes_of_the_run),
      cmocka_unit_test(stacks_of_quantized_matrices),
      cmocka_unit_test(unknown_operators_stay_unknown),
      cmocka_unit_test(contradictions_name_the_node),
      cmocka_unit_test(memory_may_be_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
