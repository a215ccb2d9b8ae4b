// SPDX-License-Identifier: Apache-2.0
#include "writers/onnx/annotation.h"

#include "base/alloc.h"
#include "formats/onnx/model.h"
#include "frontends/onnx/import.h"
#include "graph/append.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define FIELDS MMD_TEST_FILE("src/frontends/onnx/testdata/fields.onnx")

// The tensors that its first annotation names.
static void assert_names(const mmd_region_t *region, const char *tensor, const char *parameter) {
  mmd_proto_bytes_t rest = {region->kept->data, region->kept->size};
  mmd_proto_raw_field_t field;
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  bool found = false;
  while (mmd_proto_raw_next(&rest, &field)) {
    if (field.number != MMD_ONNX_GRAPH_ANNOTATION) continue;
    void *parsed = NULL;
    mmd_assert_ok(mmd_proto_parse(&mmd_onnx_annotation_message, field.payload.data,
                                  field.payload.size, &arena, &parsed));
    const mmd_onnx_annotation_t *annotation = parsed;
    assert_true(mmd_proto_bytes_equal(annotation->tensor_name, tensor));
    assert_int_equal(annotation->quant_parameter_tensor_names.count, 1);
    const mmd_onnx_entry_t *entry = annotation->quant_parameter_tensor_names.items;
    assert_true(mmd_proto_bytes_equal(entry->key, "SCALE_TENSOR"));
    assert_true(mmd_proto_bytes_equal(entry->value, parameter));
    assert_true(annotation->header.unknown.size > 0 && entry->header.unknown.size > 0);
    found = true;
  }
  assert_true(found);
  mmd_arena_deinit(&arena);
}

static mmd_graph_t *import(void) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import(FIELDS, NULL, &graph));
  return graph;
}

static mmd_region_t *then_branch(const mmd_graph_t *graph) {
  return mmd_node_attr_region(mmd_graph_find_edge(graph, "i")->producer, "then_branch");
}

static void annotations_follow_names(void **state) {
  (void)state;
  mmd_graph_t *graph = import();
  assert_names(graph->root, "i", "q");
  const mmd_region_t *then = then_branch(graph);
  assert_names(then, "t", "inner_w");
  mmd_edge_t *i = mmd_graph_find_edge(graph, "i"), *q = mmd_graph_find_edge(graph, "q");
  mmd_assert_ok(mmd_onnx_rename_annotated(i, "image"));
  assert_names(graph->root, "image", "q");
  mmd_assert_ok(mmd_onnx_rename_annotated(q, "scale"));
  assert_names(graph->root, "image", "scale");
  mmd_assert_ok(mmd_onnx_rename_annotated(then->constants[0], "w2"));
  assert_names(then, "t", "w2");
  mmd_assert_fails(mmd_onnx_rename_annotated(i, "scale"), MMD_INVALID_ARGUMENT, "is taken");
  assert_names(graph->root, "image", "scale");
  mmd_graph_destroy(graph);
}

// Of two graphs that become one both annotations stay.
static void appended_graphs_keep_theirs(void **state) {
  (void)state;
  mmd_graph_t *graph = import(), *plain = NULL;
  mmd_assert_ok(mmd_graph_create("plain", &plain));
  const size_t size = graph->root->kept->size;
  mmd_assert_ok(mmd_graph_append(graph, plain));
  assert_int_equal(graph->root->kept->size, size);
  mmd_graph_destroy(plain);
  mmd_assert_ok(mmd_graph_create("other", &plain));
  mmd_assert_ok(mmd_graph_keep(plain, "\x7a\x00", 2, &plain->root->kept));
  mmd_assert_ok(mmd_graph_append(graph, plain));
  assert_int_equal(graph->root->kept->size, size + 2);
  assert_memory_equal(graph->root->kept->data + size, "\x7a\x00", 2);
  mmd_graph_destroy(plain);
  mmd_graph_destroy(graph);
}

static mmd_status_t sweep_rename(void *context) {
  (void)context;
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_onnx_import(FIELDS, NULL, &graph));
  mmd_status_t status = mmd_onnx_rename_annotated(mmd_graph_find_edge(graph, "i"), "image");
  mmd_graph_destroy(graph);
  return status;
}

static void lack_of_memory_leaves_nothing(void **state) {
  (void)state;
  mmd_test_sweep(sweep_rename, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(annotations_follow_names),
      cmocka_unit_test(appended_graphs_keep_theirs),
      cmocka_unit_test(lack_of_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
