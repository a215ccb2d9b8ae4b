# SPDX-License-Identifier: Apache-2.0
"""compare_onnx.py ORIGINAL SHAPES FILE...: a line for each file, the original first: how many nodes, inner graphs included, and
the largest difference of ONNX Runtime's answers from those on the original, relative to an output's largest number.

SHAPES is "x=1x3x64x64,sr=16000", or "-": a name without "x" in its value is an integer; inputs that are not named are pictures
of 64x64, or have size 1 where a size is free."""
import sys

import numpy as np
import onnx
import onnxruntime

onnxruntime.set_default_logger_severity(4)
DTYPES = {'tensor(float)': np.float32, 'tensor(float16)': np.float16, 'tensor(double)': np.float64,
          'tensor(int64)': np.int64, 'tensor(int32)': np.int32, 'tensor(bool)': np.bool_}


def count(graph):
    inner = sum(count(a.g) for n in graph.node for a in n.attribute if a.HasField('g'))
    return len(graph.node) + inner


def session(path):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])


def make_inputs(original, shapes):
    random, given = np.random.default_rng(0), dict(item.split('=') for item in shapes.split(',') if '=' in item)
    feed = {}
    for value in original.get_inputs():
        text, dtype = given.get(value.name), DTYPES[value.type]
        if text and 'x' not in text and dtype in (np.int64, np.int32):
            feed[value.name] = np.array(int(text), dtype)
            continue
        free = [64 if i >= 2 and len(value.shape) == 4 else 3 if i == 1 and len(value.shape) == 4 else 1
                for i in range(len(value.shape))]
        shape = [d if isinstance(d, int) and d > 0 else free[i] for i, d in enumerate(value.shape)]
        if text:
            shape = [int(d) for d in text.split('x')]
        feed[value.name] = (random.uniform(-1, 1, shape) if dtype in (np.float32, np.float16, np.float64)
                            else random.integers(0, 2, shape)).astype(dtype)
    return feed


def difference(wanted, got):
    worst = 0.0
    for a, b in zip(wanted, got):
        if a.shape != b.shape:
            return f'{list(b.shape)} instead of {list(a.shape)}'
        if a.size == 0:
            continue
        gap = np.abs(a.astype(np.float64) - b.astype(np.float64)).max()
        if gap > 1e-6:  # a few roundings of numbers around 1
            worst = max(worst, gap / max(np.abs(a.astype(np.float64)).max(), 1e-30))
    return f'{worst:.1e}'


def main():
    original, shapes, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    try:
        first = session(original)
        feed = make_inputs(first, shapes)
        wanted = first.run(None, feed)
    except Exception as problem:
        wanted = None
        print(f'{original}: not run: {str(problem).splitlines()[0]}', file=sys.stderr)
    for path in [original] + files:
        try:
            nodes = count(onnx.load(path, load_external_data=False).graph)
        except Exception:
            print('- failed')
            continue
        try:
            print(nodes, difference(wanted, session(path).run(None, feed)) if wanted else 'not-run')
        except Exception as problem:
            print(nodes, 'broken')
            print(f'{path}: {str(problem).splitlines()[0]}', file=sys.stderr)


if __name__ == '__main__':
    main()
