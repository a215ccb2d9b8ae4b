// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "convert/run_onnx_testing.h"

static const char model[] =
    "graph \"g\" { opset \"\" 13\n"
    "input %x : f32[batch,3,h,w]\n"
    "input %z : f32[batch,3,1,1]\n"
    "constant %w : f32[3,1,1] = [1, 2, 3]\n"
    "%a = Mul(%x, %w) name \"scale\" : f32[batch,3,h,w]\n"
    "%b = Add(%a, %z) name \"shift\" : f32[batch,3,h,w]\n"
    "%y = LeakyRelu(%b) name \"act\" : f32[batch,3,h,w]\n"
    "output %y }";

static void assert_type(const mmd_graph_t *graph, const char *name, const char *expected) {
  const mmd_edge_t *edge = mmd_graph_find_edge(graph, name);
  mmd_str_t text = {0};
  assert_non_null(edge);
  mmd_assert_ok(mmd_type_format(&edge->type, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
}

static void scene_edit_model(scene_t *s) {
  scene_init(s);
  scene_model(s, 0, model);
}

static void names_change(void **state) {
  (void)state;
  scene_t s;
  scene_edit_model(&s);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--rename-input", "x=image",
                          "--rename-output", "y=score", "--rename-node", "scale=first",
                          "--add-output", "a"));
  assert_int_equal((int)scene_number(&s, "changes"), 4);
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_string_equal(graph->root->inputs[0]->name, "image");
  assert_string_equal(graph->root->outputs[0]->name, "score");
  assert_string_equal(graph->root->outputs[1]->name, "a");
  assert_string_equal(graph->root->first->name, "first");
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

static void sizes_change(void **state) {
  (void)state;
  scene_t s;
  scene_edit_model(&s);
  // The name "batch" stands in both inputs.
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--dim", "x:0=4", "--dim", "x:2=8"));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_type(graph, "z", "f32[4,3,1,1]");
  assert_type(graph, "a", "f32[4,3,8,w]");
  assert_type(graph, "y", "f32[4,3,8,w]");
  mmd_graph_destroy(graph);
  // And free again.
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@1", "@2", "--batch", "n"));
  graph = scene_read(&s, 2);
  assert_type(graph, "z", "f32[n,3,1,1]");
  assert_type(graph, "y", "f32[n,3,8,w]");
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

// A network that was traced with a batch of 1: the numbers in its reshapes do not hold it back.
static void batch_leaves_the_reshapes(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 13 input %x : f32[1,4,6] constant %a : i64[2] = [1, 24] "
              "constant %b : i64[3] = [8, 3, 1] constant %c : i64[3] = [1, 4, -1]\n"
              "%p = Reshape(%x, %a) : f32[1,24] %q = Reshape(%p, %b) : f32[8,3,1]\n"
              "%r = Reshape(%q, %c) : f32[1,4,6] output %p output %q output %r }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--batch", "n"));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_type(graph, "p", "f32[n,24]");
  assert_type(graph, "q", "f32[8*n,3,1]");
  assert_type(graph, "r", "f32[1,4,6*n]");  // 8 is not 1: nobody knows that this is a batch
  mmd_graph_destroy(graph);
  assert_non_null(strstr(s.text.data,
                         "warning: output 'r' is f32[1,4,6*n]: its first size does "
                         "not follow that of input 'x'"));
  assert_null(strstr(s.text.data, "output 'p'"));
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers", "--shape", "x=1x4x6"));
  assert_int_equal(s.exit_status, 0);
  scene_deinit(&s);
}

static void weights_change(void **state) {
  (void)state;
  scene_t s;
  scene_edit_model(&s);
  scene_array(&s, (const float[]){7, 8, 9}, 3, (const int64_t[]){3, 1, 1});
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--initializer", "w=@3"));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_true(mmd_tensor_get_f64(&mmd_graph_find_edge(graph, "w")->constant, 2) == 9);
  mmd_graph_destroy(graph);
  scene_array(&s, (const float[]){7, 8, 9}, 1, (const int64_t[]){3});
  mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--initializer", "w=@3"),
                   MMD_INVALID_ARGUMENT, "the array is f32[3], initializer 'w' is f32[3x1x1]");
  scene_deinit(&s);
}

// The meaning stays: numbers are compared with those of the file that came in.
static void opset_goes_up_and_down(void **state) {
  (void)state;
  static const char *const opsets[] = {"9", "11", "12", "13", "14", "17", "18", "21"};
  scene_t s;
  scene_edit_model(&s);
  for (size_t i = 0; i < sizeof opsets / sizeof *opsets; ++i) {
    mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--opset", opsets[i]));
    mmd_graph_t *graph = scene_read(&s, 1);
    char number[8];
    snprintf(number, sizeof number, "%d", (int)mmd_graph_opset(graph, ""));
    assert_string_equal(number, opsets[i]);
    mmd_graph_destroy(graph);
    mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers", "--shape", "x=2x3x4x5",
                            "--shape", "z=2x3x1x1"));
    assert_int_equal(s.exit_status, 0);
  }
  scene_model(
      &s, 0,
      "graph \"g\" { opset \"\" 20 input %x : f32[2,3] %y = Gelu(%x) : f32[2,3] output %y }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--opset", "12"));
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers"));
  assert_int_equal(s.exit_status, 0);
  assert_true(scene_number(&s, "differences") > 0);
  scene_deinit(&s);
}

