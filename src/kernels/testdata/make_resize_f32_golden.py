# SPDX-License-Identifier: Apache-2.0
"""Prints resize_f32_golden.inc (opencv-python-headless==4.7.0.72): first, middle, last sample."""
import cv2
import numpy as np

y, x = np.mgrid[0:5, 0:7]
src = ((x * x + 3 * y).astype(np.float32) / np.float32(7)).astype(np.float32)
print('// Made by make_resize_f32_golden.py.')
for dw, dh in [(7, 5), (14, 10), (3, 2), (1, 1), (50, 3), (4, 33)]:
    for kind, flag in (('NEAREST', cv2.INTER_NEAREST), ('LINEAR', cv2.INTER_LINEAR)):
        out = cv2.resize(src, (dw, dh), interpolation=flag).ravel()
        a, b, c = (float(out[i]) for i in (0, len(out) // 2, len(out) - 1))
        print('    {%d, %d, MMD_RESIZE_CV_%s, %.8ff, %.8ff, %.8ff},' % (dw, dh, kind, a, b, c))
