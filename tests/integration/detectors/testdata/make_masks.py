#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes masks-0.x.npz or masks-1.x.npz: the masks that mmdet's inference_detector finds in the photo of the goldens.

    make_masks.py masks-0.x.npz NAME...     mmdet 2.28.2, mmcv-full 1.7.2, torch 1.13.1
    make_masks.py masks-1.x.npz NAME...     mmdet 3.3.0, mmcv 2.0.1, torch 1.13.1

NAME is a folder of codebases/mmdet/models/testdata/0.x or 1.x. NAME_boxes are rows of x1, y1, x2, y2, score, class, best first;
NAME_masks are the same rows as bits of the whole photo, packed.
"""
import os
import sys

import mmdet
import numpy as np
import torch
from mmdet.apis import inference_detector, init_detector

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../..')
LINE = '0.x' if mmdet.__version__ < '3' else '1.x'
MOST = 40


def found(model, photo):
    result = inference_detector(model, photo)
    if LINE == '1.x':
        instances = result.pred_instances.cpu()
        rows = torch.cat([instances.bboxes, instances.scores[:, None], instances.labels[:, None].float()], 1)
        return rows.numpy(), instances.masks.numpy()
    boxes, masks = result
    if isinstance(masks, tuple):  # with the scores of the masks
        masks = masks[0]
    rows = [np.r_[row, label] for label, rows in enumerate(boxes) for row in rows]
    return np.float32(rows), np.array([mask for masks_of_class in masks for mask in masks_of_class])


def main(table, names):
    arrays = {}
    torch.set_num_threads(1)
    for name in names:
        folder = os.path.join(ROOT, 'codebases/mmdet/models/testdata', LINE, name)
        model = init_detector(os.path.join(folder, 'config.py'), os.path.join(folder, 'checkpoint.pth'), device='cpu')
        rows, masks = found(model, os.path.join(ROOT, 'codebases/mmcls/models/testdata/photos/chelsea.jpg'))
        best = np.argsort(-rows[:, 4], kind='stable')[:MOST]
        arrays[name + '_boxes'] = rows[best].astype(np.float32)
        arrays[name + '_masks'] = np.packbits(masks[best].astype(bool).reshape(len(best), -1), axis=1)
        print(name, len(rows), 'boxes; pixels of the masks:', masks[best].reshape(len(best), -1).sum(1).tolist())
    np.savez_compressed(table, **arrays)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
