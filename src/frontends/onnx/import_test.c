// SPDX-License-Identifier: Apache-2.0
#include "frontends/onnx/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/onnx/model.h"
#include "graph/verify.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define MODELS MMD_TEST_FILE("src/frontends/onnx/testdata/")

static mmd_graph_t *import(const char *path) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
  mmd_assert_ok(mmd_graph_verify(graph));
  return graph;
}

static const mmd_tensor_t *constant(const mmd_graph_t *graph, const char *name) {
  const mmd_edge_t *edge = mmd_graph_find_edge(graph, name);
  assert_non_null(edge);
  assert_true(edge->is_constant);
  return &edge->constant;
}

static void assert_ints(const mmd_graph_t *graph, const char *name, int64_t a, int64_t b) {
  assert_int_equal(mmd_tensor_get_i64(constant(graph, name), 0), a);
  assert_int_equal(mmd_tensor_get_i64(constant(graph, name), 1), b);
}

static void assert_floats(const mmd_graph_t *graph, const char *name, double a, double b) {
  assert_true(mmd_tensor_get_f64(constant(graph, name), 0) == a);
  assert_true(mmd_tensor_get_f64(constant(graph, name), 1) == b);
}

static void typed_fields_become_tensors(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "basic.onnx");
  assert_int_equal(graph->root->constant_count, 21);
  assert_floats(graph, "f32", 1.5, -2);
  assert_ints(graph, "u8", 0, 255);
  assert_ints(graph, "i8", -128, 127);
  assert_ints(graph, "u16", 0, 65535);
  assert_ints(graph, "i16", -32768, 32767);
  assert_ints(graph, "i32", INT32_MIN, INT32_MAX);
  assert_ints(graph, "i64", INT64_MIN, INT64_MAX);
  assert_ints(graph, "bool", 1, 0);
  assert_floats(graph, "f16", 1.0, -0.5);
  assert_floats(graph, "f64", 0.1, -1e300);
  assert_floats(graph, "u32", 0, 4294967295.0);
  assert_floats(graph, "bf16", 1, -2);
  assert_floats(graph, "f8", 1, -2);
  assert_ints(graph, "i4", 1, -8);
  assert_floats(graph, "raw", 0, 1);
  assert_int_equal(constant(graph, "scalar")->shape.rank, 0);
  assert_int_equal(mmd_tensor_count(constant(graph, "empty")), 0);
  size_t size = 0;
  assert_memory_equal(mmd_tensor_get_string(constant(graph, "str"), 0, &size), "ab", 2);
  assert_int_equal(size, 2);
  // Raw weights are views into the file.
  assert_int_equal(mmd_storage_kind(constant(graph, "raw")->storage), MMD_STORAGE_MAPPED);
  assert_int_equal(mmd_storage_kind(constant(graph, "f32")->storage), MMD_STORAGE_MAPPED);
  mmd_graph_destroy(graph);
}

static void nodes_are_sorted_and_keep_everything(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "basic.onnx");
  const mmd_node_t *odd = graph->root->first;
  assert_string_equal(odd->name, "first");
  assert_string_equal(odd->domain, "acme");
  assert_int_equal(odd->version, 2);
  assert_string_equal(graph->root->last->name, "last");
  assert_string_equal(graph->root->last->doc, "a doc");
  assert_int_equal(graph->root->last->version, 21);
  assert_int_equal(odd->input_count, 3);
  assert_null(odd->inputs[1]);
  assert_null(odd->outputs[1]);
  assert_int_equal(mmd_node_attr_int(odd, "i", 0), -3);
  assert_true(mmd_node_attr_float(odd, "f", 0) == (double)0.1f);
  assert_string_equal(mmd_node_attr_string(odd, "s", ""), "text");
  size_t count = 0;
  const int64_t *ints = mmd_node_attr_ints(odd, "ints", &count);
  assert_int_equal(count, 3);
  assert_int_equal(ints[2], -3);
  assert_int_equal(mmd_tensor_get_i64(mmd_node_attr_tensor(odd, "t"), 1), 2);
  assert_int_equal(mmd_node_attr(odd, "empty")->kind, MMD_ATTR_INTS);
  assert_int_equal(mmd_node_attr(odd, "empty")->count, 0);
  assert_int_equal(mmd_node_attr(odd, "tp")->u.type->rank, 2);
  assert_non_null(odd->unknown);  // its metadata
  assert_int_equal(graph->property_count, 2);
  assert_string_equal(graph->producer_name, "make_models");
  assert_int_equal(graph->model_version, 5);
  assert_non_null(graph->kept);        // training_info
  assert_non_null(graph->root->kept);  // quantization_annotation
  mmd_graph_destroy(graph);
}

