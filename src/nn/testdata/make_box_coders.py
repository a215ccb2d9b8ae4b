#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes box_coders.json: boxes decoded by the original code base.

Run it with a Python that has mmdet 2.28.2 or 3.3.0: the numbers are the same.
"""
import json
import os

import mmdet
import torch

if mmdet.__version__.startswith('2.'):
    from mmdet.core.bbox import build_bbox_coder as build
else:
    from mmdet.registry import TASK_UTILS
    from mmdet.utils import register_all_modules
    register_all_modules()
    build = TASK_UTILS.build

IMAGE = (40, 60)  # height, width
ROWS = 8
DELTA = dict(type='DeltaXYWHBBoxCoder', target_means=(0., 0., 0., 0.), target_stds=(1., 1., 1., 1.))
CONFIGS = [
    DELTA,
    dict(DELTA, target_means=(.1, -.1, .2, 0.), target_stds=(.1, .1, .2, .2)),
    dict(DELTA, clip_border=False),
    dict(DELTA, add_ctr_clamp=True, ctr_clamp=2),
    dict(type='DistancePointBBoxCoder'),
    dict(type='DistancePointBBoxCoder', clip_border=False),
    dict(type='TBLRBBoxCoder', normalizer=1.5),
    dict(type='TBLRBBoxCoder', normalizer=(1., 2., .5, 3.), clip_border=False),
    dict(type='YOLOBBoxCoder'),
    dict(type='BucketingBBoxCoder', num_buckets=7, scale_factor=1.7),
    dict(type='BucketingBBoxCoder', num_buckets=4, scale_factor=3., clip_border=False),
]


def decode(config, r):
    coder = build(dict(config))
    corner = torch.rand(ROWS, 2, generator=r) * torch.tensor([50., 30.])
    priors = torch.cat([corner, corner + torch.rand(ROWS, 2, generator=r) * 20 + 2], 1)
    x = torch.randn(ROWS, 4, generator=r)
    case = dict(config=config)
    if config['type'] == 'DistancePointBBoxCoder':
        priors, x = corner, x.abs() * 10
    if config['type'] == 'TBLRBBoxCoder':
        x = x.abs()
    if config['type'] == 'BucketingBBoxCoder':
        side = 4 * coder.num_buckets - 4 * (coder.num_buckets // 2)
        logits = torch.randn(ROWS, side, generator=r) * 2
        x = torch.randn(ROWS, side, generator=r) * .5
        boxes, confidence = coder.decode(priors, [logits, x], max_shape=IMAGE)
        x = torch.cat([logits, x], 1)
        case.update(confidence=confidence.tolist())
    elif config['type'] == 'YOLOBBoxCoder':
        case.update(stride=16)
        boxes = coder.decode(priors, torch.cat([x[:, :2].sigmoid(), x[:, 2:]], 1), 16)
    else:
        x[-1] *= 4
        boxes = coder.decode(priors, x, max_shape=IMAGE)
    return dict(case, priors=priors.tolist(), predictions=x.tolist(), boxes=boxes.tolist())


def main():
    r = torch.Generator().manual_seed(0)
    cases = [decode(config, r) for config in CONFIGS]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'box_coders.json')
    text = json.dumps(dict(image=IMAGE, cases=cases),
                      default=float).replace('{"config"', '\n{"config"')
    with open(path, 'w') as f:
        f.write(text + '\n')


if __name__ == '__main__':
    main()
