# SPDX-License-Identifier: Apache-2.0
"""mean.onnx: the mean of each channel, for any number of images of any size. Needs onnx 1.14."""
import onnx
from onnx import TensorProto, helper

graph = helper.make_graph(
    [helper.make_node('GlobalAveragePool', ['input'], ['pooled']),
     helper.make_node('Flatten', ['pooled'], ['output'], axis=1)],
    'mean',
    [helper.make_tensor_value_info('input', TensorProto.FLOAT, ['batch', 3, 'height', 'width'])],
    [helper.make_tensor_value_info('output', TensorProto.FLOAT, ['batch', 3])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 11)])
model.ir_version = 6
onnx.checker.check_model(model)
onnx.save(model, 'mean.onnx')
