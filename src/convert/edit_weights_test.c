// SPDX-License-Identifier: Apache-2.0
#include "convert/edit_weights.h"

#include "convert/run_onnx_testing.h"

static const char model[] =
    "graph \"g\" { opset \"\" 13\n"
    "input %x : f32[2,3]\n"
    "constant %body.w : f32[3] = [1, 2, 3]\n"
    "constant %body.b : f16[3] = [1, 1, 1]\n"
    "constant %head : f32[1] = [5]\n"
    "%a = Mul(%x, %body.w) name \"a\"\n"
    "%c = Cast(%body.b) {to = 1} name \"c\"\n"
    "%d = Add(%a, %c) name \"d\"\n"
    "%y = Add(%d, %head) name \"y\" output %y }";

static void add_array(mmd_value_t *arrays, const char *name, mmd_dtype_t dtype, int64_t count,
                      double first) {
  mmd_shape_t shape = {0};
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_shape_make(1, &count, &shape));
  mmd_assert_ok(mmd_tensor_create(dtype, &shape, true, &tensor));
  for (size_t i = 0; i < (size_t)count; ++i)
    mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(&tensor), i, first + (double)i);
  mmd_assert_ok(mmd_object_take(arrays, name, mmd_value_tensor(&tensor)));
  mmd_tensor_deinit(&tensor);
}

static char *scene_weights(scene_t *s, int64_t head_count, mmd_dtype_t head_dtype) {
  mmd_value_t *arrays = mmd_value_object();
  scene_init(s);
  char *path = mmd_path_join(s->folder, "weights.npz");
  scene_model(s, 0, model);
  add_array(arrays, "module.w", MMD_F32, 3, 10);
  add_array(arrays, "module.b", MMD_F64, 3, 0.5);
  add_array(arrays, "classifier", head_dtype, head_count, 7);
  add_array(arrays, "epoch", MMD_I64, 1, 7);
  mmd_assert_ok(mmd_npz_write_file(path, arrays));
  mmd_value_release(arrays);
  return path;
}

static double weight(const mmd_graph_t *graph, const char *name, size_t index) {
  return mmd_tensor_get_f64(&mmd_graph_find_edge(graph, name)->constant, index);
}

static void keys_are_mapped(void **state) {
  (void)state;
  scene_t s = {0};
  char *path = scene_weights(&s, 1, MMD_F32);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--weights", path, "--weight-map",
                          "module.*=body.*"));
  assert_int_equal((int)scene_number(&s, "weights.replaced"), 2);
  assert_int_equal((int)scene_number(&s, "weights.kept"), 1);
  assert_int_equal((int)scene_number(&s, "weights.unmatched_keys"), 2);
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_true(weight(graph, "body.w", 2) == 12);
  assert_true(weight(graph, "body.b", 1) == 1.5);
  assert_int_equal(mmd_graph_find_edge(graph, "body.b")->constant.dtype, MMD_F16);
  assert_true(weight(graph, "head", 0) == 5);
  mmd_graph_destroy(graph);
  // The first entry that fits counts.
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--weights", path, "--weight-map",
                          "classifier=head", "--weight-map", "module.b=other", "--weight-map",
                          "module.*=body.*"));
  assert_int_equal((int)scene_number(&s, "weights.replaced"), 2);
  graph = scene_read(&s, 1);
  assert_true(weight(graph, "head", 0) == 7);
  assert_true(weight(graph, "body.b", 1) == 1);
  mmd_graph_destroy(graph);
  mmd_free(path);
  scene_deinit(&s);
}

static void another_onnx_file_is_a_checkpoint(void **state) {
  (void)state;
  scene_t s = {0};
  char *path = scene_weights(&s, 1, MMD_F32);
  scene_model(&s, 2,
              "graph \"g\" { opset \"\" 13 input %x : f32[1] constant %head : f32[1] = [9]\n"
              "%y = Add(%x, %head) output %y }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--weights", s.paths[2]));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_true(weight(graph, "head", 0) == 9);
  mmd_graph_destroy(graph);
  mmd_free(path);
  scene_deinit(&s);
}

static void what_does_not_fit_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *map, *part;
    mmd_code_t code;
  } cases[] = {
      {"classifier=head", "key 'classifier' is i64[2], initializer 'head' is f32[1]", MMD_MISMATCH},
      {"module.w=head", "initializer 'head' is f32[1]", MMD_MISMATCH},
      {"modul=head", "the file has no such key", MMD_NOT_FOUND},
      {"module.w=none", "no key is the name of an initializer", MMD_NOT_FOUND},
      {"module.*=head", "at the end of both names", MMD_INVALID_ARGUMENT},
      {"module.w", "KEY=NAME is expected", MMD_INVALID_ARGUMENT},
      {"=head", "KEY=NAME is expected", MMD_INVALID_ARGUMENT},
  };
  scene_t s = {0};
  char *path = scene_weights(&s, 2, MMD_I64);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--weights", path, "--weight-map",
                               cases[i].map),
                     cases[i].code, cases[i].part);
  }
  mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--weight-map", "a=b"),
                   MMD_INVALID_ARGUMENT, "together with --weights");
  assert_false(mmd_path_exists(s.paths[1]));
  mmd_free(path);
  scene_deinit(&s);
}

static void short_memory_is_reported(void **state) {
  (void)state;
  scene_t s = {0};
  char *path = scene_weights(&s, 1, MMD_F32);
  SCENE_SWEEP(mmd_edit_command, s.paths[0], s.paths[1], "--weights", path, "--weight-map",
              "module.*=body.*");
  mmd_free(path);
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_are_mapped),
      cmocka_unit_test(another_onnx_file_is_a_checkpoint),
      cmocka_unit_test(what_does_not_fit_is_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
