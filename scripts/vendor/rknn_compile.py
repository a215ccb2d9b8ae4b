#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ONNX to a .rknn file of Rockchip's toolkit.

    rknn_compile.py --onnx NET.onnx --output NET.rknn --config backend_config.json
                    [--input A.npy B.npy ... --results FOLDER]

Of the config it takes common_config (for RKNN.config), quantization_config and input_size_list. With --input the
toolkit's simulator runs the net on these arrays, one for each input in their order, and writes FOLDER/0.npy, 1.npy,
... : it can only run what was built in the same process.
"""
import argparse
import json
import os
import sys


def check(code, what):
    if code != 0:
        raise RuntimeError(f'{what} failed with code {code}')


def input_shapes(onnx_path):
    """Names and sizes of the inputs, which must be fixed."""
    import onnx

    graph = onnx.load(onnx_path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    names, shapes = [], []
    for value in graph.input:
        if value.name in constants:
            continue
        sizes = [d.dim_value if d.HasField('dim_value') else -1 for d in value.type.tensor_type.shape.dim]
        if min(sizes, default=1) < 1:
            raise ValueError(f'input {value.name} has sizes {sizes}; RKNN needs fixed ones')
        names.append(value.name)
        shapes.append(sizes)
    return names, shapes


def build(rknn, onnx_path, config):
    common = dict(config.get('common_config') or {})
    quantization = dict(config.get('quantization_config') or {})
    quantization.pop('pre_compile', None)  # of the first toolkit
    dataset = quantization.get('dataset')
    is_quantized = bool(quantization.get('do_quantization', False)) and dataset is not None
    if quantization.get('do_quantization') and dataset is None:
        print('no dataset passed in, quantization is skipped')
    names, shapes = input_shapes(onnx_path)
    check(rknn.config(**common), 'config')
    check(rknn.load_onnx(model=onnx_path, inputs=names, input_size_list=shapes), 'load_onnx')
    check(rknn.build(do_quantization=is_quantized, dataset=dataset if is_quantized else None), 'build')


def simulate(rknn, paths, folder):
    import numpy

    check(rknn.init_runtime(), 'init_runtime')  # no target: the simulator
    arrays = [numpy.load(path) for path in paths]
    formats = ['nchw' if array.ndim == 4 else 'undefined' for array in arrays]
    results = rknn.inference(inputs=arrays, data_format=formats)
    os.makedirs(folder, exist_ok=True)
    for i, result in enumerate(results):
        numpy.save(os.path.join(folder, f'{i}.npy'), numpy.asarray(result))


def run(arguments):
    from rknn.api import RKNN

    with open(arguments.config, encoding='utf-8') as file:
        config = json.load(file)
    rknn = RKNN(verbose=False)
    try:
        build(rknn, arguments.onnx, config)
        check(rknn.export_rknn(arguments.output), 'export_rknn')
        print(f'wrote {arguments.output}')
        if arguments.input:
            simulate(rknn, arguments.input, arguments.results)
    finally:
        rknn.release()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--onnx', required=True)
    parser.add_argument('--output', required=True)
    parser.add_argument('--config', required=True)
    parser.add_argument('--input', nargs='*', default=[])
    parser.add_argument('--results', default='.')
    arguments = parser.parse_args()
    try:
        run(arguments)
    except Exception as error:  # the last line of the log is what the caller shows
        lines = str(error).strip().splitlines() or ['']
        print(f'{type(error).__name__}: {lines[0]}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
