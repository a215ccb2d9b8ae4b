// SPDX-License-Identifier: Apache-2.0
//
// Small graphs in ncnn's form beside the same as ONNX files in ONNX Runtime: sizes that only a run
// tells, batches inside of a net, recurrent layers with states, activations inside of layers.
#include <stdio.h>

#include "tests/integration/engines/engine_testing.h"

#define TOLERANCE 1e-4

enum { MAX_SIZES = 2 };

typedef struct graph_case_t {
  const char *name;
  const char *input;  // %x and its type
  int64_t sizes[MAX_SIZES][4];
  const char *nodes;  // up to %y
} graph_case_t;

// Weights: the sines of 0, 1, 2 …
#define WEIGHTS(name, count, dims, rank)                                                   \
  "constant %" name "n : f32[] = [" count "] constant %" name "d : i64[" rank "] = [" dims \
  "] "                                                                                     \
  "%" name "r = Range(%zero, %" name "n, %one) %" name "s = Sin(%" name                    \
  "r) "                                                                                    \
  "%" name " = Reshape(%" name "s, %" name "d) "
#define PICTURE "input %x : f32[1,2,h,w] "
#define PICTURES    \
  {                 \
    {1, 2, 9, 6}, { \
      1, 2, 4, 11   \
    }               \
  }
#define TWO_DIRECTIONS "{hidden_size = 3, direction = \"bidirectional\""
#define STATES(op, inputs, outputs, attributes)                           \
  WEIGHTS("h", "6", "2, 1, 3", "3")                                       \
  "%a, " outputs " = " op "(%x, %w, %r, %b, _, %h" inputs ") " attributes \
  " %af = Reshape(%a, %flat) "

