# SPDX-License-Identifier: Apache-2.0
"""post_processing.py OURS PEER INPUT ROUNDS: what two networks of one detector do behind their convolutions: a line
"NODES PEER_NODES MS PEER_MS". INPUT is a size "800x1216" or a .npy file. Wants onnx and onnxruntime.

The dense head's last convolutions are those that reach the first NonMaxSuppression with no other in between. What they need, and
themselves, is the network; the rest is post-processing, but for Conv, Gemm, normalisation and activation behind them (the heads of
regions). Nodes are counted in the files as written. Time is that of one thread, by ONNX Runtime's profile, after the engine has
rewritten the graph as it always does: it saves the rewritten graph, which is split by the same rule, and runs it as it is."""
import json
import os
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

onnxruntime.set_default_logger_severity(4)
CONVOLUTIONS = ('Conv', 'FusedConv', 'NhwcFusedConv')
LAYERS = CONVOLUTIONS + ('ConvTranspose', 'Gemm', 'FusedGemm', 'MatMul', 'FusedMatMul', 'BatchNormalization', 'GroupNorm',
                         'InstanceNormalization', 'LayerNormalization', 'Relu', 'LeakyRelu', 'Sigmoid', 'HardSigmoid', 'Softmax',
                         'QuickGelu')


def producers(graph):
    return {o: n for n in graph.node for o in n.output}


def ancestors(starts, made_by, stop=()):
    """Nodes that |starts| need, themselves included; behind one of an operator in |stop| nobody looks."""
    seen, todo = {}, list(starts)
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen[id(node)] = node
        if node.op_type not in stop:
            todo += [made_by[i] for i in node.input if i in made_by]
    return seen


def post_processing(graph):
    made_by = producers(graph)
    first = next(n for n in graph.node if n.op_type == 'NonMaxSuppression')
    ends = [n for n in ancestors([first], made_by, CONVOLUTIONS).values() if n.op_type in CONVOLUTIONS]
    network = ancestors(ends, made_by)
    return [n for n in graph.node if id(n) not in network and n.op_type not in LAYERS]


def options(level):
    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = 1
    o.graph_optimization_level = level
    return o


def session(path, o):
    return onnxruntime.InferenceSession(path, o, providers=['CPUExecutionProvider'])


def rewritten(path, folder):
    """The file as the engine runs it, every node named."""
    o = options(onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED)
    o.optimized_model_filepath = os.path.join(folder, 'rewritten.onnx')
    session(path, o)
    model = onnx.load(o.optimized_model_filepath)
    for i, node in enumerate(model.graph.node):
        node.name = f'n{i}'
    onnx.save(model, o.optimized_model_filepath)
    return o.optimized_model_filepath, {n.name for n in post_processing(model.graph)}


class Side:
    def __init__(self, path, folder):
        self.nodes = len(post_processing(onnx.load(path).graph))
        path, self.names = rewritten(path, folder)
        o = options(onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
        o.enable_profiling = True
        o.profile_file_prefix = os.path.join(folder, 'profile')
        self.session = session(path, o)

    def run(self, picture):
        return self.session.run(None, {self.session.get_inputs()[0].name: picture})

    def times(self, rounds):
        """Milliseconds of each round; the first one warms up."""
        path = self.session.end_profiling()
        with open(path) as f:
            events = json.load(f)
        suffix = '_kernel_time'
        spent = {}
        for e in events:
            if e.get('cat') == 'Node' and e['name'].endswith(suffix):
                spent.setdefault(e['name'][:-len(suffix)], []).append(e['dur'] / 1000)
        return [sum(t[i] for name, t in spent.items() if name in self.names) for i in range(1, rounds + 1)]


def read_input(text):
    if text.endswith('.npy'):
        return np.load(text).astype(np.float32)
    height, width = (int(n) for n in text.split('x'))
    return np.random.default_rng(0).standard_normal((1, 3, height, width)).astype(np.float32)


def main():
    paths, picture, rounds = sys.argv[1:3], read_input(sys.argv[3]), int(sys.argv[4])
    with tempfile.TemporaryDirectory() as a, tempfile.TemporaryDirectory() as b:
        sides = [Side(p, f) for p, f in zip(paths, (a, b))]
        for _ in range(rounds + 1):
            found = [s.run(picture) for s in sides]
        times = [np.median(s.times(rounds)) for s in sides]
    print(*(s.nodes for s in sides), *(f'{t:.3f}' for t in times), *(int((f[0][..., 4] > 0).sum()) for f in found))


if __name__ == '__main__':
    main()
