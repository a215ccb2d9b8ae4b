// SPDX-License-Identifier: Apache-2.0
#include "graph/extract.h"

#include <string.h>

#include "graph/text.h"
#include "graph/verify.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__})

static const char chain[] =
    "graph \"g\" {\n"
    "  opset \"\" 17\n"
    "  opset \"my\" 1\n"
    "  input %x : f32[n,3]\n"
    "  input %s : f32[3]\n"
    "  constant %w : f32[3] = [1, 2, 3]\n"
    "  constant %v : f32[3] = [4, 5, 6]\n"
    "  %a = Mul(%x, %w) : f32[n,3]\n"
    "  %b = my::Odd(%a) : f32[n,3]\n"
    "  %c = Add(%b, %v) : f32[n,3]\n"
    "  %d = Sub(%c, %s) : f32[n,3]\n"
    "  output %d\n"
    "}\n";

// As the original marks a detector with two heads and two calls of its suppression.
static const char marked[] =
    "graph \"g\" {\n"
    "  opset \"\" 11\n"
    "  opset \"mmdeploy\" 1\n"
    "  input %x : f32[n,3]\n"
    "  %x_m = mmdeploy::Mark(%x) {dtype = 1, shape = [1, 3], func = \"forward\", func_id = 0, type "
    "= "
    "\"input\", name = \"input\", id = 0}\n"
    "  %f = Relu(%x_m)\n"
    "  %f_m = mmdeploy::Mark(%f) {dtype = 1, shape = [1, 3], func = \"nms\", func_id = 0, type = "
    "\"input\", name = \"boxes\", id = 0}\n"
    "  %g = Neg(%f_m)\n"
    "  %s_m = mmdeploy::Mark(%g) {dtype = 1, shape = [1, 3], func = \"nms\", func_id = 0, type = "
    "\"input\", name = \"scores\", id = 1}\n"
    "  %h = Abs(%s_m)\n"
    "  %h_m = mmdeploy::Mark(%h) {dtype = 1, shape = [1, 3], func = \"nms\", func_id = 1, type = "
    "\"input\", id = 4}\n"
    "  %y = Exp(%h_m)\n"
    "  %y_m = mmdeploy::Mark(%y) {dtype = 1, shape = [1, 3], func = \"forward\", func_id = 0, type "
    "= "
    "\"output\", name = \"dets\", id = 0}\n"
    "  output %y_m\n"
    "}\n";

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static void assert_prints(const mmd_graph_t *graph, const char *expected) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_verify(graph));
  mmd_assert_ok(mmd_graph_print(graph, 0, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
}

static mmd_status_t extract(mmd_graph_t *graph, const char *input, const char *output) {
  const mmd_extract_names_t names = {.inputs = &input,
                                     .input_count = input != NULL,
                                     .outputs = &output,
                                     .output_count = output != NULL};
  return mmd_graph_extract(graph, &names);
}

static void middle_is_cut_out(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(chain);
  mmd_assert_ok(extract(graph, "b", "c"));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 17\n  input %b : f32[n,3]\n"
                "  constant %v : f32[3] = [4.0, 5.0, 6.0]\n  %c = Add(%b, %v) : f32[n,3]\n"
                "  output %c\n}\n");
  mmd_graph_destroy(graph);
}

static void one_side_is_enough(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(chain);
  mmd_assert_ok(extract(graph, NULL, "b"));  // the input that is not needed goes
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 17\n  opset \"my\" 1\n  input %x : f32[n,3]\n"
                "  constant %w : f32[3] = [1.0, 2.0, 3.0]\n  %a = Mul(%x, %w) : f32[n,3]\n"
                "  %b = my::Odd(%a) : f32[n,3]\n  output %b\n}\n");
  mmd_graph_destroy(graph);
  graph = parse(chain);
  const mmd_extract_names_t names = {.inputs = NAMES("s", "c"), .input_count = 2};
  mmd_assert_ok(mmd_graph_extract(graph, &names));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 17\n  input %s : f32[3]\n  input %c : f32[n,3]\n"
                "  %d = Sub(%c, %s) : f32[n,3]\n  output %d\n}\n");
  mmd_graph_destroy(graph);
}

