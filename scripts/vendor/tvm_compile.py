#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ONNX to a shared library of TVM.

    tvm_compile.py --onnx NET.onnx --output NET.so [--config backend_config.json]

Of the config it takes model_inputs[0].shape ({name: sizes}; without it sizes that are dynamic stay so) and
model_inputs[0].tuner.target (default: llvm, the processor that it runs on).
"""
import argparse
import json
import sys

# Operators whose values are sizes, or handed on as they are.
SIZE_OPERATORS = ('Cast', 'Gather', 'Identity', 'Reshape', 'Slice', 'Squeeze', 'Unsqueeze')


def read_config(path):
    """Shapes by input name, or None; the target."""
    if not path:
        return None, 'llvm'
    with open(path, encoding='utf-8') as file:
        config = json.load(file)
    inputs = config.get('model_inputs') or [{}]
    tuner = inputs[0].get('tuner') or {}
    kind = tuner.get('type', 'DefaultTuner')
    if kind != 'DefaultTuner':
        print(f'{kind}: tuning is left out, the schedules are the defaults')
    return inputs[0].get('shape'), tuner.get('target') or 'llvm'


# ---- the ONNX file in the words that the front end knows


class Graph:
    """Constants and makers of an ONNX graph."""

    def __init__(self, graph):
        from onnx import numpy_helper

        self.graph = graph
        self.makers = {name: node for node in graph.node for name in node.output}
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        self.to_array = numpy_helper.to_array

    def number(self, name):
        """The only number of a constant, or None."""
        tensor = self.constants.get(name)
        array = self.to_array(tensor) if tensor is not None else None
        return int(array.reshape(-1)[0]) if array is not None and array.size == 1 else None

    def add(self, name, number):
        from onnx import TensorProto, helper

        self.graph.initializer.append(helper.make_tensor(name, TensorProto.INT64, [1], [number]))
        return name


def drop_empty_scales(graph):
    """Before opset 13 an input of Resize that is not given is an empty tensor; the front end takes it for one."""
    empty = {tensor.name for tensor in graph.graph.initializer if 0 in tensor.dims}
    for node in graph.graph.node:
        if node.op_type != 'Resize':
            continue
        for i, name in enumerate(node.input):
            if i and name in empty:
                node.input[i] = ''


def size_limit(graph, name):
    """The end of the slice whose size |name| is: min(size, end)."""
    node = graph.makers.get(name)
    while node is not None and node.op_type in SIZE_OPERATORS:
        node = graph.makers.get(node.input[0])
    node = graph.makers.get(node.input[0]) if node is not None and node.op_type == 'Shape' else None
    return graph.number(node.input[2]) if node is not None and node.op_type == 'Slice' else None


def sort_all(graph):
    """TopK of at most so many becomes TopK of all and a slice: the front end takes constants alone."""
    from onnx import helper

    nodes = []
    for node in graph.graph.node:
        nodes.append(node)
        limit = size_limit(graph, node.input[1]) if node.op_type == 'TopK' and len(node.input) > 1 else None
        if limit is None:
            continue
        axis = next((a.i for a in node.attribute if a.name == 'axis'), -1)
        outputs = list(node.output)
        stem = outputs[0] or outputs[1]
        node.input[1] = graph.add(f'{stem}_all', -1)
        ends = [graph.add(f'{stem}_{k}', v) for k, v in (('begin', 0), ('end', limit), ('axis', axis))]
        for i, name in enumerate(outputs):
            node.output[i] = f'{name}_sorted'
            nodes.append(helper.make_node('Slice', [f'{name}_sorted', *ends], [name]))
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


def count_selected(front_end):
    """NonMaxSuppression gives fewer rows than the front end says: their number gets a name."""
    from tvm import relax, tirx

    class Counted(front_end.NonMaxSuppression):

        @classmethod
        def _impl_v10(cls, bb, inputs, attr, params):
            rows = super()._impl_v10(bb, inputs, attr, params)
            rows = relax.call_pure_packed('vm.builtin.copy', rows, ty_args=relax.TensorType(dtype='int64', ndim=2))
            rows = bb.emit(rows)
            return bb.match_cast(rows, relax.TensorType([tirx.Var('selected', 'int64'), 3], 'int64'))

    known = front_end._get_convert_map()
    front_end._get_convert_map = lambda: {**known, 'NonMaxSuppression': Counted}


# ---- all


def compile_net(onnx_path, output, shapes, target):
    import onnx
    import tvm
    from tvm.relax.frontend.onnx import from_onnx, onnx_frontend

    print(f'TVM {tvm.__version__}, target {target}')
    model = onnx.load(onnx_path)
    graph = Graph(model.graph)
    drop_empty_scales(graph)
    sort_all(graph)
    if any(node.op_type == 'NonMaxSuppression' for node in model.graph.node):
        count_selected(onnx_frontend)
    options = {'keep_params_in_input': False}
    if shapes:
        options['shape_dict'] = {name: list(sizes) for name, sizes in shapes.items()}
    module = from_onnx(model, **options)
    library = tvm.compile(module, target=tvm.target.Target(target))
    library.export_library(output)
    print(f'wrote {output}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--onnx', required=True)
    parser.add_argument('--output', required=True)
    parser.add_argument('--config')
    arguments = parser.parse_args()
    shapes, target = read_config(arguments.config)
    try:
        compile_net(arguments.onnx, arguments.output, shapes, target)
    except Exception as error:  # the last line of the log is what the caller shows
        lines = str(error).strip().splitlines() or ['']
        print(f'{type(error).__name__}: {lines[0]}', flush=True)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
