// SPDX-License-Identifier: Apache-2.0
//
// `edit --split` and `merge`: the pieces together are the network again.
#include "convert/run_onnx_testing.h"

// Two cuts: %b with %z beside it, and %d. The Shape is of a tensor of the first piece, but needed
// in the last; the Constant belongs to nobody.
static const char model[] =
    "graph \"g\" { opset \"\" 17\n"
    "input %x : f32[n,4]\n"
    "input %z : f32[n,4]\n"
    "%k = Constant() {value = tensor f32[] = [2]} name \"k\"\n"
    "%a = Relu(%x) name \"a\"\n"
    "%b = Mul(%a, %k) name \"b\"\n"
    "%s = Shape(%a) name \"s\"\n"
    "%c = Add(%b, %z) name \"c\"\n"
    "%d = Mul(%c, %k) name \"d\"\n"
    "%e = Reshape(%d, %s) name \"e\"\n"
    "%y = Mul(%e, %k) name \"y\"\n"
    "output %y output %c }";

static char *path_of(const scene_t *s, const char *name) {
  return mmd_path_join(s->folder, name);
}

static void assert_names(mmd_edge_t *const *edges, size_t count, const char *const *names) {
  for (size_t i = 0; i < count; ++i) {
    assert_non_null(names[i]);
    assert_string_equal(edges[i]->name, names[i]);
  }
  assert_null(names[count]);
}

static void assert_file(const char *path, const char *const *inputs, const char *const *outputs,
                        size_t nodes) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
  assert_names(graph->root->inputs, graph->root->input_count, inputs);
  assert_names(graph->root->outputs, graph->root->output_count, outputs);
  assert_int_equal(graph->root->node_count, nodes);
  mmd_graph_destroy(graph);
}
#define LIST(...)         \
  (const char *const[]) { \
    __VA_ARGS__, NULL     \
  }

static void pieces_are_the_whole(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--split", "b", "--split", "d"));
  char *pieces[3] = {path_of(&s, "b_0.onnx"), path_of(&s, "b_1.onnx"), path_of(&s, "b_2.onnx")};
  char *front = path_of(&s, "front.onnx");
  assert_false(mmd_path_exists(s.paths[1]));
  assert_string_equal(scene_string(&s, "files.2"), pieces[2]);
  // Each has its own constant; what a later one needs is handed on.
  assert_file(pieces[0], LIST("x"), LIST("b", "s"), 4);
  assert_file(pieces[1], LIST("b", "z"), LIST("d", "c"), 3);
  assert_file(pieces[2], LIST("d", "s"), LIST("y"), 3);
  mmd_assert_ok(SCENE_RUN(&s, mmd_merge_command, pieces[0], pieces[1], front));
  assert_int_equal((int)scene_number(&s, "joined"), 1);
  assert_file(front, LIST("x", "z"), LIST("s", "d", "c"), 7);
  mmd_assert_ok(SCENE_RUN(&s, mmd_merge_command, front, pieces[2], "@2"));
  assert_int_equal((int)scene_number(&s, "joined"), 2);
  assert_file(s.paths[2], LIST("x", "z"), LIST("c", "y"), 10);
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@2", "--numbers", "--shape", "x=3x4",
                          "--shape", "z=3x4"));
  assert_int_equal(s.exit_status, 0);
  assert_true(mmd_array_size(mmd_object_get_path(s.result, "numbers.layers")) >= 7);
  for (size_t i = 0; i < 3; ++i) mmd_free(pieces[i]);
  mmd_free(front);
  scene_deinit(&s);
}