static void weights_may_be_in_and_out(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(chain);
  const mmd_extract_names_t names = {
      .inputs = NAMES("b", "v"), .input_count = 2, .outputs = NAMES("c", "w"), .output_count = 2};
  mmd_assert_ok(mmd_graph_extract(graph, &names));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 17\n  input %b : f32[n,3]\n  input %v : f32[3]\n"
                "  constant %w_1 : f32[3] = [1.0, 2.0, 3.0]\n  %c = Add(%b, %v) : f32[n,3]\n"
                "  %w = Identity(%w_1) : f32[3]\n  output %c\n  output %w\n}\n");
  mmd_graph_destroy(graph);
}

static void bad_names_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *input, *output, *part;
    mmd_code_t code;
  } cases[] = {
      {"bb", "c", "is 'b' meant?", MMD_NOT_FOUND},
      {"b", "nowhere", "no such tensor", MMD_NOT_FOUND},
      {"b", "b", "both input and output", MMD_INVALID_ARGUMENT},
      {"c", "b", "need 'x'", MMD_INVALID_ARGUMENT},
      {"b", "d", "need 's'", MMD_INVALID_ARGUMENT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_graph_t *graph = parse(chain);
    mmd_assert_fails(extract(graph, cases[i].input, cases[i].output), cases[i].code, cases[i].part);
    mmd_graph_destroy(graph);
  }
  mmd_graph_t *graph = parse(chain);
  mmd_extract_names_t names = {
      .inputs = NAMES("b", "b"), .input_count = 2, .outputs = NAMES("c"), .output_count = 1};
  mmd_assert_fails(mmd_graph_extract(graph, &names), MMD_INVALID_ARGUMENT, "given twice");
  names.inputs = NAMES("b", "s");
  mmd_assert_fails(mmd_graph_extract(graph, &names), MMD_INVALID_ARGUMENT,
                   "input 's': no output needs it");
  mmd_graph_destroy(graph);
  graph = parse(
      "graph \"g\" { input %c %a = F(%c) %o = If(%c) {t = region \"r\" { %b = G(%a) output %b }} "
      "output %o }");
  mmd_assert_fails(extract(graph, "b", "o"), MMD_NOT_SUPPORTED, "nested");
  mmd_assert_ok(extract(graph, NULL, "o"));  // what the region captures stays
  assert_int_equal(mmd_graph_node_count(graph), 3);
  mmd_graph_destroy(graph);
}

static void marks_cut(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(marked);
  mmd_extract_marks_t marks = {.start = NAMES("forward:input"),
                               .start_count = 1,
                               .end = NAMES("nms[0]:input"),
                               .end_count = 1};
  mmd_assert_ok(mmd_graph_extract_marks(graph, &marks));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 11\n  input %input : f32[n,3]\n"
                "  %boxes = Relu(%input) name \"f\" : f32[1,3]\n"
                "  %scores = Neg(%boxes) name \"g\" : f32[1,3]\n"
                "  output %boxes\n  output %scores\n}\n");
  mmd_graph_destroy(graph);
  // The second call; a mark without a name; the graph's own outputs.
  graph = parse(marked);
  marks = (mmd_extract_marks_t){.start = NAMES("nms[1]:input"), .start_count = 1};
  mmd_assert_ok(mmd_graph_extract_marks(graph, &marks));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 11\n  input %nms_input_4 : f32[1,3]\n"
                "  %y_m = Exp(%nms_input_4) name \"y\"\n  output %y_m\n}\n");
  mmd_graph_destroy(graph);
}

