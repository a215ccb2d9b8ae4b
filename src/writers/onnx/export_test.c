// SPDX-License-Identifier: Apache-2.0
#include "writers/onnx/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/onnx/model.h"
#include "frontends/onnx/import.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "tests/support/mmd_test_skip.h"

#define MODELS MMD_TEST_FILE("src/frontends/onnx/testdata/")

static mmd_graph_t *import(const char *path) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
  return graph;
}

static mmd_graph_t *import_memory(mmd_storage_t *storage) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import_storage(storage, "memory", NULL, NULL, &graph));
  mmd_assert_ok(mmd_graph_verify(graph));
  return graph;
}

static char *print(const mmd_graph_t *graph) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_print(graph, MMD_TEXT_WEIGHTS, &text));
  return mmd_str_take(&text);
}

static mmd_storage_t *export(const mmd_graph_t *graph, const mmd_onnx_export_options_t *options) {
  mmd_storage_t *storage = NULL;
  mmd_assert_ok(mmd_onnx_export_memory(graph, options, &storage));
  return storage;
}

// A small graph of our own: y = x + w.
static mmd_graph_t *small_graph(const mmd_tensor_t *w) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_create("small", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 17));
  mmd_type_t type = mmd_type_tensor(graph, MMD_F32, w->shape.rank, w->shape.dims);
  mmd_edge_t *inputs[2];
  mmd_assert_ok(mmd_region_add_input(graph->root, "x", &type, &inputs[0]));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "w", w, &inputs[1]));
  mmd_node_t *node = NULL;
  mmd_assert_ok(mmd_node_create(graph->root, NULL, "", "Add", "y", 2, inputs, 1, &node));
  mmd_assert_ok(mmd_edge_set_type(node->outputs[0], &type));
  mmd_assert_ok(mmd_region_add_output(graph->root, node->outputs[0]));
  return graph;
}

static mmd_tensor_t ramp(int64_t rows, int64_t columns) {
  mmd_shape_t shape;
  const int64_t dims[] = {rows, columns};
  mmd_assert_ok(mmd_shape_make(2, dims, &shape));
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (int64_t i = 0; i < rows * columns; i++) data[i] = (float)i;
  return tensor;
}

static void what_is_read_back_is_the_same(void **state) {
  (void)state;
  static const char *const names[] = {"basic",  "function", "external",
                                      "sparse", "legacy",   "fields"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, MODELS "%s.onnx", names[i]);
    mmd_graph_t *graph = import(path);
    mmd_storage_t *storage = export(graph, NULL);
    mmd_graph_t *again = import_memory(storage);
    char *a = print(graph), *b = print(again);
    assert_string_equal(a, b);
    // And the bytes are stable from then on.
    mmd_storage_t *second = export(again, NULL);
    assert_int_equal(mmd_storage_size(storage), mmd_storage_size(second));
    assert_memory_equal(mmd_storage_data(storage), mmd_storage_data(second),
                        mmd_storage_size(second));
    mmd_free(a);
    mmd_free(b);
    mmd_graph_destroy(graph);
    mmd_graph_destroy(again);
    mmd_storage_release(storage);
    mmd_storage_release(second);
  }
}

// The same content in one order of fields, whoever wrote it.
static mmd_storage_t *in_order(mmd_storage_t *file) {
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_model_t *model = NULL;
  mmd_storage_t *storage = NULL;
  mmd_assert_ok(
      mmd_onnx_model_parse(mmd_storage_data(file), mmd_storage_size(file), &arena, &model));
  mmd_assert_ok(mmd_onnx_model_write_memory(model, &storage));
  mmd_arena_deinit(&arena);
  return storage;
}

