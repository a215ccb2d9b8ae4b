#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes mmengine.pth as mmengine's CheckpointHook would, with its own classes in it.

Usage: generate_mmengine.py [DIRECTORY]   (default: beside this file)
Made with PyTorch 1.13.1 and mmengine 0.10.
"""
import collections
import os
import sys

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.logging import MessageHub

HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))


def main():
    hub = MessageHub.get_instance('generate')
    hub.update_scalar('train/loss', 1.5)
    hub.update_info('iter', 3)
    parameter = torch.nn.Parameter(torch.arange(3.))
    optimizer = torch.optim.SGD([parameter], 0.1, momentum=0.9)
    parameter.sum().backward()
    optimizer.step()
    weights = collections.OrderedDict([('backbone.a', torch.arange(6.).reshape(2, 3))])
    torch.save({
        'meta': {
            'epoch': 1, 'iter': 3, 'cfg': 'a = 1\n', 'seed': 7,
            'dataset_meta': {'classes': ('cat', 'dog'),
                             'palette': np.array([[1, 2, 3], [4, 5, 6]])},
            'config': ConfigDict(model=dict(type='ResNet', depth=18)),
        },
        'state_dict': weights,
        'ema_state_dict': collections.OrderedDict(
            ('module.' + k, v + 1) for k, v in weights.items()),
        'message_hub': hub.state_dict(),
        'optimizer': optimizer.state_dict(),
        'param_schedulers': [{'last_step': 3, '_last_value': [0.1]}],
    }, os.path.join(HERE, 'mmengine.pth'))


if __name__ == '__main__':
    main()
