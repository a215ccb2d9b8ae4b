// SPDX-License-Identifier: Apache-2.0
//
// Small graphs whose sizes are known, in OpenVINO's form, beside the same as ONNX files in ONNX
// Runtime: what the engine's operators lack and is spelt out, and what onnx has no cases for.
#include <stdio.h>

#include "base/file.h"
#include "tests/integration/engines/engine_testing.h"

#define TOLERANCE 1e-4

typedef struct graph_case_t {
  const char *name;
  const char *inputs;  // of the graph and its constants
  const char *nodes;   // up to %y
} graph_case_t;

#define RESIZE(scales, attributes)                              \
  "constant %s : f32[4] = [" scales                             \
  "] %y = Resize(%x, _, %s) {coordinate_transformation_mode = " \
  "\"half_pixel\", " attributes "}"
#define RESIZE_TO(sizes, attributes) \
  "constant %s : i64[4] = [" sizes "] %y = Resize(%x, _, _, %s) {mode = \"linear\", " attributes "}"
#define X "input %x : f32[2,3,9,7] "

static const graph_case_t g_cases[] = {
    {"antialias", X, RESIZE("1.0, 1.0, 0.4, 0.7", "mode = \"linear\", antialias = 1")},
    {"antialias, cubic", X, RESIZE("1.0, 1.0, 0.5, 0.6", "mode = \"cubic\", antialias = 1")},
    {"antialias to sizes", X, RESIZE_TO("2, 3, 4, 12", "antialias = 1")},
    {"without what is outside", X,
     RESIZE("1.0, 1.0, 1.7, 0.6", "mode = \"cubic\", exclude_outside = 1")},
    {"not larger", X,
     "constant %s : i64[2] = [5, 6] %y = Resize(%x, _, _, %s) {mode = \"linear\", axes = [2, 3], "
     "keep_aspect_ratio_policy = \"not_larger\"}"},
    {"a scale that changes no size", X, RESIZE("1.0, 1.0, 1.1, 0.5", "mode = \"linear\"")},
    {"three axes", "input %x : f32[1,2,4,5,6] ",
     "constant %s : f32[5] = [1.0, 1.0, 2.0, 1.5, 0.5] %y = Resize(%x, _, %s) {mode = \"linear\"}"},
    {"one axis", "input %x : f32[1,2,9] ",
     "constant %s : f32[3] = [1.0, 1.0, 1.5] %y = Resize(%x, _, %s) {mode = \"linear\"}"},
    {"a crop", X,
     "constant %r : f32[8] = [0.0, 0.0, 0.2, -0.3, 1.0, 1.0, 0.9, 1.2] "
     "constant %s : i64[4] = [2, 3, 6, 8] %y = Resize(%x, %r, _, %s) {mode = \"linear\", "
     "coordinate_transformation_mode = \"tf_crop_and_resize\", extrapolation_value = 4.5f}"},
    {"a crop, nearest", X,
     "constant %r : f32[8] = [0.0, 0.0, 0.2, -0.3, 1.0, 1.0, 0.9, 1.2] "
     "constant %s : i64[4] = [2, 3, 6, 8] %y = Resize(%x, %r, _, %s) {mode = \"nearest\", "
     "coordinate_transformation_mode = \"tf_crop_and_resize\", extrapolation_value = 4.5f}"},
    {"parts of a sequence", X,
     "constant %n : i64[] = [3] constant %p : i64[] = [-1] constant %q : i64[] = [1] "
     "%l = SplitToSequence(%x, %n) {axis = 2} %a = SequenceAt(%l, %p) %m = SequenceErase(%l, %p) "
     "%o = SequenceInsert(%m, %a, %q) %y = ConcatFromSequence(%o) {axis = 2}"},
    {"elements of a sequence", X,
     "%a = Relu(%x) %l = SequenceConstruct(%x, %a) %m = ConcatFromSequence(%l) {axis = 0, "
     "new_axis = 1} %n = SequenceLength(%l) %f = Cast(%n) {to = 1} %y = Add(%m, %f)"},
    {"the last of equal ones", "input %x : f32[3,40] ",
     "%r = Round(%x) %i = ArgMax(%r) {axis = 1, select_last_index = 1} %y = Cast(%i) {to = 1}"},
    {"places of the largest", X,
     "%z, %i = MaxPool(%x) {kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]} "
     "%y = Cast(%i) {to = 1}"},
    {"a window with holes", X,
     "%y = AveragePool(%x) {kernel_shape = [2, 3], dilations = [2, 2], pads = [1, 1, 0, 1], "
     "count_include_pad = 1}"},
    {"an LSTM of two directions",
     "input %x : f32[5,2,3] constant %f : f32[] = [0.0] constant %t : f32[] = [1.0] "
     "constant %e : f32[] = [288.0] constant %sw : i64[3] = [2, 16, 3] "
     "constant %sr : i64[3] = [2, 16, 4] constant %sb : i64[2] = [2, 32] "
     "constant %parts : i64[3] = [96, 128, 64] ",
     "%n = Range(%f, %e, %t) %v = Sin(%n) %p, %q, %o = Split(%v, %parts) %w = Reshape(%p, %sw) "
     "%r = Reshape(%q, %sr) %b = Reshape(%o, %sb) "
     "%y, %h, %c = LSTM(%x, %w, %r, %b) {hidden_size = 4, direction = \"bidirectional\"}"},
    {"suppression",
     "constant %x0 : f32[1,4,4] = [0.0, 0.0, 10.0, 10.0, 1.0, 0.0, 11.0, 10.0, "
     "20.0, 20.0, 30.0, 30.0, 0.0, 0.0, 10.0, 9.0] input %x : f32[1,2,4] ",
     "constant %k : i64[] = [3] constant %t : f32[] = [0.5] constant %u : f32[] = [-1.0] "
     "%s = NonMaxSuppression(%x0, %x, %k, %t, %u) %y = Cast(%s) {to = 1}"},
};
enum { CASES = sizeof g_cases / sizeof *g_cases };

