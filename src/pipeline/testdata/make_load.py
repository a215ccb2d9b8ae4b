# SPDX-License-Identifier: Apache-2.0
"""Writes load_golden.txt: what cv2.cvtColor makes of pictures in each format that LoadImageFromFile takes.

Needs opencv-python-headless==4.7.0.72 and numpy<2. Use: python make_load.py > load_golden.txt
A line: format type target width height fnv1a64(result bytes); for floats six samples of the result instead. The source is the
noise of make_resize_golden.py; as floats each byte is (byte - 100) / 3.
"""
import os
import sys

import cv2
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../kernels/testdata'))
from make_resize_golden import fnv, source  # noqa: E402

CHANNELS = {'BGR': 3, 'RGB': 3, 'GRAY': 1, 'NV12': 1, 'NV21': 1, 'BGRA': 4}


def convert(img, form, target):
    if form == target:
        return img
    if form.startswith('NV'):
        code = getattr(cv2, f'COLOR_YUV2{target}_{form}')
    elif form == 'BGRA' or form != target:
        code = getattr(cv2, f'COLOR_{form}2{target}')
    return cv2.cvtColor(img, code)


cv2.setNumThreads(1)
for w, h in [(2, 2), (36, 14), (130, 70)]:
    for form, channels in CHANNELS.items():
        img = source('noise', w, h * 3 // 2 if form.startswith('NV') else h, channels)
        floats = (img.astype(np.float32) - np.float32(100)) / np.float32(3)
        for target in ('BGR', 'RGB', 'GRAY'):
            if form.startswith('NV') and target == 'GRAY':
                out = img[:h]  # cv2.COLOR_YUV2GRAY_NV12 is the luma plane
                assert np.array_equal(out, cv2.cvtColor(img, cv2.COLOR_YUV2GRAY_NV12).reshape(out.shape))
            else:
                out = convert(img, form, target)
            print(form, 'u8', target, w, h, '%016x' % fnv(out.tobytes()))
            if form.startswith('NV'):
                continue
            out = convert(floats, form, target).ravel()
            n = len(out)
            print(form, 'f32', target, w, h, *('%.7g' % out[i * (n - 1) // 5] for i in range(6)))
