# SPDX-License-Identifier: Apache-2.0
"""Goldens of the transforms of top-down poses, computed by mmpose's own classes.

    python make_top_down.py 0x    (mmpose 0.29.0)
    python make_top_down.py 1x    (mmpose 1.3.2)

writes top_down_0x.npz or top_down_1x.npz: "image" (BGR bytes), and for each case k "box_k" [x, y, w, h], "options_k" [w, h, udp],
"crop_k" [center x, center y, scale x, scale y] and "result_k" (bytes).
"""
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = [  # box, network's input, udp
    ((20, 12, 30, 28), (24, 32), False), ((20, 12, 30, 28), (24, 32), True),
    ((5.25, 3.5, 61.3, 20.7), (24, 32), False), ((5.25, 3.5, 61.3, 20.7), (24, 32), True),
    ((-20, -15, 50, 60), (16, 16), False), ((60, 40, 50, 60), (24, 16), True),
    ((0, 0, 80, 60), (24, 32), False), ((33, 21, 2, 1.5), (24, 32), False),
    ((300, 300, 20, 30), (8, 8), False), ((41.7, 30.2, 7, 11), (17, 31), True),
]


def picture():
    rng = np.random.RandomState(3)
    y, x = np.mgrid[:60, :80]
    waves = [127 + 100 * np.sin(x / (3 + c) + y / (5 - c)) for c in range(3)]
    return np.clip(np.stack(waves, -1) + rng.uniform(-40, 40, (60, 80, 3)), 0, 255).astype(np.uint8)


def run_0x(image, box, size, udp):
    from mmpose.datasets.pipelines import TopDownAffine, TopDownGetBboxCenterScale
    sample = dict(img=image, bbox=np.float32(box), rotation=0, joints_3d=np.zeros((1, 3), np.float32),
                  joints_3d_visible=np.zeros((1, 3), np.float32), ann_info=dict(image_size=np.array(size), num_joints=1))
    sample = TopDownAffine(use_udp=udp)(TopDownGetBboxCenterScale(padding=1.25)(sample))
    return [*sample['center'], *sample['scale']], sample['img']


def run_1x(image, box, size, udp):
    from mmpose.datasets.transforms import GetBBoxCenterScale, TopdownAffine
    x, y, w, h = box
    sample = dict(img=image, bbox=np.float32([[x, y, x + w, y + h]]))
    sample = TopdownAffine(input_size=size, use_udp=udp).transform(GetBBoxCenterScale(padding=1.25).transform(sample))
    return [*sample['input_center'], *(sample['input_scale'] / 200)], sample['img']


def main(dialect):
    arrays = {'image': picture()}
    for k, (box, size, udp) in enumerate(CASES):
        crop, result = dict([('0x', run_0x), ('1x', run_1x)])[dialect](arrays['image'], box, size, udp)
        arrays.update({f'box_{k}': np.float32(box), f'options_{k}': np.float32([*size, udp]),
                       f'crop_{k}': np.float32(crop), f'result_{k}': result})
    np.savez_compressed(f'{HERE}/top_down_{dialect}.npz', **arrays)


main(sys.argv[1])
