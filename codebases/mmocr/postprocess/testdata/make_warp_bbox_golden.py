# SPDX-License-Identifier: Apache-2.0
"""Writes warp_bbox_golden.txt: boxes of text set upright with OpenCV, as the original SDK does it.

Needs opencv-python-headless==4.7.0.72 and numpy<2.
Use: python make_warp_bbox_golden.py > warp_bbox_golden.txt

A line: channels, eight coordinates, width and height of the patch, fnv1a64(its bytes). The picture has
90x70 pixels of the noise of src/kernels/testdata/make_resize_golden.py.
"""
import math
import random
import sys
from pathlib import Path

import cv2
import numpy as np

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / 'src/kernels/testdata'))
from make_resize_golden import fnv, source  # noqa: E402


def upright(points):
    pivot = min(points, key=lambda p: (p[1], p[0]))
    rest = list(points)
    rest.remove(pivot)
    # Clockwise on the screen: by the angle from the pivot, which is above all.
    rest.sort(key=lambda p: math.atan2(p[1] - pivot[1], p[0] - pivot[0]))
    ring = [pivot] + rest
    left, top = min(p[0] for p in points), min(p[1] for p in points)
    first = min(range(4), key=lambda i: (ring[i][0] - left)**2 + (ring[i][1] - top)**2)
    return ring[first:] + ring[:first]


def main():
    rng = random.Random(3)
    for i in range(60):
        c = rng.choice([1, 3, 3, 4])
        rect = ((rng.uniform(-5, 95), rng.uniform(-5, 75)), (rng.uniform(3, 80), rng.uniform(3, 30)), rng.choice([0, 90, rng.uniform(0, 90)]))
        box = cv2.boxPoints(rect)
        if rng.random() < .3:
            box = box + np.float32([[rng.uniform(-3, 3) for _ in range(2)] for _ in range(4)])
        start = rng.randrange(4)
        box = np.round(np.roll(box, start, 0), 2)
        if rng.random() < .5:
            box = box[::-1]
        ring = np.float32(upright([tuple(np.rint(p).tolist()) for p in box]))
        sides = np.hypot(*(ring[0] - ring[1]).astype(float)), np.hypot(*(ring[1] - ring[2]).astype(float))
        w, h = np.float32(max(sides)), np.float32(min(sides))
        m = cv2.getAffineTransform(ring[:3], np.float32([[0, 0], [w, 0], [w, h]]))
        if int(w) < 1 or int(h) < 1:
            continue
        patch = cv2.warpAffine(source('noise', 90, 70, c), m, (int(w), int(h)), flags=cv2.INTER_LINEAR)
        print(c, *('%g' % v for v in box.ravel()), int(w), int(h), '%016x' % fnv(patch.tobytes()))


if __name__ == '__main__':
    main()