static void dimensions_have_names(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "basic.onnx");
  const mmd_type_t *x = &graph->root->inputs[0]->type, *y = &graph->root->outputs[0]->type;
  assert_string_equal(x->dims[0]->symbol, "batch");
  assert_ptr_equal(x->dims[0], y->dims[0]);
  assert_int_equal(mmd_dim_number(x->dims[1]), 3);
  assert_int_equal(x->dims[2]->kind, MMD_DIM_FLOOR_DIV);
  assert_string_equal(x->dims[3]->symbol, MMD_ONNX_UNNAMED_DIM);
  assert_string_equal(y->dims[2]->symbol, "N-H 5");
  assert_ptr_equal(mmd_graph_find_edge(graph, "sum")->type.dims[0], x->dims[0]);
  mmd_graph_destroy(graph);
}

static void inner_graphs_see_outer_values(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "nested.onnx");
  const mmd_node_t *node = graph->root->first;
  const mmd_region_t *then = mmd_node_attr_region(node, "then_branch");
  // The inner graph's own 'a' is another one than the outer 'a'.
  const mmd_edge_t *inner_a = then->first->outputs[0];
  assert_string_not_equal(inner_a->name, "a");
  assert_ptr_equal(then->first->inputs[0], graph->root->inputs[1]);
  const mmd_region_t *inner = mmd_node_attr_region(then->last, "then_branch");
  assert_ptr_equal(inner->first->inputs[1], inner_a);
  const mmd_region_t *other = mmd_node_attr_region(node, "else_branch");
  assert_ptr_equal(other->outputs[0], graph->root->inputs[1]);
  assert_ptr_equal(graph->root->last->inputs[0], node->outputs[0]);
  mmd_graph_destroy(graph);
}

static void functions_are_kept(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "function.onnx");
  assert_int_equal(graph->function_count, 1);
  const mmd_function_t *function = graph->functions[0];
  assert_string_equal(function->domain, "acme");
  assert_string_equal(function->attr_names[0], "factor");
  assert_string_equal(function->attr_defaults[0].name, "bias");
  assert_int_equal(function->body->first->version, 15);
  const mmd_attr_t *attr = mmd_node_attr(function->body->first, "value_float");
  assert_int_equal(attr->kind, MMD_ATTR_REFERENCE);
  assert_string_equal(attr->u.string.data, "factor");
  mmd_graph_destroy(graph);
}

static void external_data_stays_in_its_folder(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "external.onnx");
  assert_true(mmd_tensor_get_f64(constant(graph, "w"), 7) == 7.0);
  mmd_graph_destroy(graph);
  mmd_assert_fails(mmd_onnx_import(MODELS "external_outside.onnx", NULL, &graph),
                   MMD_INVALID_ARGUMENT, "'../external.bin' lies outside the folder");
  mmd_assert_fails(mmd_onnx_import(MODELS "external_missing.onnx", NULL, &graph), MMD_NOT_FOUND,
                   "nowhere.bin");
  mmd_storage_t *storage = NULL;
  mmd_assert_ok(mmd_storage_map_file(MODELS "external.onnx", &storage));
  mmd_assert_fails(mmd_onnx_import_storage(storage, "memory", NULL, NULL, &graph),
                   MMD_NOT_SUPPORTED, "memory: initializer 'w': external data");
  mmd_storage_release(storage);
}