// By the mark's name, or for one marker alone; the first entry that fits counts.
static void names_are_mapped(void **state) {
  (void)state;
  static const mmd_extract_rename_t starts[] = {{"nms:input", "no"}, {"input", "image"}};
  static const mmd_extract_rename_t ends[] = {{"nms[1]:input:boxes", "no"},
                                              {"nms[0]:input:boxes", "b"},
                                              {"scores", "f"},  // another tensor's name
                                              {"scores", "no"}};
  mmd_graph_t *graph = parse(marked);
  const mmd_extract_marks_t marks = {.start = NAMES("forward:input"),
                                     .start_count = 1,
                                     .end = NAMES("nms[0]:input"),
                                     .end_count = 1,
                                     .start_names = starts,
                                     .start_name_count = 2,
                                     .end_names = ends,
                                     .end_name_count = 4};
  mmd_assert_ok(mmd_graph_extract_marks(graph, &marks));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 11\n  input %image : f32[n,3]\n"
                "  %b = Relu(%image) name \"f\" : f32[1,3]\n"
                "  %f = Neg(%b) name \"g\" : f32[1,3]\n"
                "  output %b\n  output %f\n}\n");
  mmd_graph_destroy(graph);
}

static void empty_batch_becomes_one(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(
      "graph \"g\" { opset \"\" 11 opset \"mmdeploy\" 1 input %x : f32[0,4] %a = F(%x)\n"
      "%m = mmdeploy::Mark(%a) {dtype = 1, shape = [0, 4], func = \"f\", func_id = 0, type = "
      "\"output\", name = \"feats\", id = 0}\n %y = Relu(%m) output %y }");
  const mmd_extract_marks_t marks = {.start = NAMES("f:output"), .start_count = 1};
  mmd_assert_ok(mmd_graph_extract_marks(graph, &marks));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 11\n  input %feats : f32[1,4]\n"
                "  %y = Relu(%feats)\n  output %y\n}\n");
  mmd_graph_destroy(graph);
}

static void bad_marks_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *start, *end, *part;
    mmd_code_t code;
  } cases[] = {
      {"forward", NULL, "is expected", MMD_INVALID_ARGUMENT},
      {"forward:in", NULL, "is expected", MMD_INVALID_ARGUMENT},
      {":input", NULL, "is expected", MMD_INVALID_ARGUMENT},
      {"forward[1]:input", NULL, "there are: forward[0]:input nms[0]:input nms[1]:input",
       MMD_NOT_FOUND},
      {"nms[x]:input", NULL, "there is no mark", MMD_NOT_FOUND},
      {"forward:output", "nms:input", "need 'x'", MMD_INVALID_ARGUMENT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_graph_t *graph = parse(marked);
    const mmd_extract_marks_t marks = {.start = &cases[i].start,
                                       .start_count = 1,
                                       .end = &cases[i].end,
                                       .end_count = cases[i].end != NULL};
    mmd_assert_fails(mmd_graph_extract_marks(graph, &marks), cases[i].code, cases[i].part);
    mmd_graph_destroy(graph);
  }
}

static void marks_are_removed(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(marked);
  mmd_assert_ok(mmd_graph_remove_marks(graph));
  assert_prints(graph,
                "graph \"g\" {\n  opset \"\" 11\n  input %x : f32[n,3]\n  %f = Relu(%x)\n"
                "  %g = Neg(%f)\n  %h = Abs(%g)\n  %y_m = Exp(%h) name \"y\"\n  output %y_m\n}\n");
  mmd_graph_destroy(graph);
}

static mmd_status_t cut_once(void *text) {
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_graph_parse(text, strlen(text), "test", &graph));
  const mmd_extract_marks_t marks = {.start = NAMES("forward:input"),
                                     .start_count = 1,
                                     .end = NAMES("nms[0]:input"),
                                     .end_count = 1};
  mmd_status_t status = mmd_graph_extract_marks(graph, &marks);
  mmd_graph_destroy(graph);
  return status;
}

static void short_memory_is_reported(void **state) {
  (void)state;
  mmd_test_sweep(cut_once, (void *)(uintptr_t)marked);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(middle_is_cut_out),
      cmocka_unit_test(one_side_is_enough),
      cmocka_unit_test(weights_may_be_in_and_out),
      cmocka_unit_test(bad_names_are_refused),
      cmocka_unit_test(marks_cut),
      cmocka_unit_test(names_are_mapped),
      cmocka_unit_test(empty_batch_becomes_one),
      cmocka_unit_test(bad_marks_are_refused),
      cmocka_unit_test(marks_are_removed),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