static void names_are_mapped(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"a\" { opset \"\" 13 input %x : f32[n,4] input %t : f32[1]\n"
              "%p = Relu(%x) name \"p\" %q = Mul(%p, %t) name \"q\" output %p output %q }");
  // Its own opset, and names that the other has.
  scene_model(&s, 1,
              "graph \"b\" { opset \"\" 17 input %u : f32[m,4] input %t : f32[1]\n"
              "input %x : f32[m,7] constant %w : f32[4] = [1, 2, 3, 4]\n"
              "%p = Mul(%u, %w) name \"p\" %v = Add(%p, %t) name \"v\"\n"
              "%o = Concat(%v, %x) {axis = 1} name \"o\" output %o }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_merge_command, "@0", "@1", "@2", "--map", "q=u", "--prefix",
                          "second.", "--keep-outputs"));
  assert_file(s.paths[2], LIST("x", "t", "second.x"), LIST("p", "q", "o"), 5);
  mmd_graph_t *graph = scene_read(&s, 2);
  assert_int_equal((int)mmd_graph_opset(graph, ""), 17);
  assert_non_null(mmd_graph_find_edge(graph, "second.p"));
  mmd_graph_destroy(graph);
  mmd_assert_ok(
      SCENE_RUN(&s, mmd_run_onnx_command, "@2", "--shape", "x=2x4", "--shape", "second.x=2x7"));
  scene_deinit(&s);
}

static void bad_wires_are_refused(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"a\" { opset \"\" 13 input %x : f32[2,4] %p = Relu(%x) name \"p\"\n"
              "%q = Neg(%x) name \"q\" output %p output %q }");
  scene_model(&s, 1,
              "graph \"b\" { opset \"\" 13 input %u : f32[2,5] input %t : i64[2,4]\n"
              "%v = Relu(%u) name \"v\" %w = Abs(%t) name \"w\" output %v output %w }");
  mmd_assert_fails(SCENE_RUN(&s, mmd_merge_command, "@0", "@1", "@2"), MMD_INVALID_ARGUMENT,
                   "--map OUTPUT=INPUT");
  mmd_assert_fails(SCENE_RUN(&s, mmd_merge_command, "@0", "@1", "@2", "--map", "p=u"), MMD_MISMATCH,
                   "output 'p' is f32[2,4], input 'u' is f32[2,5]");
  mmd_assert_fails(SCENE_RUN(&s, mmd_merge_command, "@0", "@1", "@2", "--map", "p=t"), MMD_MISMATCH,
                   "input 't' is i64[2,4]");
  mmd_assert_fails(SCENE_RUN(&s, mmd_merge_command, "@0", "@1", "@2", "--map", "r=u"),
                   MMD_NOT_FOUND, "the first graph has no output 'r'; it has p, q");
  mmd_assert_fails(SCENE_RUN(&s, mmd_merge_command, "@0", "@1", "@2", "--map", "p=r"),
                   MMD_NOT_FOUND, "the second graph has no input 'r'; it has u, t");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_merge_command, "@0", "@1", "@2", "--map", "p=u", "--map", "q=u"),
      MMD_INVALID_ARGUMENT, "given twice");
  assert_false(mmd_path_exists(s.paths[2]));
  scene_deinit(&s);
}

static void bad_cuts_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *first, *second, *part;
  } cases[] = {
      {"q", "b", "no tensor 'q'"},
      {"x", "b", "not made by a node"},
      {"k", "b", "does not depend on the inputs"},
      {"b,b", "d", "given twice"},
      {"b", "b", "given twice"},
      {"d", "b", "'d' of cut 1 is made behind cut 2"},
      {"b", "y", "no node lies behind cut 2"},
      {",", "b", "TENSOR,TENSOR"},
  };
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_status_t status = SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--split", cases[i].first,
                                    "--split", cases[i].second);
    mmd_assert_fails(status, mmd_status_code(status), cases[i].part);
  }
  scene_deinit(&s);
}

static void short_memory_is_reported(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, model);
  SCENE_SWEEP(mmd_edit_command, s.paths[0], s.paths[1], "--split", "b", "--split", "d");
  char *front = path_of(&s, "b_0.onnx"), *middle = path_of(&s, "b_1.onnx");
  SCENE_SWEEP(mmd_merge_command, front, middle, s.paths[2], "--map", "b=b");
  mmd_free(front);
  mmd_free(middle);
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_the_whole),     cmocka_unit_test(names_are_mapped),
      cmocka_unit_test(bad_wires_are_refused),    cmocka_unit_test(bad_cuts_are_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