static void assert_says_all(const mmd_graph_t *graph, const mmd_storage_t *expected) {
  mmd_storage_t *file = export(graph, NULL);
  mmd_storage_t *actual = in_order(file);
  assert_int_equal(mmd_storage_size(actual), mmd_storage_size(expected));
  assert_memory_equal(mmd_storage_data(actual), mmd_storage_data(expected),
                      mmd_storage_size(expected));
  mmd_storage_release(file);
  mmd_storage_release(actual);
}

// Texts, metadata, denotations and fields from the future in every message: of the file, of what is
// written, and of a copy of the graph that outlives it.
static void every_message_keeps_its_fields(void **state) {
  (void)state;
  mmd_storage_t *file = NULL;
  mmd_assert_ok(mmd_storage_map_file(MODELS "fields.onnx", &file));
  mmd_storage_t *expected = in_order(file);
  mmd_storage_release(file);
  mmd_graph_t *graph = import(MODELS "fields.onnx"), *copy = NULL;
  assert_says_all(graph, expected);
  mmd_assert_ok(mmd_graph_clone(graph, &copy));
  mmd_graph_destroy(graph);
  assert_says_all(copy, expected);
  mmd_graph_destroy(copy);
  mmd_storage_release(expected);
}

// What was kept does not outlive what it belonged to.
static void kept_fields_go_with_their_types(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "fields.onnx");
  mmd_edge_t *odd = mmd_graph_find_edge(graph, "odd"), *map = mmd_graph_find_edge(graph, "map");
  mmd_edge_t *list = mmd_graph_find_edge(graph, "list");
  const int64_t dims[] = {1, 2, 3};
  mmd_type_t type = mmd_type_tensor(graph, MMD_I64, 3, dims);
  mmd_assert_ok(mmd_edge_set_type(odd, &type));
  mmd_assert_ok(mmd_edge_set_type(map, &type));
  mmd_assert_ok(mmd_edge_set_type(list, &type));
  mmd_assert_ok(mmd_node_set_int(odd->producer, "t", 1));
  mmd_storage_t *file = export(graph, NULL);
  mmd_graph_t *again = import_memory(file);
  for (size_t i = 0; i < 3; i++) {
    const mmd_edge_t *edge = mmd_graph_find_edge(again, i == 0 ? "odd" : i == 1 ? "map" : "list");
    assert_int_equal(edge->type.kind, MMD_TYPE_TENSOR);
    assert_int_equal(edge->type.dtype, MMD_I64);
    assert_int_equal(edge->type.rank, 3);
  }
  assert_int_equal(mmd_node_attr_int(mmd_graph_find_edge(again, "odd")->producer, "t", 0), 1);
  mmd_graph_destroy(graph);
  mmd_graph_destroy(again);
  mmd_storage_release(file);
}

static void unknown_fields_come_back(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "basic.onnx");
  mmd_storage_t *storage = export(graph, NULL);
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_model_t *model = NULL;
  mmd_assert_ok(
      mmd_onnx_model_parse(mmd_storage_data(storage), mmd_storage_size(storage), &arena, &model));
  // training_info, the field from the future, and the annotation of the graph.
  mmd_proto_bytes_t unknown = model->header.unknown;
  assert_memory_equal(unknown.data + unknown.size - 6, "\xfa\x3f\x03new", 6);
  assert_true(model->graph->header.unknown.size > 0);
  assert_true(
      mmd_proto_bytes_equal(model->graph->node.items[0].metadata_props.items[0].value, "backbone"));
  mmd_storage_release(storage);
  const mmd_onnx_export_options_t drop = {
      .drop_unknown = true, .no_value_info = true, .producer_name = "me"};
  storage = export(graph, &drop);
  mmd_assert_ok(
      mmd_onnx_model_parse(mmd_storage_data(storage), mmd_storage_size(storage), &arena, &model));
  assert_int_equal(model->header.unknown.size + model->graph->header.unknown.size, 0);
  assert_int_equal(model->graph->value_info.count, 0);
  assert_true(mmd_proto_bytes_equal(model->producer_name, "me"));
  // A dimension that had no name has none again.
  assert_null(model->graph->input.items[0].type->tensor_type->shape->dim.items[3].dim_param.data);
  mmd_storage_release(storage);
  mmd_arena_deinit(&arena);
  mmd_graph_destroy(graph);
}

