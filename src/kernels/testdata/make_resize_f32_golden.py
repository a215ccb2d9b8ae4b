# SPDX-License-Identifier: Apache-2.0
"""Prints resize_f32_golden.inc (opencv-python-headless==4.7.0.72, Pillow): three samples a picture.

The source is v[y][x] = (x * 7919 + y * 104729) % 251 / 250, one channel, float32.
"""
import cv2
import numpy as np
from PIL import Image

KINDS = {
    'CV_NEAREST': cv2.INTER_NEAREST,
    'CV_LINEAR': cv2.INTER_LINEAR,
    'CV_CUBIC': cv2.INTER_CUBIC,
    'CV_AREA': cv2.INTER_AREA,
    'CV_LANCZOS4': cv2.INTER_LANCZOS4,
    'PIL_NEAREST': Image.NEAREST,
    'PIL_BOX': Image.BOX,
    'PIL_BILINEAR': Image.BILINEAR,
    'PIL_HAMMING': Image.HAMMING,
    'PIL_BICUBIC': Image.BICUBIC,
    'PIL_LANCZOS': Image.LANCZOS,
}
SIZES = [(7, 5, 7, 5), (7, 5, 14, 10), (7, 5, 3, 2), (7, 5, 1, 1), (7, 5, 50, 3), (7, 5, 4, 33), (3, 9, 8, 4),
         (600, 40, 300, 20), (600, 40, 200, 10), (600, 40, 431, 23), (600, 40, 1111, 57), (600, 40, 599, 40)]

print('// Made by make_resize_f32_golden.py.')
for sw, sh, dw, dh in SIZES:
    y, x = np.mgrid[0:sh, 0:sw]
    src = ((x * 7919 + y * 104729) % 251).astype(np.float32) / np.float32(250)
    for kind, flag in KINDS.items():
        if kind.startswith('CV'):
            out = cv2.resize(src, (dw, dh), interpolation=flag)
        else:
            out = np.asarray(Image.fromarray(src, 'F').resize((dw, dh), flag))
        out = out.ravel()
        at = (len(out) // 3, len(out) // 2, len(out) - 2 if len(out) > 1 else 0)
        print('    {%d, %d, %d, %d, MMD_RESIZE_%s, {%.8ff, %.8ff, %.8ff}},' %
              (sw, sh, dw, dh, kind, *(float(out[i]) for i in at)))
