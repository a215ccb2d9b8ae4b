# SPDX-License-Identifier: Apache-2.0
"""Writes warp_affine_golden.txt: checksums of images warped by cv2.warpAffine, and the maps of
cv2.getAffineTransform.

Needs opencv-python-headless==4.7.0.72 and numpy<2.
Use: python make_warp_affine_golden.py > warp_affine_golden.txt

A line: channels sw sh dw dh, six source and six result coordinates of three points (x y x y x y),
fnv1a64(the map's doubles) fnv1a64(bytes) fnv1a64(floats). The source is the noise of
make_resize_golden.py; as floats each byte is (byte - 100) / 3.
"""
import random

import cv2
import numpy as np
from make_resize_golden import fnv, source


def points(rng, sw, sh, dw, dh):
    spread = rng.choice([0.0, 0.0, 1.0, 8.0])
    pick = lambda w, h: [round(rng.uniform(-spread, 1 + spread) * v, 2) for v in (w, h, w, h, w, h)]
    kind = rng.randrange(6)
    if kind == 0:  # a shift by whole pixels
        dx, dy = rng.randint(-9, 9), rng.randint(-9, 9)
        return [0, 0, sw, 0, 0, sh], [dx, dy, sw + dx, dy, dx, sh + dy]
    if kind == 1:  # on a line
        return [1, 1, 3, 3, 8, 8], pick(dw, dh)
    if kind == 2:  # an upright box, as poses have
        x, y, w = rng.uniform(-20, sw), rng.uniform(-20, sh), rng.uniform(2, 2 * sw)
        box = [x, y, x + w, y, x, y + w * dh / dw]
        return [round(v, 3) for v in box], [0, 0, dw, 0, 0, dh]
    return pick(sw, sh), pick(dw, dh)


def main():
    rng = random.Random(5)
    for i in range(220):
        c = rng.choice([1, 2, 3, 3, 4])
        sw, sh, dw, dh = (rng.choice([1, 2, rng.randint(3, 90)]) for _ in range(4))
        if i % 20 == 0:
            dw = 600
        a, b = points(rng, sw, sh, dw, dh)
        a, b = ([np.float32(v) for v in p] for p in (a, b))
        m = cv2.getAffineTransform(np.float32(a).reshape(3, 2), np.float32(b).reshape(3, 2))
        img = source('noise', sw, sh, c)
        floats = (img.astype(np.float32) - np.float32(100)) / np.float32(3)
        outs = [cv2.warpAffine(p, m, (dw, dh), flags=cv2.INTER_LINEAR) for p in (img, floats)]
        # Adding zero turns -0 into 0: their sign is not what is tested.
        print(c, sw, sh, dw, dh, *(float(v).hex() for v in a + b), *('%016x' % fnv(o.tobytes()) for o in [m + 0.0, outs[0], outs[1] + np.float32(0)]))


if __name__ == '__main__':
    cv2.setNumThreads(1)
    main()