static void inner_results_are_computed_inside(void **state) {
  (void)state;
  mmd_graph_t *graph = import(MODELS "nested.onnx");
  mmd_storage_t *storage = export(graph, NULL);
  mmd_graph_t *again = import_memory(storage);
  const mmd_region_t *other = mmd_node_attr_region(again->root->first, "else_branch");
  assert_int_equal(other->node_count, 1);
  assert_true(mmd_node_is(other->first, "", "Identity"));
  assert_ptr_equal(other->outputs[0], other->first->outputs[0]);
  mmd_graph_destroy(graph);
  mmd_graph_destroy(again);
  mmd_storage_release(storage);
}

static void strided_and_unaligned_weights_are_packed(void **state) {
  (void)state;
  mmd_tensor_t w = ramp(50, 70), turned = {0}, slice = {0};
  const int axes[] = {1, 0};
  mmd_assert_ok(mmd_tensor_transpose(&w, axes, &turned));
  mmd_assert_ok(mmd_tensor_slice(&turned, 0, 3, 60, &slice));
  mmd_graph_t *graph = small_graph(&slice);
  mmd_storage_t *storage = export(graph, NULL);
  mmd_graph_t *again = import_memory(storage);
  assert_true(mmd_tensor_equal(&again->root->constants[0]->constant, &slice));
  mmd_graph_destroy(graph);
  mmd_graph_destroy(again);
  mmd_storage_release(storage);
  mmd_tensor_deinit(&w);
  mmd_tensor_deinit(&turned);
  mmd_tensor_deinit(&slice);
}

static void many_weights_go_beside_the_model(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "big.onnx");
  char *data_path = mmd_path_join(folder, "big.onnx.data");
  mmd_tensor_t w = ramp(100, 100);
  mmd_graph_t *graph = small_graph(&w);
  const mmd_onnx_export_options_t options = {.external_threshold = 10000};
  mmd_assert_ok(mmd_onnx_export(graph, &options, path));
  uint64_t size = 0;
  mmd_assert_ok(mmd_path_size(data_path, &size));
  assert_int_equal(size, 40000);
  mmd_assert_ok(mmd_path_size(path, &size));
  assert_true(size < 500);
  mmd_graph_t *again = import(path);
  assert_true(mmd_tensor_equal(&again->root->constants[0]->constant, &w));
  // Onto itself, while it is mapped.
  mmd_assert_ok(mmd_onnx_export(again, &options, path));
  assert_true(mmd_tensor_equal(&again->root->constants[0]->constant, &w));
  mmd_graph_destroy(again);
  mmd_graph_destroy(graph);
  mmd_tensor_deinit(&w);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(data_path);
  mmd_free(folder);
}

static void versions_follow_the_opset(void **state) {
  (void)state;
  mmd_tensor_t w = ramp(2, 2);
  mmd_graph_t *graph = small_graph(&w);
  mmd_storage_t *storage = export(graph, NULL);
  mmd_graph_t *again = import_memory(storage);
  assert_int_equal(again->ir_version, 8);
  mmd_graph_destroy(again);
  mmd_storage_release(storage);
  assert_int_equal(mmd_onnx_ir_version_of(11), 6);
  assert_int_equal(mmd_onnx_ir_version_of(21), 10);
  // Before IR 4 initialisers must be inputs.
  const mmd_onnx_export_options_t old = {.ir_version = 3};
  storage = export(graph, &old);
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_model_t *model = NULL;
  mmd_assert_ok(
      mmd_onnx_model_parse(mmd_storage_data(storage), mmd_storage_size(storage), &arena, &model));
  assert_int_equal(model->graph->input.count, 2);
  assert_int_equal(model->ir_version, 3);
  mmd_arena_deinit(&arena);
  mmd_storage_release(storage);
  mmd_graph_destroy(graph);
  mmd_tensor_deinit(&w);
}

