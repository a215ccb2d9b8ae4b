#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes mobilenet_v2.tsv: what mmcls itself says about the demo's photos.

Needs mmcls 0.25.0, mmcv 1.7.2, torch 1.13.1 (CPU) and opencv-python-headless 4.7.0.72.

    generate.py mobilenet_v2.tsv CHECKPOINT IMAGE...

CHECKPOINT is the renamed one, as scripts/demo.sh leaves it in build/demo/.
"""
import os
import sys

import torch
from mmcls.apis import inference_model, init_model
from mmcls.datasets import ImageNet

CONFIG = os.path.join(os.path.dirname(__file__), '..', 'mobilenet-v2_8xb32_in1k.py')


def main(table, checkpoint, images):
    torch.set_num_threads(1)
    model = init_model(CONFIG, checkpoint, device='cpu')
    model.CLASSES = ImageNet.CLASSES
    with open(table, 'w', encoding='utf-8') as out:
        print('# SPDX-License-Identifier: Apache-2.0', file=out)
        print('# Written by generate.py: file, number of the best class, its score, its name.', file=out)
        for path in images:
            answer = inference_model(model, path)
            print(os.path.basename(path), answer['pred_label'], '%.6f' % answer['pred_score'],
                  answer['pred_class'], sep='\t', file=out)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
