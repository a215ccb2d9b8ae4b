# SPDX-License-Identifier: Apache-2.0
"""Goldens of the transforms, computed by the code bases' own classes.

    python make_transforms.py 0x    (mmcls 0.25.0 with mmcv 1.7)
    python make_transforms.py 1x    (mmcv 2.1)

writes transforms_0x.npz and transforms_0x.json: for each case k the image (image_k, BGR bytes), the steps in the language of
pipeline.json, and the planes that the steps give (result_k).
"""
import json
import sys

import numpy as np

MEAN = [123.675, 116.28, 103.53]
STD = [58.395, 57.12, 57.375]
NORM = dict(type='Normalize', mean=MEAN, std=STD, to_rgb=True)
BYTES = dict(type='Normalize', mean=[127.5, 100.0, 90.0], std=[255.0, 1.0, 3.0], to_rgb=False)

# (height, width), own steps, the same for the package where that differs.
CASES_0X = [
    ((47, 61), [dict(type='Resize', size=(30, -1)), dict(type='CenterCrop', crop_size=28), NORM]),
    ((61, 47), [dict(type='Resize', size=(31, -1)), dict(type='CenterCrop', crop_size=28), NORM]),
    ((40, 40), [dict(type='Resize', size=(29, -1)), dict(type='CenterCrop', crop_size=(24, 26)), BYTES]),
    ((33, 52), [dict(type='Resize', size=(21, 27)), NORM]),
    ((20, 18), [dict(type='Resize', size=30), dict(type='CenterCrop', crop_size=25), NORM]),
    ((45, 60), [dict(type='Resize', size=(26, -1), backend='pillow'), dict(type='CenterCrop', crop_size=23), NORM]),
    ((60, 45), [dict(type='Resize', size=(26, -1), backend='pillow', interpolation='bicubic'),
                dict(type='CenterCrop', crop_size=21), NORM]),
    ((25, 25), [dict(type='Resize', size=(28, 24), backend='pillow', interpolation='nearest'), NORM]),
    ((25, 31), [dict(type='Resize', size=(28, 24), interpolation='nearest'), NORM]),
    ((31, 29), [dict(type='CenterCrop', crop_size=26), NORM]),
    ((20, 40), [dict(type='CenterCrop', crop_size=24), NORM]),
    ((30, 44), [dict(type='Resize', size=(24, -1), adaptive_side='long'), NORM]),
    ((44, 30), [dict(type='Resize', size=(24, -1), adaptive_side='height'), NORM]),
    ((24, 16), [dict(type='Resize', size=(20, -1)), dict(type='Pad', size=(32, 28), pad_val=7), NORM]),
    ((24, 16), [NORM, dict(type='Pad', pad_to_square=True)]),
    ((24, 16), [dict(type='Pad', size=(26, 24), pad_val=(114, 20, 7)), NORM]),
    ((24, 16), [dict(type='Pad', size=(26, 21), padding_mode='reflect'), NORM]),
    ((52, 56), [dict(type='Resize', size=(26, 28)), NORM]),
    ((25, 31), [dict(type='Resize', size=(28, 24), interpolation='bicubic'), NORM]),
    ((45, 31), [dict(type='Resize', size=(28, 24), interpolation='area'), NORM]),
    ((25, 31), [dict(type='Resize', size=(28, -1), interpolation='area'), NORM]),
    ((25, 31), [dict(type='Resize', size=(28, 24), interpolation='lanczos'), NORM]),
    ((25, 31), [dict(type='Resize', size=(28, 24), backend='pillow', interpolation='box'), NORM]),
    ((45, 31), [dict(type='Resize', size=(28, 24), backend='pillow', interpolation='hamming'), NORM]),
    ((45, 31), [dict(type='Resize', size=(28, 24), backend='pillow', interpolation='lanczos'), NORM]),
    ((47, 61), [dict(type='CenterCrop', crop_size=28, efficientnet_style=True), NORM]),
    ((41, 30), [dict(type='CenterCrop', crop_size=28, efficientnet_style=True, crop_padding=5, interpolation='bicubic',
                     backend='pillow'), NORM]),
    ((40, 50), [dict(type='CenterCrop', crop_size=24, efficientnet_style=True, crop_padding=0, interpolation='area'), NORM]),
]
CASES_1X = [
    ((47, 61), [dict(type='ResizeEdge', scale=30), dict(type='CenterCrop', crop_size=28), NORM],
     [dict(type='Resize', size=[30, -1], keep_ratio=True), dict(type='CenterCrop', crop_size=28), NORM]),
    ((60, 61), [dict(type='ResizeEdge', scale=27), NORM],
     [dict(type='Resize', size=[27, -1], keep_ratio=True), NORM]),
    ((45, 60), [dict(type='Resize', scale=(28, 20)), NORM], [dict(type='Resize', size=[28, 20]), NORM]),
    ((45, 60), [dict(type='Resize', scale=(28, 20), keep_ratio=True), NORM],
     [dict(type='Resize', size=[28, 20], keep_ratio=True), NORM]),
    ((61, 37), [dict(type='Resize', scale=(28, 20), keep_ratio=True, backend='pillow', interpolation='bicubic'), NORM],
     [dict(type='Resize', size=[28, 20], keep_ratio=True, backend='pillow', interpolation='bicubic'), NORM]),
    ((33, 31), [dict(type='CenterCrop', crop_size=(20, 26)), NORM]),
    ((26, 19), [NORM, dict(type='Pad', size_divisor=8)]),
    ((26, 19), [dict(type='Pad', size=(24, 28), pad_val=dict(img=114)), NORM]),
    ((47, 61), [dict(type='EfficientNetCenterCrop', crop_size=28), NORM],
     [dict(type='CenterCrop', crop_size=28, efficientnet_style=True, interpolation='bicubic'), NORM]),
    ((45, 36), [dict(type='EfficientNetCenterCrop', crop_size=24, crop_padding=6, interpolation='bilinear', backend='pillow'), NORM],
     [dict(type='CenterCrop', crop_size=24, efficientnet_style=True, crop_padding=6, interpolation='bilinear',
           backend='pillow'), NORM]),
    ((20, 18), [dict(type='CenterCrop', crop_size=25, auto_pad=True), NORM]),
    ((20, 38), [dict(type='CenterCrop', crop_size=(25, 24), auto_pad=True, pad_cfg=dict(type='Pad', pad_val=dict(img=114))), NORM]),
    ((20, 38), [dict(type='CenterCrop', crop_size=(45, 14), auto_pad=True, pad_cfg=dict(type='Pad', padding_mode='edge')), NORM]),
    ((30, 38), [dict(type='CenterCrop', crop_size=(25, 14), auto_pad=True), NORM]),
]


