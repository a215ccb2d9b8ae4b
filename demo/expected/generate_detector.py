#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes yolox_nano.tsv: what mmdet itself finds in the demo's photos.

Needs mmdet 2.28.2, mmcv-full 1.7.2, torch 1.13.1 (CPU) and opencv-python-headless 4.7.0.72.

    generate_detector.py yolox_nano.tsv CHECKPOINT CONFIG IMAGE...

CHECKPOINT is the renamed one, as scripts/demo.sh leaves it in build/demo/. CONFIG is mmdet's own
yolox/yolox_nano_8x8_300e_coco.py; network, pipeline and suppression of the demo's must equal its.
"""
import os
import sys

import cv2
import mmcv
import torch
from mmdet.apis import inference_detector, init_detector
from mmdet.datasets import CocoDataset
from mmdet.models import build_detector

DEMO = os.path.join(os.path.dirname(__file__), '..', 'yolox_nano_8x8_300e_coco.py')
LOWEST = 0.3


def check(config, checkpoint):
    """The demo's config says the same, and the checkpoint has every parameter and no other."""
    demo, stock = mmcv.Config.fromfile(DEMO), mmcv.Config.fromfile(config)
    assert demo.model == stock.model, 'other model'
    assert demo.data.test == stock.data.test, 'other test set'
    state = torch.load(checkpoint, map_location='cpu')['state_dict']
    build_detector(stock.model).load_state_dict(state, strict=True)


def main(table, checkpoint, config, images):
    torch.set_num_threads(1)
    check(config, checkpoint)
    model = init_detector(config, checkpoint, device='cpu')
    model.CLASSES = CocoDataset.CLASSES
    with open(table, 'w', encoding='utf-8') as out:
        print('# SPDX-License-Identifier: Apache-2.0', file=out)
        print('# Written by generate_detector.py: file, number of the class, score, box cut at the edges, class.', file=out)
        for path in images:
            height, width = cv2.imread(path).shape[:2]
            found = [(float(row[4]), label, row[:4].astype(float))
                     for label, rows in enumerate(inference_detector(model, path)) for row in rows]
            for score, label, box in sorted(found, key=lambda item: -item[0]):
                if score <= LOWEST:
                    continue
                box = [min(max(v, 0), limit) for v, limit in zip(box, (width, height) * 2)]
                print(os.path.basename(path), label, '%.6f' % score, *['%.3f' % v for v in box],
                      model.CLASSES[label], sep='\t', file=out)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
