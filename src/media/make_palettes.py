#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes palette_tables.h from the code bases' palettes; needs mmseg 0.30 and mmdet 2.28.

    python make_palettes.py > palette_tables.h
"""
from mmdet.datasets import CocoDataset
from mmseg.core.evaluation.class_names import (ade_palette, cityscapes_palette,
                                               voc_palette)

HEAD = '''// SPDX-License-Identifier: Apache-2.0
//
// Colours of data sets, RRGGBB a class, as the code bases have them. Written by make_palettes.py.
#ifndef MMD_MEDIA_PALETTE_TABLES_H_
#define MMD_MEDIA_PALETTE_TABLES_H_

// clang-format off
'''


def show(name, palette):
    text = ''.join('%02x%02x%02x' % tuple(color) for color in palette)
    print(f'static const char {name}[] =')
    lines = [text[i:i + 90] for i in range(0, len(text), 90)]
    print('\n'.join(f'    "{line}"' for line in lines) + ';')


print(HEAD, end='')
show('CITYSCAPES', cityscapes_palette())
show('VOC', voc_palette())
show('ADE20K', ade_palette())
show('COCO', CocoDataset.PALETTE)
print('// clang-format on\n\n#endif  // MMD_MEDIA_PALETTE_TABLES_H_')
