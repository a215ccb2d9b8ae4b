#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes priors.json: base anchors of generators of the original code base, and the priors of a
small map.

Run it with a Python that has mmdet 2.28.2 or 3.3.0: the numbers are the same.
"""
import json
import os

import mmdet

if mmdet.__version__.startswith('2.'):
    from mmdet.core.anchor import build_prior_generator as build
else:
    from mmdet.registry import TASK_UTILS
    from mmdet.utils import register_all_modules
    register_all_modules()
    build = TASK_UTILS.build

SSD300 = dict(type='SSDAnchorGenerator', scale_major=False, input_size=300,
              strides=[8, 16, 32, 64, 100, 300], ratios=[[2], [2, 3], [2, 3], [2, 3], [2], [2]])
SSD512 = dict(type='SSDAnchorGenerator', scale_major=False, input_size=512,
              strides=[8, 16, 32, 64, 128, 256, 512],
              ratios=[[2], [2, 3], [2, 3], [2, 3], [2, 3], [2], [2]])
MAP = (2, 3)
CONFIGS = [
    dict(type='AnchorGenerator', octave_base_scale=4, scales_per_octave=3, ratios=[0.5, 1.0, 2.0],
         strides=[8, 16, 32, 64, 128]),
    dict(type='AnchorGenerator', scales=[8], ratios=[0.5, 1.0, 2.0], strides=[4, (8, 6)],
         base_sizes=[5, 9]),
    dict(type='AnchorGenerator', scales=[2, 5], ratios=[1.0, 3.0], strides=[16], scale_major=False,
         center_offset=0.5),
    dict(type='AnchorGenerator', scales=[1], ratios=[1.0], strides=[8, 16],
         centers=[(3.0, 4.0), (7.5, 8.0)]),
    dict(type='MlvlPointGenerator', strides=[8, (16, 12)], offset=0.5),
    dict(type='MlvlPointGenerator', strides=[4], offset=0),
    dict(SSD300, basesize_ratio_range=(0.15, 0.9)),
    dict(SSD300, basesize_ratio_range=(0.2, 0.9)),
    dict(SSD512, basesize_ratio_range=(0.1, 0.9)),
    dict(SSD512, basesize_ratio_range=(0.15, 0.9)),
    dict(type='SSDAnchorGenerator', strides=[16, (32, 24)], ratios=[[2, 3], [1.5]],
         min_sizes=[48, 100], max_sizes=[100, 150], scale_major=True),
    dict(type='YOLOAnchorGenerator', strides=[32, (16, 12)],
         base_sizes=[[(116, 90), (156, 198), (373, 326)], [(30, 61), (62, 45), (59, 119)]]),
]


def main():
    lines = []
    for config in CONFIGS:
        generator = build(dict(config))
        grid = generator.grid_priors([MAP] * generator.num_levels, device='cpu')
        case = dict(config=config, map=MAP, grid=grid[-1].tolist())  # the last level's
        if hasattr(generator, 'base_anchors'):
            case.update(levels=[level.tolist() for level in generator.base_anchors])
        lines.append(json.dumps(case))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'priors.json')
    with open(path, 'w') as f:
        f.write('[\n' + ',\n'.join(lines) + '\n]\n')


if __name__ == '__main__':
    main()