//===--- both sides --------------------------------------------------------===//

static void check(const engine_t *engine, const graph_case_t *c) {
  char text[2048];
  mmd_tensor_t want = {0}, have = {0};
  snprintf(text, sizeof text, "graph \"g\" { opset \"\" 19 %s %s output %%y }", c->inputs,
           c->nodes);
  mmd_graph_t *graph = engine_parse(text);
  const mmd_type_t *type = &graph->root->inputs[0]->type;
  int64_t sizes[MMD_MAX_RANK];
  for (int i = 0; i < type->rank; ++i) sizes[i] = type->dims[i]->number;
  mmd_tensor_t input = engine_draw(type->rank, sizes, -2, 2);
  mmd_status_t status = engine_run_onnxruntime(graph, &input, &want);
  if (!status) status = engine_run(engine, graph, &input, 1, &have, 1);
  if (status) fail_msg("%s: %s", c->name, mmd_status_message(status));
  engine_compare(c->name, &want, &have, TOLERANCE);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&want);
  mmd_tensor_deinit(&have);
  mmd_graph_destroy(graph);
}

static void like_onnxruntime(void **state) {
  (void)state;
  const engine_t *engine = engine_find("openvino");
  engine_open(engine);
  for (int i = 0; i < CASES; ++i) check(engine, &g_cases[i]);
}

//===--- what stays refused ------------------------------------------------===//

static void refuse(const char *inputs, const char *nodes, const char *part) {
  char text[2048];
  engine_net_t net;
  engine_net_init(&net, engine_find("openvino"));
  snprintf(text, sizeof text, "graph \"g\" { opset \"\" 19 %s %s output %%y }", inputs, nodes);
  mmd_graph_t *graph = engine_parse(text);
  mmd_assert_fails(engine_net_write(&net, graph, NULL), MMD_NOT_SUPPORTED, part);
  assert_false(mmd_path_exists(net.net));
  mmd_graph_destroy(graph);
  engine_net_deinit(&net);
}

static void refusals(void **state) {
  (void)state;
  refuse("input %x : f32[1,3,h,w] ",
         RESIZE("1.0, 1.0, 0.5, 0.5", "mode = \"linear\", antialias = 1"),
         "antialias where not all sizes are known");
  refuse("input %x : f32[1,3,h,w] input %r : f32[8] ",
         "constant %s : i64[4] = [1, 3, 6, 8] %y = Resize(%x, %r, _, %s) {mode = \"linear\", "
         "coordinate_transformation_mode = \"tf_crop_and_resize\"}",
         "tf_crop_and_resize");
  refuse("input %x : f32[2,4,4] ", "%y = Det(%x)", "matrices of other than 1 to 3 rows");
  refuse(X "input %p : i64[] ", "%l = SequenceConstruct(%x, %x) %y = SequenceAt(%l, %p)",
         "must be constant");
  refuse("input %x : f32[1,2,h,w] ",
         "%z, %i = MaxPool(%x) {kernel_shape = [2, 2], storage_order = 1} %y = Cast(%i) {to = 1}",
         "storage_order 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(like_onnxruntime),
                                     cmocka_unit_test(refusals)};
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
