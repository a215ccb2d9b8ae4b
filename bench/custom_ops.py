# SPDX-License-Identifier: Apache-2.0
"""custom_ops.py OURS PEER ROUNDS: custom operators of two libraries inside the same ONNX Runtime, in interleaved rounds: a line
"NAME OURS_MS PEER_MS DIFFERENCE" for each, medians, with the largest difference of the answers. Wants onnx and onnxruntime."""
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

onnxruntime.set_default_logger_severity(4)


def deform_conv(channels=64, height=100, width=152):
    """The second convolution of a residual block of ResNet's first stage, an 800x1216 picture."""
    random = np.random.default_rng(0)
    node = helper.make_node('MMCVModulatedDeformConv2d', ['x', 'offset', 'mask', 'weight', 'bias'], ['y'], domain='mmdeploy',
                            stride=[1, 1], padding=[1, 1], dilation=[1, 1], groups=1, deform_groups=1)
    feed = dict(x=random.standard_normal((1, channels, height, width)),
                offset=2 * random.standard_normal((1, 18, height, width)), mask=random.uniform(0, 1, (1, 9, height, width)),
                weight=random.standard_normal((channels, channels, 3, 3)) / 24, bias=random.standard_normal(channels))
    return node, feed, TensorProto.FLOAT


def rotated_nms(boxes=2000):
    """Boxes in clusters, so that many are suppressed and many stay."""
    random = np.random.default_rng(0)
    centre = random.uniform(0, 1024, (boxes // 4, 2)).repeat(4, 0) + random.normal(0, 4, (boxes, 2))
    rows = np.concatenate([centre, random.uniform(20, 120, (boxes, 2)), random.uniform(-1.5, 1.5, (boxes, 1))], 1)
    node = helper.make_node('NMSRotated', ['boxes', 'scores'], ['y'], domain='mmdeploy', iou_threshold=0.1,
                            score_threshold=0.05)
    feed = dict(boxes=rows[None], scores=random.permutation(np.linspace(0.06, 0.99, boxes))[None, None])
    return node, feed, TensorProto.INT64


def session(library, node, feed, kind):
    inputs = [helper.make_tensor_value_info(k, TensorProto.FLOAT, v.shape) for k, v in feed.items()]
    graph = helper.make_graph([node], 'one', inputs, [helper.make_tensor_value_info('y', kind, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 11), helper.make_opsetid('mmdeploy', 1)])
    model.ir_version = 6
    options = onnxruntime.SessionOptions()
    options.register_custom_ops_library(library)
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=['CPUExecutionProvider'])


def main():
    libraries, rounds = sys.argv[1:3], int(sys.argv[3])
    for name, make in (('modulated_deform_conv', deform_conv), ('nms_rotated', rotated_nms)):
        node, feed, kind = make()
        feed = {k: v.astype(np.float32) for k, v in feed.items()}
        sessions = [session(library, node, feed, kind) for library in libraries]
        answers = [s.run(None, feed)[0] for s in sessions]
        times = [[], []]
        for _ in range(rounds):
            for s, t in zip(sessions, times):
                begin = time.perf_counter()
                s.run(None, feed)
                t.append(1000 * (time.perf_counter() - begin))
        same = answers[0].shape == answers[1].shape
        gap = np.abs(answers[0].astype(np.float64) - answers[1]).max(initial=0) if same else np.inf
        print(name, *(f'{np.median(t):.3f}' for t in times), f'{gap:.1e}', flush=True)


if __name__ == '__main__':
    main()
