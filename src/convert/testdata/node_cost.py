# SPDX-License-Identifier: Apache-2.0
"""Multiply-adds (of norms and activations: operations) of single layers as
mmcv.cnn.get_model_complexity_info counts them, into node_cost.txt."""
import os

from mmcv.cnn import get_model_complexity_info
from torch import nn

CASES = {
    'conv': (nn.Conv2d(6, 8, 3, stride=2, padding=1, bias=False), (6, 15, 17)),
    'conv_groups': (nn.Conv2d(6, 12, (3, 5), groups=3, bias=False), (6, 15, 17)),
    'conv_dilated': (nn.Conv1d(4, 5, 3, dilation=2, bias=False), (4, 20)),
    'conv_transpose': (nn.ConvTranspose2d(6, 4, 4, stride=2, padding=1, bias=False), (6, 7, 9)),
    'gemm': (nn.Linear(20, 7, bias=False), (20, )),
    'matmul': (nn.Linear(20, 7, bias=False), (11, 20)),
    'batch_norm': (nn.Sequential(nn.BatchNorm2d(6)).eval(), (6, 7, 9)),
    'relu': (nn.ReLU(), (6, 15, 17)),
}
with open(os.path.join(os.path.dirname(__file__), 'node_cost.txt'), 'w') as out:
    for name, (layer, shape) in CASES.items():
        flops, _ = get_model_complexity_info(nn.Sequential(layer), shape, False, False)
        print(name, int(flops), file=out)
