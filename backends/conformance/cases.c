// SPDX-License-Identifier: Apache-2.0
//
// The networks of the suite: one line of thought each, all tiny.
#include "backends/conformance/conformance.h"

#define HEAD "graph \"case\" {\n  ir_version 8\n  opset \"\" 17\n"

const conf_case_t conf_cases[] = {
    {"static_shape",
     HEAD "  input %x : f32[2,3]\n"
          "  constant %fill : f32[2,3] = #0\n"
          "  %y = Add(%x, %fill)\n"
          "  output %y\n}\n",
     {""}},
    {"dynamic_batch",
     HEAD "  input %x : f32[batch,4]\n"
          "  constant %fill : f32[4,3] = #0\n"
          "  %y = MatMul(%x, %fill)\n"
          "  output %y\n}\n",
     {"batch=1", "batch=3", "batch=16"}},
    {"dynamic_picture",
     HEAD "  input %images : f32[batch,3,height,width]\n"
          "  constant %fill : f32[4,3,3,3] = #0\n"
          "  constant %fill_bias : f32[4] = #0\n"
          "  %c = Conv(%images, %fill, %fill_bias) {kernel_shape = [3, 3], pads = [1, 1, 1, 1], "
          "strides = [1, 1], "
          "dilations = [1, 1], group = 1}\n"
          "  %y = Relu(%c)\n"
          "  output %y\n}\n",
     {"batch=1,height=5,width=7", "batch=2,height=32,width=24", "batch=1,height=3,width=3"}},
    {"arithmetic_dims",
     HEAD
     "  input %images : f32[1,2,height,width]\n"
     "  constant %fill : f32[2,2,3,3] = #0\n"
     "  %y = Conv(%images, %fill) {kernel_shape = [3, 3], pads = [0, 0, 0, 0], strides = [2, 2], "
     "dilations = [1, 1], group = 1}\n"
     "  output %y\n}\n",
     {"height=9,width=8", "height=3,width=4"}},
    {"two_inputs",
     HEAD "  input %left : f32[n,3]\n"
          "  input %right : f32[n,3]\n"
          "  %y = Sub(%left, %right)\n"
          "  output %y\n}\n",
     {"n=2", "n=5"}},
    {"two_outputs",
     HEAD "  input %x : f32[rows,columns]\n"
          "  %turned = Transpose(%x) {perm = [1, 0]}\n"
          "  %negative = Neg(%x)\n"
          "  output %turned\n"
          "  output %negative\n}\n",
     {"rows=2,columns=3", "rows=1,columns=1"}},
    {"many_inputs",
     HEAD "  input %a : f32[2]\n  input %b : f32[2]\n  input %c : f32[2]\n  input %d : f32[2]\n"
          "  input %e : f32[2]\n  input %f : f32[2]\n  input %g : f32[2]\n  input %h : f32[2]\n"
          "  %y = Sum(%a, %b, %c, %d, %e, %f, %g, %h)\n"
          "  output %y\n}\n",
     {""}},
    {"odd_names",
     HEAD "  input %\"images:0\" : f32[2]\n"
          "  %\"scope/out.1:0\" = Neg(%\"images:0\")\n"
          "  output %\"scope/out.1:0\"\n}\n",
     {""}},
    {"scalar",
     HEAD "  input %x : f32[]\n"
          "  input %v : f32[3]\n"
          "  %sum = ReduceSum(%v) {keepdims = 0}\n"
          "  %y = Mul(%x, %sum)\n"
          "  output %y\n}\n",
     {""}},
    {"rank_8",
     HEAD "  input %x : f32[1,2,1,3,1,2,1,n]\n"
          "  %y = Relu(%x)\n"
          "  output %y\n}\n",
     {"n=2"}},
    {"int64",
     HEAD "  input %x : i64[3]\n"
          "  constant %one : i64[] = [9007199254740993]\n"
          "  %y = Add(%x, %one)\n"
          "  output %y\n}\n",
     {""}},
    {"int32",
     HEAD "  input %x : i32[n]\n"
          "  %y = Mul(%x, %x)\n"
          "  output %y\n}\n",
     {"n=4"}},
    {"bool",
     HEAD "  input %x : bool[n]\n"
          "  input %y : bool[n]\n"
          "  %z = And(%x, %y)\n"
          "  %not = Not(%z)\n"
          "  output %not\n}\n",
     {"n=7"}},
    {"uint8",
     HEAD "  input %pixels : u8[1,height,width,3]\n"
          "  %wide = Cast(%pixels) {to = 1}\n"
          "  %planes = Transpose(%wide) {perm = [0, 3, 1, 2]}\n"
          "  %back = Cast(%planes) {to = 2}\n"
          "  output %planes\n"
          "  output %back\n}\n",
     {"height=2,width=3"}},
    {"int8",
     HEAD "  input %x : i8[4]\n"
          "  %y = Cast(%x) {to = 6}\n"
          "  %z = Identity(%x)\n"
          "  output %y\n  output %z\n}\n",
     {""}},
    {"float16",
     HEAD "  input %x : f16[n]\n"
          "  %wide = Cast(%x) {to = 1}\n"
          "  %half = Mul(%wide, %wide)\n"
          "  %y = Cast(%half) {to = 10}\n"
          "  output %y\n}\n",
     {"n=5"}},
    {"float64",
     HEAD "  input %x : f64[n]\n"
          "  %y = Neg(%x)\n"
          "  output %y\n}\n",
     {"n=5"}},
    {"compare",
     HEAD "  input %a : f32[n]\n"
          "  input %b : f32[n]\n"
          "  %y = Greater(%a, %b)\n"
          "  output %y\n}\n",
     {"n=6"}},
    {"empty",
     HEAD "  input %x : f32[n,3]\n"
          "  %y = Relu(%x)\n"
          "  output %y\n}\n",
     {"n=0", "n=1", "n=0"}},
    {"empty_among_others",
     HEAD "  input %none : f32[n,2]\n"
          "  input %some : f32[3,2]\n"
          "  %negative = Neg(%none)\n"
          "  %positive = Abs(%some)\n"
          "  output %negative\n  output %positive\n}\n",
     {"n=0"}},
    {"no_inputs",
     HEAD "  constant %fill : f32[2,2] = #0\n"
          "  %y = Identity(%fill)\n"
          "  output %y\n}\n",
     {""}},
    {"pass_through",
     HEAD "  input %x : f32[n]\n"
          "  %y = Identity(%x)\n"
          "  output %y\n}\n",
     {"n=3"}},
    {"data_dependent",
     HEAD "  input %x : f32[n]\n"
          "  %y = NonZero(%x)\n"
          "  output %y\n}\n",
     {"n=6"}},
    {"soft_max",
     HEAD "  input %x : f32[batch,10]\n"
          "  %y = Softmax(%x) {axis = -1}\n"
          "  output %y\n}\n",
     {"batch=1", "batch=4"}},
};
const size_t conf_case_count = sizeof conf_cases / sizeof *conf_cases;
