# SPDX-License-Identifier: Apache-2.0
"""Writes the cases test_op_* of cases/: corners of operators that onnx's own node cases leave out.

Results are those of ONNX Runtime or, where it refuses or departs from ONNX's text, numpy's.

Use: python make_operator_cases.py (onnx 1.16.2, onnxruntime 1.20.1)
"""
import os

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper, parser

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cases')
rng = np.random.RandomState(1)


def save(name, opset, graph, inputs=(), outputs=None):
    """|outputs| None: ask ONNX Runtime."""
    model = helper.make_model(parser.parse_graph(graph), ir_version=8,
                              opset_imports=[helper.make_opsetid('', opset)])
    if outputs is None:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
        outputs = session.run(None, dict(zip((i.name for i in session.get_inputs()), inputs)))
    folder = os.path.join(HERE, name, 'test_data_set_0')
    os.makedirs(folder, exist_ok=True)
    onnx.save(model, os.path.join(HERE, name, 'model.onnx'))
    for kind, values in (('input', inputs), ('output', outputs)):
        for i, value in enumerate(values):
            with open(os.path.join(folder, '%s_%d.pb' % (kind, i)), 'wb') as file:
                file.write(numpy_helper.from_array(np.asarray(value)).SerializeToString())


def normal(*shape):
    return rng.randn(*shape).astype(np.float32)


# Constants of small types wrap around, in type inference too; fmod has the sign of the dividend.
top = np.iinfo(np.int32).max
save('test_op_wrapping_constants', 14, '''g () => (int32[2] sum, uint8[2] difference, int64[3] rest, int32[1] narrow) {
  a = Constant <value = int32[2] {2147483647, 1}> ()
  sum = Add (a, a)
  b = Constant <value = uint8[2] {1, 7}> ()
  c = Constant <value = uint8[2] {2, 2}> ()
  difference = Sub (b, c)
  d = Constant <value = int64[3] {-7, 7, -7}> ()
  e = Constant <value = int64[3] {3, -3, -3}> ()
  rest = Mod <fmod = 1> (d, e)
  f = Constant <value = int64[1] {4294967298}> ()
  narrow = Cast <to = 6> (f)
}''', [], [np.array([-2, 2], np.int32), np.array([255, 5], np.uint8), np.array([-1, 1, -1]), np.array([2], np.int32)])

# NaN stays; large numbers keep the digits of the logarithm.
save('test_op_activations_at_the_edge', 17, '''g (float[N,C] x, float[N,C] z) => (float[N,C] y, float[N,C] w) {
  y = HardSigmoid (x)
  w = LogSoftmax (z)
}''', [np.array([[np.nan, np.inf], [-np.inf, 0.5]], np.float32), np.array([[1e6, 1e6], [-1e6, -1e6]], np.float32)],
     [np.array([[np.nan, 1], [0, 0.6]], np.float32), np.full((2, 2), -np.log(2), np.float32)])

# Whatever the size of the axis, nothing is between these.
save('test_op_empty_slices', 17, '''g (float[N] x) => (float[A] y, float[B] z) {
  two = Constant <value_ints = [2]> ()
  one = Constant <value_ints = [1]> ()
  y = Slice (x, two, one)
  last = Constant <value_ints = [-1]> ()
  before = Constant <value_ints = [-2]> ()
  z = Slice (x, last, before)
}''', [normal(5)])

# With ceil_mode a window may be larger than what it lies on, as in PyTorch.
save('test_op_pool_of_one_pixel', 19, '''g (float[N,C,H,W] x) => (float[N,C,A,B] y, float[N,C,D,E] z) {
  y = MaxPool <kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1> (x)
  z = AveragePool <kernel_shape = [3, 3], strides = [3, 3], ceil_mode = 1> (x)
}''', [np.arange(2, dtype=np.float32).reshape(1, 2, 1, 1)], [np.arange(2, dtype=np.float32).reshape(1, 2, 1, 1)] * 2)

# A NaN is larger than any number, as in PyTorch.
x = normal(1, 2, 6, 20)
x[0, 0, 2, 3] = x[0, 0, 4, 17] = np.nan
windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3)).max((4, 5))
pairs = x.reshape(1, 2, 3, 2, 10, 2).max((3, 5))
save('test_op_pool_keeps_nan', 17, '''g (float[N,C,H,W] x) => (float[N,C,A,B] y, float[N,C,D,E] z, float[N,C,1,1] w) {
  y = MaxPool <kernel_shape = [3, 3]> (x)
  z = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (x)
  w = GlobalMaxPool (x)
}''', [x], [windows, pairs, x.max((2, 3), keepdims=True)])

