# SPDX-License-Identifier: Apache-2.0
"""Writes cases/: node cases that the onnx package lacks, with results of ONNX Runtime.

Use: python make_cases.py (onnx 1.14.1, onnxruntime 1.15.1)
"""
import os

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper, parser

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cases')


def save(name, model, inputs, outputs=None):
    folder = os.path.join(HERE, name, 'test_data_set_0')
    os.makedirs(folder, exist_ok=True)
    onnx.save(model, os.path.join(HERE, name, 'model.onnx'))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ['CPUExecutionProvider'])
    if outputs is None:
        names = [i.name for i in session.get_inputs()]
        outputs = session.run(None, dict(zip(names, inputs)))
    for kind, values in (('input', inputs), ('output', outputs)):
        for i, value in enumerate(values):
            with open(os.path.join(folder, '%s_%d.pb' % (kind, i)), 'wb') as file:
                file.write(numpy_helper.from_array(value, '%s_%d' % (kind, i)).SerializeToString())


def model_of(graph, functions, opsets):
    model = helper.make_model(parser.parse_graph(graph), ir_version=8, functions=functions,
                              opset_imports=[helper.make_opsetid(d, v) for d, v in opsets])
    return model


def function(text, defaults=()):
    f = parser.parse_function(text)
    for attr in defaults:
        f.attribute_proto.append(attr)
    return f


rng = np.random.RandomState(0)
x = rng.randn(2, 3).astype(np.float32)

# Attributes of the caller, of the default, and handed on to an inner function; an input left out.
scale = function('''<opset_import: ["" : 17], domain: "local">
Scale <factor> (X, high) => (Y) {
  f = Constant <value_float: float = @factor> ()
  b = Constant <value_float: float = @bias> ()
  M = Mul (X, f)
  S = Add (M, b)
  L = Neg (S)
  Y = Clip (S, , high)
}''', [helper.make_attribute('bias', 0.5)])
twice = function('''<opset_import: ["" : 17, "local" : 1], domain: "local">
Twice <by, how> (X, high) => (Y, M) {
  M = local.Scale <factor: float = @by> (X)
  Y = local.Scale <factor: float = @by, bias: float = @how> (M, high)
}''')
save('test_function_nested', model_of(
    '''g (float[N,C] x, float h) => (float[N,C] y, float[N,C] m, float[N,C] z) {
      y, m = local.Twice <by: float = -1.5, how: float = 0.25> (x, h)
      z = local.Scale <factor: float = 2.0> (m, h)
    }''', [scale, twice], [('', 17), ('local', 1)]), [x, np.array(0.75, np.float32)])

# The function keeps its own opset, which ONNX Runtime ignores: Softmax flattened its input until opset 12.
old = function('''<opset_import: ["" : 11], domain: "local">
Old (X) => (Y) { Y = Softmax <axis: int = 1> (X) }''')
cube = rng.randn(2, 3, 4).astype(np.float32)
e = np.exp(cube)
save('test_function_old_opset', model_of(
    '''g (float[N,C,W] x) => (float[N,C,W] y, float[N,C,W] z) {
      y = local.Old (x)
      z = Softmax <axis: int = 1> (x)
    }''', [old], [('', 17), ('local', 1)]), [cube], [e / e.sum((1, 2), keepdims=True), e / e.sum(1, keepdims=True)])

# A body with branches, called in a branch and beside it; names that the graph has too.
branch = function('''<opset_import: ["" : 17], domain: "local">
Flip (c, x) => (y) {
  t = Neg (x)
  y = If (c) <then_branch = g1 () => (a) { a = Add (t, t) }, else_branch = g2 () => (b) { b = Identity (x) }>
}''')
save('test_function_branches', model_of(
    '''g (bool c, float[N,C] x) => (float[N,C] y) {
      n = Not (c)
      t = local.Flip (n, x)
      y = If (c) <then_branch = g1 () => (a) { a = local.Flip (c, t) }, else_branch = g2 () => (b) { b = Neg (t) }>
    }''', [branch], [('', 17), ('local', 1)]), [np.array(True), x])

# Scan of opset 8: a batch of sequences of several lengths, one of two read backwards.
body = parser.parse_graph('''body (float[2] s, float[2] a, float[2] b) => (float[2] t, float[2] o) {
  m = Mul (s, a)
  t = Add (m, b)
  o = Sub (t, a)
}''')
scan = helper.make_node('Scan', ['lengths', 's', 'a', 'b'], ['t', 'o'], body=body, num_scan_inputs=2, directions=[0, 1])
infos = [helper.make_tensor_value_info(n, t, d) for n, t, d in
         (('lengths', 7, [3]), ('s', 1, [3, 2]), ('a', 1, [3, 4, 2]), ('b', 1, [3, 4, 2]))]
results = [helper.make_tensor_value_info('t', 1, [3, 2]), helper.make_tensor_value_info('o', 1, [3, 4, 2])]
model = helper.make_model(helper.make_graph([scan], 'g', infos, results), ir_version=3,
                          opset_imports=[helper.make_opsetid('', 8)])
save('test_scan8_lengths', model, [np.array([4, 2, 3])] +
     [rng.randn(*shape).astype(np.float32) for shape in ((3, 2), (3, 4, 2), (3, 4, 2))])