static const graph_case_t g_cases[] = {
    {"a batch inside",
     "input %x : f32[3,4,7,6] ",
     {{3, 4, 7, 6}},
     WEIGHTS("w", "180", "5, 4, 3, 3", "4")
         WEIGHTS("v", "40", "5, 2, 2, 2",
                 "4") "%a = Conv(%x, %w) {pads = [1, 0, 1, 1], strides = [2, 1]} %b = Relu(%a) "
                      "%c = ConvTranspose(%b, %v) {strides = [2, 2]} "
                      "%d = AveragePool(%c) {kernel_shape = [2, 3], strides = [2, 1]} "
                      "%e = Conv(%d, %u) %y = GlobalAveragePool(%e)"},
    {"sizes to multiples of four", PICTURE, PICTURES,
     "constant %p : i64[4] = [0, 0, 0, 0] constant %z : i64[2] = [0, 0] constant %three : i64[] = "
     "[3] "
     "constant %four : i64[] = [4] %s = Shape(%x) {start = 2} %q = Add(%s, %three) "
     "%f = Div(%q, %four) %m = Mul(%f, %four) %e = Sub(%m, %s) %a = Concat(%p, %z, %e) {axis = 0} "
     "%y = Pad(%x, %a)"},
    {"pads that cut and wrap", PICTURE, PICTURES,
     "constant %p : i64[8] = [0, 1, -2, 3, 0, 0, 1, -1] constant %q : i64[8] = [0, 0, 2, 3, 0, 1, "
     "0, 1] "
     "%a = Pad(%x, %p) %y = Pad(%a, %q) {mode = \"wrap\"}"},
    {"broadcast to a size", PICTURE, PICTURES,
     "constant %c : f32[2,1,1] = [1.5, -2.0] %s = Shape(%x) %e = Expand(%c, %s) "
     "%o = ConstantOfShape(%s) {value = tensor f32[1] = [0.25]} %a = Add(%e, %o) %y = Mul(%a, %x)"},
    {"a ramp", PICTURE, PICTURES,
     "constant %i : i64[] = [3] constant %z : i64[] = [0] constant %o : i64[] = [1] %s = Shape(%x) "
     "%w = Gather(%s, %i) %r = Range(%z, %w, %o) %f = Cast(%r) {to = 1} %y = Add(%x, %f)"},
    {"half of all", PICTURE, PICTURES,
     "constant %i : i64[1] = [3] constant %t : i64[1] = [2] %s = Shape(%x) %w = Gather(%s, %i) "
     "%k = Div(%w, %t) %y, %j = TopK(%x, %k) {axis = 3}"},
    {"a size of another result", PICTURE, PICTURES,
     "constant %i : i64[2] = [2, 3] constant %c : i64[2] = [1, 2] "
     "%a = MaxPool(%x) {kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1} %s = Shape(%a) "
     "%t = Gather(%s, %i) %d = Concat(%c, %t) {axis = 0} %b = Resize(%x, _, _, %d) {mode = "
     "\"linear\"} "
     "%y = Add(%a, %b)"},
    {"where it is positive",
     "input %x : f32[1,4,9] ",
     {{1, 4, 9}},
     "%g = Greater(%x, %zero) %n = NonZero(%g) %y = Cast(%n) {to = 1}"},
    {"one of seven",
     "input %x : f32[1,7,5] ",
     {{1, 7, 5}},
     "constant %d : i64[] = [7] constant %v : f32[2] = [-0.5, 2.0] %a = ArgMax(%x) {axis = 1, "
     "keepdims = 0} "
     "%o = OneHot(%a, %d, %v) {axis = 1} %y = Add(%o, %x)"},
    {"boxes of two pictures",
     "input %x : f32[2,3,8,9] ",
     {{2, 3, 8, 9}},
     "constant %b : f32[3,4] = [0.0, 1.0, 6.5, 5.0, 2.0, 2.0, 3.0, 7.5, 1.0, 0.0, 8.0, 8.0] "
     "constant %n : i64[3] = [1, 0, 1] constant %k : f32[4] = [1.0, 1.0, 2.0, 2.0] " WEIGHTS(
         "w", "54", "2, 3, 3, 3", "4")
         WEIGHTS(
             "v", "24", "2, 3, 2, 2",
             "4") "constant %g : f32[3] = [1.0, -2.0, 0.5] constant %h : f32[3] = [0.0, 1.0, 2.0] "
                  "%a = RoiAlign(%x, %b, %n) {output_height = 4, output_width = 3, sampling_ratio "
                  "= 2} "
                  "%c = Conv(%a, %w) {pads = [1, 1, 1, 1]} %d = Relu(%c) %e = ConvTranspose(%d, "
                  "%v) {strides = [2, 2]} "
                  "%f = InstanceNormalization(%e, %g, %h) "
                  "%i = AveragePool(%f) {kernel_shape = [2, 3], strides = [2, 1]} "
                  "%y = Resize(%i, _, %k) {mode = \"linear\"}"},
    {"five axes",
     "input %x : f32[1,2,h,w] ",
     {{1, 2, 4, 6}, {1, 2, 8, 12}},
     "constant %z : i64[1] = [0] constant %t : i64[1] = [2] constant %three : i64[1] = [3] "
     "constant %ht : i64[2] = [2, 3] constant %c : f32[2,1,1,1,3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] "
     "%s = Shape(%x) {start = 2, end = 3} %q = Shape(%x) {start = 3} %sh = Div(%s, %t) %sw = "
     "Div(%q, %three) "
     "%d = Concat(%one64, %t, %sh, %t, %sw, %three) {axis = 0} %r = Reshape(%x, %d) "
     "%a = Add(%r, %c) %p = Transpose(%a) {perm = [0, 3, 5, 1, 4, 2]} %m0, %m = Split(%p) {axis = "
     "1, num_outputs = 2} "
     "%n = Sub(%m0, %m) %y = Reshape(%n, %flat)"},
    {"a product of five axes",
     "input %x : f32[1,2,h,w] ",
     {{1, 2, 4, 6}, {1, 2, 6, 9}},
     "constant %t : i64[1] = [2] constant %three : i64[1] = [3] " WEIGHTS(
         "w", "24", "1, 2, 1, 1, 3, 4",
         "6") "%s = Shape(%x) {start = 2, end = 3} %q = Shape(%x) {start = 3} %sh = Div(%s, %t) "
              "%sw = Div(%q, %three) "
              "%d = Concat(%one64, %t, %t, %sh, %sw, %three) {axis = 0} %r = Reshape(%x, %d) "
              "%m = MatMul(%r, %w) %p = Transpose(%m) {perm = [0, 1, 2, 3, 5, 4]} %e = MatMul(%m, "
              "%p) %y = Reshape(%e, %flat)"},
    {"cuts of two axes by sizes",
     "input %x : f32[1,2,h,w] ",
     {{1, 2, 4, 6}, {1, 2, 8, 12}},
     "constant %t : i64[1] = [2] constant %from : i64[2] = [1, 2] constant %origin : i64[2] = [0, "
     "1] constant %axes : i64[2] = [-1, "
     "2] "
     "%sh = Shape(%x) {start = 2, end = 3} %sw = Shape(%x) {start = 3} %eh = Div(%sh, %t) "
     "%ew = Sub(%sw, %one64) %ends = Concat(%ew, %sh) {axis = 0} %halves = Concat(%eh, %sh) {axis "
     "= 0} "
     "%a = Slice(%x, %from, %ends, %axes) %b = Slice(%a, %origin, %halves, %axes) "
     "%y = Reshape(%b, %flat)"},
    {"an LSTM with states",
     "input %x : f32[t,1,4] ",
     {{5, 1, 4}, {2, 1, 4}},
     WEIGHTS("w", "96", "2, 12, 4", "3") WEIGHTS("r", "72", "2, 12, 3", "3")
         WEIGHTS("b", "48", "2, 24", "2")
             STATES("LSTM", ", %h", "%p, %q",
                    TWO_DIRECTIONS "}") "%pf = Reshape(%p, %flat) %qf = Reshape(%q, %flat) %y = "
                                        "Concat(%af, %pf, %qf) {axis = 0}"},
    {"a GRU with states",
     "input %x : f32[t,1,4] ",
     {{5, 1, 4}, {2, 1, 4}},
     WEIGHTS("w", "72", "2, 9, 4", "3") WEIGHTS("r", "54", "2, 9, 3", "3")
         WEIGHTS("b", "36", "2, 18", "2")
             STATES("GRU", "", "%p",
                    TWO_DIRECTIONS ", linear_before_reset = 1}") "%pf = Reshape(%p, %flat) %y = "
                                                                 "Concat(%af, %pf) {axis = 0}"},
    {"an RNN with states",
     "input %x : f32[t,1,4] ",
     {{5, 1, 4}, {2, 1, 4}},
     WEIGHTS("w", "24", "2, 3, 4", "3") WEIGHTS("r", "18", "2, 3, 3", "3")
         WEIGHTS("b", "12", "2, 6", "2") STATES(
             "RNN", "", "%p",
             TWO_DIRECTIONS "}") "%pf = Reshape(%p, %flat) %y = Concat(%af, %pf) {axis = 0}"},
    {"activations inside", PICTURE, PICTURES,
     WEIGHTS("w", "36", "2, 2, 3, 3",
             "4") "%a = Conv(%x, %w) {pads = [1, 1, 1, 1]} %b = HardSwish(%a) %c = Conv(%b, %w) "
                  "{pads = [1, 1, 1, 1]} "
                  "%d = Sigmoid(%c) %e = Conv(%d, %w) {pads = [1, 1, 1, 1]} %y = Mish(%e)"},
};
enum { CASES = sizeof g_cases / sizeof *g_cases };

