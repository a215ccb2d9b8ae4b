# SPDX-License-Identifier: Apache-2.0
"""The work of fused_bench.c with OpenCV and Pillow, one thread, medians."""
import time

import cv2
import numpy as np
from PIL import Image

cv2.setNumThreads(1)
MEAN = np.array([123.675, 116.28, 103.53], np.float64).reshape(1, -1)
INVERSE = 1 / np.array([58.395, 57.12, 57.375], np.float64).reshape(1, -1)


def resize(img, size, how):
    if how == 'cv2':
        return cv2.resize(img, size, interpolation=cv2.INTER_LINEAR)
    kind = Image.BILINEAR if how == 'pillow bilinear' else Image.BICUBIC
    return np.asarray(Image.fromarray(img).resize(size, kind))


def chain(img, size, crop, pad, how):
    img = resize(img, size, how)
    if crop:
        y, x = (img.shape[0] - crop) // 2, (img.shape[1] - crop) // 2
        img = img[y:y + crop, x:x + crop]
    img = img.astype(np.float32)
    cv2.cvtColor(img, cv2.COLOR_BGR2RGB, img)
    cv2.subtract(img, MEAN, img)
    cv2.multiply(img, INVERSE, img)
    if pad:
        img = cv2.copyMakeBorder(img, 0, 0, 0, pad - img.shape[1], cv2.BORDER_CONSTANT, value=0)
    return np.ascontiguousarray(img.transpose(2, 0, 1))


def median(*args):
    times = []
    for _ in range(101):
        begin = time.perf_counter()
        chain(*args)
        times.append(time.perf_counter() - begin)
    return sorted(times)[50] * 1e3


photo = np.random.RandomState(0).randint(0, 256, (427, 640, 3)).astype(np.uint8)
print('cv2 bilinear 256, crop 224       %.4f ms' % median(photo, (383, 256), 224, 0, 'cv2'))
print('pillow bilinear 256, crop 224    %.4f ms' % median(photo, (383, 256), 224, 0, 'pillow bilinear'))
print('pillow bicubic 256, crop 224     %.4f ms' % median(photo, (383, 256), 224, 0, 'pillow bicubic'))
print('cv2 bilinear 1199x800, pad 1216  %.4f ms' % median(photo, (1199, 800), 0, 1216, 'cv2'))