static void missing_data_can_be_inputs(void **state) {
  (void)state;
  mmd_onnx_import_report_t report = {.missing = mmd_value_array()};
  const mmd_onnx_import_options_t options = {.report = &report};
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import(MODELS "external_missing.onnx", &options, &graph));
  mmd_assert_ok(mmd_graph_verify(graph));
  assert_int_equal(mmd_array_size(report.missing), 1);
  assert_string_equal(mmd_value_get_string(mmd_array_at(report.missing, 0), ""), "nowhere.bin");
  assert_int_equal(report.external_bytes, 0);
  const mmd_edge_t *w = mmd_graph_find_edge(graph, "w");
  assert_false(w->is_constant);
  assert_ptr_equal(w, graph->root->inputs[0]);
  assert_int_equal(w->type.dtype, MMD_F32);
  assert_int_equal(mmd_dim_number(w->type.dims[0]), 8);
  mmd_graph_destroy(graph);
  // What is there is read as ever, and what is wrong stays wrong.
  mmd_assert_ok(mmd_onnx_import(MODELS "external.onnx", &options, &graph));
  assert_true(mmd_graph_find_edge(graph, "w")->is_constant);
  assert_int_equal(report.external_bytes, 32);
  mmd_graph_destroy(graph);
  mmd_assert_fails(mmd_onnx_import(MODELS "external_outside.onnx", &options, &graph),
                   MMD_INVALID_ARGUMENT, "lies outside the folder");
  assert_int_equal(mmd_array_size(report.missing), 1);
  mmd_value_release(report.missing);
}

static void sparse_tensors_are_expanded(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "sparse.onnx");
  static const double expected[] = {0, 1, 0, 0, 0, 2};
  for (size_t i = 0; i < 6; i++) {
    assert_true(mmd_tensor_get_f64(constant(graph, "s"), i) == expected[i]);
  }
  const mmd_tensor_t *value = mmd_node_attr_tensor(graph->root->first, "value");
  assert_int_equal(mmd_tensor_get_i64(value, 2), 9);
  mmd_graph_destroy(graph);
  mmd_onnx_import_options_t options = {.dense_limit = 8};
  mmd_assert_fails(mmd_onnx_import(MODELS "sparse.onnx", &options, &graph), MMD_OUT_OF_RANGE,
                   "initializer 's': a sparse tensor of 24 bytes");
}

static void inputs_with_values_are_constants(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "legacy.onnx");
  assert_int_equal(graph->root->input_count, 1);
  assert_floats(graph, "w", 1, 2);
  mmd_graph_destroy(graph);
}

// Models made here, for what must be refused.

typedef struct bench {
  mmd_onnx_model_t model;
  mmd_onnx_graph_t graph;
  mmd_onnx_node_t nodes[2];
  mmd_onnx_attr_t attrs[2];
  mmd_onnx_opset_t opset;
  mmd_onnx_value_info_t output;
  mmd_proto_bytes_t names[6];
} bench_t;

// a = Relu(b), b = Neg(a)
static void bench_init(bench_t *b) {
  memset(b, 0, sizeof *b);
  b->opset.version = 13;
  b->opset.header.has = MMD_ONNX_BIT(MMD_ONNX_OPSET_VERSION);
  b->model.ir_version = 7;
  b->model.header.has = MMD_ONNX_BIT(MMD_ONNX_MODEL_IR_VERSION);
  b->model.opset_import.items = &b->opset;
  b->model.opset_import.count = 1;
  b->model.graph = &b->graph;
  b->graph.node.items = b->nodes;
  b->graph.node.count = 2;
  for (size_t i = 0; i < 2; i++) {
    b->names[2 * i] = mmd_proto_text(i == 0 ? "b" : "a");
    b->names[2 * i + 1] = mmd_proto_text(i == 0 ? "a" : "b");
    b->nodes[i].input.items = &b->names[2 * i];
    b->nodes[i].output.items = &b->names[2 * i + 1];
    b->nodes[i].input.count = b->nodes[i].output.count = 1;
    b->nodes[i].op_type = mmd_proto_text(i == 0 ? "Relu" : "Neg");
  }
}

