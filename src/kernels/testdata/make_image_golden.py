# SPDX-License-Identifier: Apache-2.0
"""Writes image_golden.txt: checksums of colour conversions and borders.

Needs opencv-python-headless==4.7.0.72 and numpy<2. Use: python make_image_golden.py > image_golden.txt
A line: name width height fnv1a64(result bytes), of noise images (see noise in color_test.c).
"""
import cv2
import numpy as np

from make_resize_golden import fnv, source


def noise(w, h, c):
    return source('noise', w, h, c)


COLORS = [('bgr2rgb', 3, cv2.COLOR_BGR2RGB), ('bgr2gray', 3, cv2.COLOR_BGR2GRAY),
          ('rgb2gray', 3, cv2.COLOR_RGB2GRAY), ('bgra2gray', 4, cv2.COLOR_BGRA2GRAY),
          ('bgra2bgr', 4, cv2.COLOR_BGRA2BGR), ('bgra2rgb', 4, cv2.COLOR_BGRA2RGB),
          ('gray2bgr', 1, cv2.COLOR_GRAY2BGR)]
YUVS = [('nv12_bgr', cv2.COLOR_YUV2BGR_NV12), ('nv12_rgb', cv2.COLOR_YUV2RGB_NV12),
        ('nv21_bgr', cv2.COLOR_YUV2BGR_NV21), ('nv21_rgb', cv2.COLOR_YUV2RGB_NV21)]
PADS = [('constant', cv2.BORDER_CONSTANT), ('edge', cv2.BORDER_REPLICATE),
        ('reflect', cv2.BORDER_REFLECT_101), ('symmetric', cv2.BORDER_REFLECT)]

cv2.setNumThreads(1)
for w, h in [(2, 2), (18, 10), (64, 34), (130, 70)]:
    for name, c, code in COLORS:
        print(name, w, h, '%016x' % fnv(cv2.cvtColor(noise(w, h, c), code).tobytes()))
    for name, code in YUVS:
        print(name, w, h, '%016x' % fnv(cv2.cvtColor(noise(w, h * 3 // 2, 1), code).tobytes()))
# Top 3, bottom 5, left 2, right 7; constant pixel 10, 20, 30.
for w, h in [(1, 1), (2, 3), (9, 8), (3, 20)]:
    for name, mode in PADS:
        out = cv2.copyMakeBorder(noise(w, h, 3), 3, 5, 2, 7, mode, value=(10, 20, 30))
        print('pad_' + name, w, h, '%016x' % fnv(out.tobytes()))