static void upsample_goes_up_to_every_opset(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(
      &s, 0,
      "graph \"g\" { opset \"\" 9 input %x : f32[1,1,2,3] constant %s : f32[4] = [1, 1, 2, 2] "
      "%y = Upsample(%x, %s) : f32[1,1,4,6] output %y }");
  static const char *const opsets[] = {"10", "11", "13", "19"};
  for (size_t i = 0; i < sizeof opsets / sizeof *opsets; ++i) {
    mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--opset", opsets[i]));
    mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers"));
    assert_int_equal(s.exit_status, 0);
  }
  scene_deinit(&s);
}

// Nothing is written that says an opset in which one of its nodes means nothing.
static void opsets_that_do_not_fit_are_refused(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 16 input %x : f32[2] input %p : bool[] %q = "
              "SequenceConstruct(%x) : seq(f32[2]) %r = If(%p) {then_branch = region \"t\" { %t = "
              "Identity(%q) output %t }, else_branch = region \"e\" { %e = Identity(%q) output %e "
              "}} : seq(f32[2]) %y = SequenceLength(%r) : i64[] output %y }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--opset", "14"));
  mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--opset", "12"), MMD_NOT_SUPPORTED,
                   "If node 'r': below opset 13, it takes no sequences");
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 11 input %x : f32[2] input %p : bool[] %y = If(%p) "
              "{then_branch = region \"t\" { %t = Odd(%x) name \"o\" output %t }, else_branch = "
              "region \"e\" { %e = Neg(%x) output %e }} : f32[2] output %y }");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--opset", "14"), MMD_NOT_SUPPORTED,
      "Odd node 'o' cannot be raised from opset 11 to 14: what changed in this operator "
      "is not known here");
  scene_deinit(&s);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *option, *value, *part;
    mmd_code_t code;
  } cases[] = {
      {"--rename-input", "y=q", "no input 'y'", MMD_NOT_FOUND},
      {"--rename-input", "x", "NAME=VALUE", MMD_INVALID_ARGUMENT},
      {"--rename-input", "x=y", "is taken", MMD_INVALID_ARGUMENT},
      {"--rename-output", "x=q", "no output 'x'", MMD_NOT_FOUND},
      {"--rename-node", "scal=q", "is 'scale' meant?", MMD_NOT_FOUND},
      {"--add-output", "q", "no tensor 'q'", MMD_NOT_FOUND},
      {"--add-output", "x", "not made by a node", MMD_INVALID_ARGUMENT},
      {"--add-output", "y", "already", MMD_INVALID_ARGUMENT},
      {"--initializer", "w=/nonexistent.npy", "nonexistent", MMD_NOT_FOUND},
      {"--initializer", "x=/nonexistent.npy", "no initializer 'x'", MMD_NOT_FOUND},
      {"--dim", "x=3", "NAME:AXIS=SIZE", MMD_INVALID_ARGUMENT},
      {"--dim", "x:4=3", "has 4 known sizes", MMD_OUT_OF_RANGE},
      {"--dim", "x:-1=3", "has 4 known sizes", MMD_OUT_OF_RANGE},
      {"--dim", "x:0=0", "is no size", MMD_INVALID_ARGUMENT},
      {"--dim", "x:0=-2", "is no size", MMD_INVALID_ARGUMENT},
      {"--batch", "2 2", "--batch", MMD_INVALID_ARGUMENT},
      {"--opset", "8", "9..21", MMD_INVALID_ARGUMENT},
      {"--opset", "22", "9..21", MMD_INVALID_ARGUMENT},
  };
  scene_t s;
  scene_edit_model(&s);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", cases[i].option, cases[i].value),
                     cases[i].code, cases[i].part);
  }
  mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1"), MMD_INVALID_ARGUMENT, "no change");
  assert_false(mmd_path_exists(s.paths[1]));
  scene_deinit(&s);
}

static void short_memory_is_reported(void **state) {
  (void)state;
  scene_t s;
  scene_edit_model(&s);
  SCENE_SWEEP(mmd_edit_command, s.paths[0], s.paths[1], "--dim", "x:2=4", "--batch", "2", "--opset",
              "17", "--rename-input", "x=q", "--add-output", "a");
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_change),
      cmocka_unit_test(sizes_change),
      cmocka_unit_test(batch_leaves_the_reshapes),
      cmocka_unit_test(weights_change),
      cmocka_unit_test(opset_goes_up_and_down),
      cmocka_unit_test(upsample_goes_up_to_every_opset),
      cmocka_unit_test(opsets_that_do_not_fit_are_refused),
      cmocka_unit_test(bad_input_is_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