def picture(height, width, seed):
    """Waves and noise."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[:height, :width]
    waves = [127 + 100 * np.sin(x / (3 + c) + y / (5 - c) + seed) for c in range(3)]
    return np.clip(np.stack(waves, -1) + rng.uniform(-40, 40, (height, width, 3)), 0, 255).astype(np.uint8)


def registry(dialect):
    if dialect == '0x':
        from mmcls.datasets.builder import PIPELINES
        return PIPELINES
    import mmcv.transforms  # noqa: F401
    import mmpretrain.datasets.transforms  # noqa: F401
    from mmpretrain.registry import TRANSFORMS
    return TRANSFORMS


def main(dialect):
    steps = registry(dialect)
    arrays, cases = {}, []
    for k, case in enumerate(CASES_0X if dialect == '0x' else CASES_1X):
        (height, width), own, package = case[0], case[1], case[-1]
        image = picture(height, width, k)
        results = dict(img=image.copy(), img_shape=image.shape, img_fields=['img'])
        for step in own:
            results = steps.build(dict(step))(results)
        arrays[f'image_{k}'] = image
        arrays[f'result_{k}'] = np.ascontiguousarray(results['img'].astype(np.float32).transpose(2, 0, 1)[None])
        cases.append([dict(type='LoadImageFromFile'), *package, dict(type='ImageToTensor', keys=['img']),
                      dict(type='Collect', keys=['img'])])
    np.savez_compressed(f'transforms_{dialect}.npz', **arrays)
    with open(f'transforms_{dialect}.json', 'w') as f:
        f.write('[\n' + ',\n'.join(json.dumps(c) for c in cases) + '\n]\n')


main(sys.argv[1])
