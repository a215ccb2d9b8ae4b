# SPDX-License-Identifier: Apache-2.0
"""make_onnx.py BYTES OUT.onnx: an ONNX file of about that size: layers of 16 MB of random weights."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH = 2048


def main():
    layers = max(1, round(int(sys.argv[1]) / (WIDTH * WIDTH * 4)))
    random = np.random.default_rng(0)
    nodes, weights, last = [], [], 'x'
    for i in range(layers):
        matrix = (random.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5).astype(np.float32)
        weights.append(numpy_helper.from_array(matrix, f'w{i}'))
        weights.append(numpy_helper.from_array(random.standard_normal(WIDTH).astype(np.float32), f'b{i}'))
        nodes.append(helper.make_node('Gemm', [last, f'w{i}', f'b{i}'], [f'y{i}'], transB=1))
        nodes.append(helper.make_node('Relu', [f'y{i}'], [f'r{i}']))
        last = f'r{i}'
    shape = ['n', WIDTH]
    graph = helper.make_graph(nodes, 'layers', [helper.make_tensor_value_info('x', TensorProto.FLOAT, shape)],
                              [helper.make_tensor_value_info(last, TensorProto.FLOAT, shape)], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    onnx.save(model, sys.argv[2])


if __name__ == '__main__':
    main()