static mmd_status_t bench_import(bench_t *b) {
  mmd_storage_t *storage = NULL;
  mmd_assert_ok(mmd_onnx_model_write_memory(&b->model, &storage));
  mmd_graph_t *graph = NULL;
  mmd_status_t status = mmd_onnx_import_storage(storage, "m.onnx", NULL, NULL, &graph);
  if (!status) mmd_assert_ok(mmd_graph_verify(graph));
  mmd_graph_destroy(graph);
  mmd_storage_release(storage);
  return status;
}

static void bad_models_are_refused(void **state) {
  (void)state;
  bench_t b;
  bench_init(&b);
  mmd_assert_fails(bench_import(&b), MMD_INVALID_ARGUMENT, "cycle");
  b.names[0] = mmd_proto_text("nothing");
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT,
                   "m.onnx: node 0 'Relu': input 0: 'nothing' is defined nowhere");
  b.names[0] = mmd_proto_text("");
  mmd_assert_ok(bench_import(&b));
  b.names[3] = mmd_proto_text("a");
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "node 1 'Neg': 'a' is defined twice");
  b.names[3] = mmd_proto_text("b");
  b.nodes[0].op_type.data = NULL;
  b.nodes[0].op_type.size = 0;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "node 0 '': the node has no operator");
  b.nodes[0].op_type = (mmd_proto_bytes_t){(const uint8_t *)"a\0b", 3};
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "zero byte");
  b.nodes[0].op_type = mmd_proto_text("Relu");
  b.output.name = mmd_proto_text("z");
  b.graph.output.items = &b.output;
  b.graph.output.count = 1;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "output: 'z' is defined nowhere");
}

static void bad_functions_are_refused(void **state) {
  (void)state;
  bench_t b;
  bench_init(&b);
  b.names[0] = mmd_proto_text("");
  mmd_onnx_function_t function = {.domain = mmd_proto_text("acme"), .name = mmd_proto_text("f")};
  b.model.functions.items = &function;
  b.model.functions.count = 1;
  mmd_assert_ok(bench_import(&b));
  mmd_proto_bytes_t no_name = mmd_proto_text("");
  function.attribute.items = &no_name;
  function.attribute.count = 1;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "function 'f': attribute 0 has no name");
  function.attribute.count = 0;
  for (size_t i = 0; i < 2; i++) {
    b.attrs[i].header.has = MMD_ONNX_BIT(MMD_ONNX_ATTR_TYPE);
    b.attrs[i].type = MMD_ONNX_ATTR_INT;
  }
  function.attribute_proto.items = b.attrs;
  function.attribute_proto.count = 1;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "function 'f': default 0 has no name");
  b.attrs[0].name = b.attrs[1].name = mmd_proto_text("k");
  mmd_assert_ok(bench_import(&b));
  function.attribute_proto.count = 2;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "attribute 'k': has two defaults");
}

static void bad_versions_are_refused(void **state) {
  (void)state;
  bench_t b;
  bench_init(&b);
  b.names[0] = mmd_proto_text("");
  b.opset.version = 0;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "m.onnx: opset 0 of domain ''");
  b.opset.version = 13;
  b.model.ir_version = 4711;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "m.onnx: ir_version 4711");
  b.model.ir_version = 7;
  b.model.opset_import.count = 0;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "imports no opset");
  b.model.graph = NULL;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "there is no graph");
}