static void a_failed_export_leaves_no_file(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "none/model.onnx");
  mmd_tensor_t w = ramp(2, 2);
  mmd_graph_t *graph = small_graph(&w);
  mmd_status_t status = mmd_onnx_export(graph, NULL, path);
  assert_non_null(status);
  assert_non_null(strstr(mmd_status_message(status), "none"));
  mmd_status_free(status);
  char **names = NULL;
  size_t count = 0;
  mmd_assert_ok(mmd_path_list(folder, &names, &count));
  assert_int_equal(count, 0);
  mmd_free(names);
  mmd_graph_destroy(graph);
  mmd_tensor_deinit(&w);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

// Every model of ONNX's own node tests survives reading, writing and reading again.
static void node_tests_survive(void **state) {
  (void)state;
  enum { MODEL_COUNT = 1282 };
  const char *assets = getenv("MMDEPLOY_ASSETS");
  if (!assets) mmd_test_skip("MMDEPLOY_ASSETS is not set");
  char folder[1024], path[2048];
  snprintf(folder, sizeof folder, "%s/onnx/node", assets);
  if (!mmd_path_is_directory(folder)) mmd_test_skip("ONNX's node tests are not there");
  char **names = NULL;
  size_t count = 0, models = 0;
  mmd_assert_ok(mmd_path_list(folder, &names, &count));
  for (size_t i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/%s/model.onnx", folder, names[i]);
    mmd_free(names[i]);
    if (!mmd_path_exists(path)) continue;
    models++;
    mmd_graph_t *graph = import(path);
    mmd_assert_ok(mmd_graph_verify(graph));
    mmd_storage_t *first = export(graph, NULL);
    mmd_graph_t *again = import_memory(first);
    assert_int_equal(mmd_graph_node_count(graph) <= mmd_graph_node_count(again), 1);
    mmd_storage_t *second = export(again, NULL);
    assert_int_equal(mmd_storage_size(first), mmd_storage_size(second));
    assert_memory_equal(mmd_storage_data(first), mmd_storage_data(second), mmd_storage_size(first));
    mmd_graph_destroy(graph);
    mmd_graph_destroy(again);
    mmd_storage_release(first);
    mmd_storage_release(second);
  }
  mmd_free(names);
  assert_true(models >= MODEL_COUNT);
}

typedef struct sweep {
  mmd_graph_t *graph;
  const char *path;
  mmd_onnx_export_options_t options;
} sweep_t;

static mmd_status_t sweep_export(void *context) {
  sweep_t *sweep = context;
  return mmd_onnx_export(sweep->graph, &sweep->options, sweep->path);
}

static void lack_of_memory_leaves_nothing(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "model.onnx");
  static const char *const names[] = {"basic", "nested", "function", "fields"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char in[512];
    snprintf(in, sizeof in, MODELS "%s.onnx", names[i]);
    sweep_t sweep = {import(in), path, {.external_threshold = 16}};
    mmd_test_sweep(sweep_export, &sweep);
    mmd_graph_destroy(sweep.graph);
  }
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_read_back_is_the_same),
      cmocka_unit_test(every_message_keeps_its_fields),
      cmocka_unit_test(kept_fields_go_with_their_types),
      cmocka_unit_test(unknown_fields_come_back),
      cmocka_unit_test(inner_results_are_computed_inside),
      cmocka_unit_test(strided_and_unaligned_weights_are_packed),
      cmocka_unit_test(many_weights_go_beside_the_model),
      cmocka_unit_test(versions_follow_the_opset),
      cmocka_unit_test(a_failed_export_leaves_no_file),
      cmocka_unit_test(node_tests_survive),
      cmocka_unit_test(lack_of_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
