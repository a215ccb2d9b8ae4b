# SPDX-License-Identifier: Apache-2.0
"""Goldens of the transforms of text models, computed by mmocr's own classes.

    python make_text_transforms.py 0x    (mmocr 0.6.3)
    python make_text_transforms.py 1x    (mmocr 1.0.1)

writes text_transforms_0x.json and .npz (or 1x). The json is a list of {"steps", "shape", "valid_ratio", "scale_factor"}, the npz holds
"image" (BGR bytes), and for each case k "size_k" [height, width] of its upper left part that is the input, and "result_k" (every 13th row).
"""
import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = [(36, 118), (20, 31), (31, 20), (9, 90), (48, 160), (1, 7), (60, 3)]
FIXED = dict(ratio_range=(1.0, 1.0), aspect_ratio_range=(1.0, 1.0))


def resize_ocr(**more):
    return dict(type='ResizeOCR', **more)


LISTS_0X = [
    [resize_ocr(height=32, min_width=32, max_width=None, keep_aspect_ratio=True)],
    [resize_ocr(height=48, min_width=48, max_width=160, keep_aspect_ratio=True, width_downsample_ratio=0.25)],
    [resize_ocr(height=16, min_width=16, max_width=64, img_pad_value=77)],
    [resize_ocr(height=16, min_width=16, max_width=64, img_pad_value=(7, 8, 9))],
    [resize_ocr(height=32, max_width=100, min_width=None, keep_aspect_ratio=False)],
    [resize_ocr(height=32, min_width=32, max_width=96, backend='pillow', img_pad_value=5)],
    [resize_ocr(height=16, min_width=16, max_width=100, padding_mode='edge')],
    [resize_ocr(height=16, min_width=16, max_width=100, padding_mode='reflect')],
    [resize_ocr(height=16, min_width=16, max_width=100, padding_mode='symmetric', backend='cv2')],
    [resize_ocr(height=24, min_width=24, max_width=80, width_downsample_ratio=1), dict(type='ToTensorOCR'),
     dict(type='NormalizeOCR', mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])],
]
LISTS_1X = [
    [dict(type='RescaleToHeight', height=32, min_width=32, max_width=None, width_divisor=16)],
    [dict(type='RescaleToHeight', height=48, min_width=48, max_width=160, width_divisor=4)],
    [dict(type='RescaleToHeight', height=24, min_width=24, max_width=60, width_divisor=1), dict(type='PadToWidth', width=72)],
    [dict(type='RescaleToHeight', height=24, min_width=24, max_width=60),
     dict(type='PadToWidth', width=60, pad_cfg=dict(type='Pad', pad_val=dict(img=(9, 8, 7)), padding_mode='constant'))],
    [dict(type='RescaleToHeight', height=24, min_width=24, max_width=60),
     dict(type='PadToWidth', width=90, pad_cfg=dict(type='Pad', padding_mode='edge'))],
    [dict(type='ShortScaleAspectJitter', short_size=40, scale_divisor=1, **FIXED)],
    [dict(type='ShortScaleAspectJitter', short_size=33, scale_divisor=32, **FIXED)],
]


def picture():
    rng = np.random.RandomState(3)
    y, x = np.mgrid[:60, :160]
    waves = [127 + 100 * np.sin(x / (3 + c) + y / (5 - c)) for c in range(3)]
    return np.clip(np.stack(waves, -1) + rng.uniform(-40, 40, (60, 160, 3)), 0, 255).astype(np.uint8)


def classes(dialect):
    if dialect == '0x':
        from mmdet.datasets.builder import PIPELINES
        import mmocr.datasets.pipelines  # noqa: F401
        return lambda c: PIPELINES.build(c)
    from mmocr.registry import TRANSFORMS
    from mmocr.utils import register_all_modules
    register_all_modules()
    return lambda c: TRANSFORMS.build(c)


def main(dialect):
    build = classes(dialect)
    arrays, cases, k = {'image': picture()}, [], 0
    for steps in LISTS_0X if dialect == '0x' else LISTS_1X:
        for h, w in SIZES:
            image = np.ascontiguousarray(arrays['image'][:h, :w])
            sample = dict(img=image, img_shape=image.shape if dialect == '0x' else (h, w), img_fields=['img'])
            try:
                for step in steps:
                    sample = build(dict(step))(sample)
            except Exception as error:  # no such size
                print(steps[0]['type'], (h, w), type(error).__name__)
                continue
            result = np.asarray(sample['img'])
            rows = result[:, ::13] if result.shape[0] == 3 else result[::13]
            arrays.update({f'size_{k}': np.float32([h, w]), f'result_{k}': np.ascontiguousarray(rows)})
            cases.append(dict(steps=steps, shape=list(result.shape), valid_ratio=sample.get('valid_ratio', 1.0),
                              scale_factor=[float(v) for v in np.ravel(sample.get('scale_factor', []))[:2]]))
            k += 1
    np.savez_compressed(f'{HERE}/text_transforms_{dialect}.npz', **arrays)
    with open(f'{HERE}/text_transforms_{dialect}.json', 'w') as f:
        f.write('[\n' + ',\n'.join(json.dumps(c) for c in cases) + '\n]\n')


main(sys.argv[1])
