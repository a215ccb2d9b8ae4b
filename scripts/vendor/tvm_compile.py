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


def compile_net(onnx_path, output, shapes, target):
    import onnx
    import tvm
    from tvm.relax.frontend.onnx import from_onnx

    print(f'TVM {tvm.__version__}, target {target}')
    model = onnx.load(onnx_path)
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
        print(f'{type(error).__name__}: {lines[0]}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