//===--- both sides --------------------------------------------------------===//

static void check_sizes(const graph_case_t *c, const mmd_graph_t *graph, mmd_session_t *session,
                        const int64_t *sizes) {
  mmd_tensor_t want = {0}, have = {0};
  mmd_tensor_t input = engine_draw(graph->root->inputs[0]->type.rank, sizes, -2, 2);
  mmd_status_t status = engine_run_onnxruntime(graph, &input, &want);
  if (!status) status = mmd_session_run(session, &input, 1, &have, 1);
  if (status) fail_msg("%s: %s", c->name, mmd_status_message(status));
  engine_compare(c->name, &want, &have, TOLERANCE);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&want);
  mmd_tensor_deinit(&have);
}

static void check(const graph_case_t *c) {
  char text[8192];
  engine_net_t net;
  mmd_session_t *session = NULL;
  engine_net_init(&net, engine_find("ncnn"));
  snprintf(text, sizeof text,
           "graph \"g\" { opset \"\" 19 %s constant %%zero : f32[] = [0.0] "
           "constant %%one : f32[] = [1.0] constant %%one64 : i64[1] = [1] constant %%flat : "
           "i64[1] = [-1] "
           "constant %%u : f32[2,2,1,1] = [1.0, 2.0, -1.0, 0.5] %s output %%y }",
           c->input, c->nodes);
  mmd_graph_t *graph = engine_parse(text);
  mmd_status_t status = engine_net_write(&net, graph, NULL);
  if (!status) status = engine_net_open(&net, NULL, NULL, &session);
  if (status) fail_msg("%s: %s", c->name, mmd_status_message(status));
  for (int i = 0; i < MAX_SIZES && c->sizes[i][0]; ++i) check_sizes(c, graph, session, c->sizes[i]);
  mmd_session_destroy(session);
  mmd_graph_destroy(graph);
  engine_net_deinit(&net);
}

static void like_onnxruntime(void **state) {
  (void)state;
  engine_open(engine_find("ncnn"));
  for (int i = 0; i < CASES; ++i) check(&g_cases[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(like_onnxruntime)};
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