static void confused_attributes_are_refused(void **state) {
  (void)state;
  bench_t b;
  bench_init(&b);
  b.names[0] = mmd_proto_text("");
  b.nodes[0].attribute.items = b.attrs;
  b.nodes[0].attribute.count = 1;
  b.attrs[0].name = mmd_proto_text("pads");
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "attribute 'pads': the attribute has neither");
  b.attrs[0].s = mmd_proto_text("text");
  mmd_assert_ok(bench_import(&b));
  b.attrs[0].type = MMD_ONNX_ATTR_INTS;
  b.attrs[0].header.has = MMD_ONNX_BIT(MMD_ONNX_ATTR_TYPE);
  mmd_assert_fails(
      bench_import(&b), MMD_CORRUPT,
      "node 0 'Relu': attribute 'pads': the type is ints, but the content is of type string");
  b.attrs[0].type = 77;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "attribute type 77");
  b.attrs[0].type = MMD_ONNX_ATTR_GRAPH;
  b.attrs[0].s.data = NULL;
  b.attrs[0].s.size = 0;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "has no graph");
  b.attrs[0].type = MMD_ONNX_ATTR_INT;
  b.attrs[1] = b.attrs[0];
  b.nodes[0].attribute.count = 2;
  mmd_assert_fails(bench_import(&b), MMD_CORRUPT, "attribute 'pads': stands there twice");
}

// A chain of a million nodes, last one first: time and stack stay bounded.
static void a_million_nodes_are_read(void **state) {
  (void)state;
  enum { COUNT = 1000000 };
  bench_t b;
  bench_init(&b);
  mmd_onnx_node_t *nodes = calloc(COUNT, sizeof *nodes);
  mmd_proto_bytes_t *names = calloc(COUNT + 1, sizeof *names);
  char *texts = calloc(COUNT + 1, 12);
  for (size_t i = 0; i <= COUNT; i++) {
    snprintf(texts + 12 * i, 12, "v%zu", i);
    names[i] = mmd_proto_text(texts + 12 * i);
  }
  for (size_t i = 0; i < COUNT; i++) {
    nodes[i].op_type = mmd_proto_text("Relu");
    nodes[i].output = (mmd_proto_strings_t){1, &names[i]};
    nodes[i].input = (mmd_proto_strings_t){i + 1 < COUNT, &names[i + 1]};
  }
  b.graph.node.items = nodes;
  b.graph.node.count = COUNT;
  mmd_assert_ok(bench_import(&b));
  free(nodes);
  free(names);
  free(texts);
}

static mmd_status_t sweep_import(void *context) {
  mmd_graph_t *graph = NULL;
  mmd_status_t status = mmd_onnx_import(context, NULL, &graph);
  mmd_graph_destroy(graph);
  return status;
}

static void lack_of_memory_leaves_nothing(void **state) {
  (void)state;
  static const char *const names[] = {"basic",    "nested", "function",
                                      "external", "sparse", "fields"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, MODELS "%s.onnx", names[i]);
    mmd_test_sweep(sweep_import, path);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(typed_fields_become_tensors),
      cmocka_unit_test(nodes_are_sorted_and_keep_everything),
      cmocka_unit_test(dimensions_have_names),
      cmocka_unit_test(inner_graphs_see_outer_values),
      cmocka_unit_test(functions_are_kept),
      cmocka_unit_test(external_data_stays_in_its_folder),
      cmocka_unit_test(missing_data_can_be_inputs),
      cmocka_unit_test(sparse_tensors_are_expanded),
      cmocka_unit_test(inputs_with_values_are_constants),
      cmocka_unit_test(bad_models_are_refused),
      cmocka_unit_test(bad_functions_are_refused),
      cmocka_unit_test(bad_versions_are_refused),
      cmocka_unit_test(confused_attributes_are_refused),
      cmocka_unit_test(a_million_nodes_are_read),
      cmocka_unit_test(lack_of_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
