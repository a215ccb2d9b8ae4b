#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ONNX to a .rknn file of Rockchip's toolkit.

    rknn_compile.py --onnx NET.onnx --output NET.rknn --config backend_config.json [--trial FOLDER]

Of the config it takes common_config (for RKNN.config) and quantization_config. With --trial the toolkit's simulator,
which runs only what the same process has built, runs the net: each folder in FOLDER holds inputs in the network's own
numbers, input_0.npy, input_1.npy, ..., and gets output_0.npy, output_1.npy, ....
"""
import argparse
import json
import os
import re
import sys


def check(code, what):
    if code != 0:
        raise RuntimeError(f'{what} failed with code {code}')


def read_ports(onnx_path):
    """Names and sizes of the inputs, which must be fixed, and the number of outputs."""
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
    dataset = quantization.get('dataset')
    is_quantized = bool(quantization.get('do_quantization', False)) and dataset is not None
    if quantization.get('do_quantization') and dataset is None:
        print('no dataset passed in, quantization is skipped')
    names, shapes = read_ports(onnx_path)
    try:
        check(rknn.config(**common), 'config')
    except Exception as error:
        hint = "backend_config.common_config.target_platform is a chip of this toolkit, such as 'rk3588'"
        raise ValueError(f'{summary(str(error))} ({hint})') from error
    check(rknn.load_onnx(model=onnx_path, inputs=names, input_size_list=shapes), 'load_onnx')
    check(rknn.build(do_quantization=is_quantized, dataset=dataset if is_quantized else None), 'build')


def read_inputs(folder, common):
    """The simulator's inputs: it normalises the first one itself, so that is undone here."""
    import numpy

    arrays = []
    while os.path.exists(os.path.join(folder, f'input_{len(arrays)}.npy')):
        arrays.append(numpy.load(os.path.join(folder, f'input_{len(arrays)}.npy')))
    means, deviations = common.get('mean_values'), common.get('std_values')
    for i, array in enumerate(arrays):
        if array.ndim != 4 or not means or not deviations or i >= len(means):
            continue
        mean, deviation = (numpy.asarray(list[i], 'float32').reshape(1, -1, 1, 1) for list in (means, deviations))
        arrays[i] = array * deviation + mean
    return arrays


def simulate(rknn, trial, config):
    import numpy

    check(rknn.init_runtime(), 'init_runtime')  # no target: the simulator
    for name in sorted(os.listdir(trial)):
        folder = os.path.join(trial, name)
        arrays = read_inputs(folder, config.get('common_config') or {})
        formats = ['nchw' if array.ndim == 4 else 'undefined' for array in arrays]
        results = rknn.inference(inputs=arrays, data_format=formats)
        if results is None:
            raise RuntimeError('inference failed')
        for i, result in enumerate(results):
            numpy.save(os.path.join(folder, f'output_{i}.npy'), numpy.asarray(result))


def run(arguments):
    from rknn.api import RKNN

    with open(arguments.config, encoding='utf-8') as file:
        config = json.load(file)
    rknn = RKNN(verbose=False)
    try:
        build(rknn, arguments.onnx, config)
        check(rknn.export_rknn(arguments.output), 'export_rknn')
        print(f'wrote {arguments.output}')
        if arguments.trial:
            simulate(rknn, arguments.trial, config)
    finally:
        rknn.release()


def summary(text):
    """One line of an error; the toolkit puts whole tracebacks, in colours, into its own."""
    lines = [line.strip() for line in re.sub(r'\x1b\[[0-9;]*m', '', text).strip().splitlines() if line.strip()] or ['']
    line = lines[-1] if lines[0].startswith('Traceback') else lines[0]
    return line.split('Error: ', 1)[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--onnx', required=True)
    parser.add_argument('--output', required=True)
    parser.add_argument('--config', required=True)
    parser.add_argument('--trial')
    arguments = parser.parse_args()
    try:
        run(arguments)
    except BaseException as error:  # the toolkit leaves by SystemExit too; the last line of the log is what is shown
        print(f'{type(error).__name__}: {summary(str(error))}', flush=True)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