# Vectors are rows on the left and columns on the right.
save('test_op_quantized_vectors', 13, '''g (uint8[K] v, uint8[K,N] m, uint8[M,K] l) => (int32[N] a, int32[M] b, int32 c, uint8[N] d) {
  zero = Constant <value = uint8 {3}> ()
  a = MatMulInteger (v, m, zero, zero)
  b = MatMulInteger (l, v, zero)
  c = MatMulInteger (v, v)
  scale = Constant <value = float {0.02}> ()
  out = Constant <value = float {0.7}> ()
  d = QLinearMatMul (v, scale, zero, m, scale, zero, out, zero)
}''', [rng.randint(0, 255, 4).astype(np.uint8), rng.randint(0, 255, (4, 3)).astype(np.uint8),
       rng.randint(0, 255, (2, 4)).astype(np.uint8)])

# Scale and bias broadcast.
x, bias = normal(2, 3, 4), normal(4)
flat = x.astype(np.float64).reshape(2, 12)
flat = (flat - flat.mean(1, keepdims=True)) / np.sqrt(flat.var(1, keepdims=True) + 1e-5)
save('test_op_layer_norm_broadcast', 17, '''g (float[N,C,W] x, float[1] s, float[W] b) => (float[N,C,W] y) {
  y = LayerNormalization <axis = 1> (x, s, b)
}''', [x, np.array([1.5], np.float32), bias], [(flat.reshape(2, 3, 4) * 1.5 + bias).astype(np.float32)])

# One number for each element of an item, which was possible until opset 8.
save('test_op_batch_norm_of_elements', 8, '''g (float[N,C,W] x, float[C,W] s, float[C,W] b, float[C,W] m, float[C,W] v) => (float[N,C,W] y) {
  y = BatchNormalization <spatial = 0> (x, s, b, m, v)
}''', [normal(2, 3, 4), normal(3, 4), normal(3, 4), normal(3, 4), np.abs(normal(3, 4))])

save('test_op_lp_normalization', 17, '''g (float[N,C] x) => (float[N,C] y, float[N,C] z) {
  y = LpNormalization (x)
  z = LpNormalization <p = 1, axis = 0> (x)
}''', [np.concatenate([normal(2, 4), np.zeros((1, 4), np.float32)])])

save('test_op_max_roi_pool', 17, '''g (float[N,C,H,W] x, float[R,5] rois) => (float[R,C,3,2] y) {
  y = MaxRoiPool <pooled_shape = [3, 2], spatial_scale = 0.5> (x, rois)
}''', [normal(2, 2, 8, 6), np.array([[0, 1, 1, 9, 9], [1, 4, 3, 30, 15], [1, 5, 5, 5, 5], [0, -9, 2, -3, 7]], np.float32)])

# Functions without a parameter take no number of activation_alpha and activation_beta.
save('test_op_gru_activation_numbers', 14, '''g (float[T,B,3] x, float[2,12,3] w, float[2,12,4] r) => (float[T,2,B,4] y) {
  y = GRU <hidden_size = 4, direction = "bidirectional",
           activations = ["Sigmoid", "LeakyRelu", "HardSigmoid", "Tanh"],
           activation_alpha = [0.3, 0.1], activation_beta = [0.4]> (x, w, r)
}''', [normal(5, 2, 3), normal(2, 12, 3), normal(2, 12, 4)])

# Before opset 11 a smaller result took the ceiling, a larger one the floor.
save('test_op_resize_10_nearest', 10, '''g (float[N,C,H,W] x) => (float[N,C,A,B] y) {
  s = Constant <value = float[4] {1, 1, 0.6, 1.5}> ()
  y = Resize <mode = "nearest"> (x, s)
}''', [normal(1, 1, 4, 4)])

# Positions that are whole numbers are met: 9 * 14 / 18 is 7.
x = np.arange(14, dtype=np.float32).reshape(1, 1, 14)
save('test_op_resize_exact_positions', 13, '''g (float[N,C,W] x) => (float[N,C,18] y) {
  z = Constant <value_ints = [1, 1, 18]> ()
  y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"> (x, , , z)
}''', [x], [x[:, :, np.arange(18) * 14 // 18]])

save('test_op_resize_tf_half_pixel', 11, '''g (float[N,C,H,W] x, float[0] roi) => (float[N,C,A,B] y) {
  s = Constant <value = float[4] {1, 1, 0.6, 1.5}> ()
  y = Resize <mode = "nearest", coordinate_transformation_mode = "tf_half_pixel_for_nn", nearest_mode = "floor"> (x, roi, s)
}''', [normal(1, 1, 4, 4), np.zeros(0, np.float32)])

# Whole numbers are rounded, as onnx.reference and PyTorch do.
x = np.array([0, 3, 10, 255], np.uint8)
at = np.clip((np.arange(8) + 0.5) / 2 - 0.5, 0, 3)
save('test_op_resize_rounds_integers', 13, '''g (uint8[1,1,4] x) => (uint8[1,1,8] y) {
  z = Constant <value_ints = [1, 1, 8]> ()
  y = Resize <mode = "linear"> (x, , , z)
}''', [x.reshape(1, 1, 4)], [np.round(np.interp(at, np.arange(4), x)).astype(np.uint8).reshape(1, 1, 8)])
