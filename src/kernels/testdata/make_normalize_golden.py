# SPDX-License-Identifier: Apache-2.0
"""Prints normalize_golden.inc: mmcv's imnormalize by cv2 (opencv-python-headless==4.7.0.72)."""
import cv2
import numpy as np

values = np.array([0, 1, 77, 128, 200, 255], np.float32)
img = np.repeat(values[None, :, None], 3, axis=2).copy()
mean = np.array([123.675, 116.28, 103.53], np.float32)
std = np.array([58.395, 57.12, 57.375], np.float32)
cv2.subtract(img, np.float64(mean.reshape(1, -1)), img)
cv2.multiply(img, 1 / np.float64(std.reshape(1, -1)), img)
print('// Made by make_normalize_golden.py.')
for c in range(3):
    print('    {%s},' % ', '.join('%d' % v for v in img[0, :, c].copy().view(np.int32)))
