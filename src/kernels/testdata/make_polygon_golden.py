# SPDX-License-Identifier: Apache-2.0
"""Writes polygon_golden.txt: what OpenCV and Clipper make of the regions of small masks.

Needs opencv-python-headless==4.7.0.72, pyclipper==1.4.0 and numpy<2.
Use: python make_polygon_golden.py > polygon_golden.txt

Masks are made of whole numbers only (see make_map in polygon_test.c). Lines:
  map SEED WIDTH HEIGHT CONTOURS fnv1a64(all contours: count and points as int32)
then for each contour, in OpenCV's order:
  contour fnv1a64(approximated points) CORNERS mean-under-the-polygon, the four corners of cv2.minAreaRect
and, where it has four corners or more, grown by area * 1.5 / length:
  grown POLYGONS fnv1a64(sorted corners of the hull), the four corners of the rectangle (one polygon only)
"""
import struct

import cv2
import numpy as np
import pyclipper
from make_resize_golden import fnv


class Random:

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 1664525 + 1013904223) & 0xffffffff
        return (self.state >> 8) % n


def make_map(seed):
    rng = Random(seed)
    w, h = 1 + rng.below(120), 1 + rng.below(90)
    y, x = np.mgrid[:h, :w].astype(np.int64)
    out = np.zeros((h, w), np.float32)
    for _ in range(1 + rng.below(6)):
        cx, cy, a, b = rng.below(w), rng.below(h), 1 + rng.below(30), 1 + rng.below(14)
        shear, kind, value = rng.below(33) - 16, rng.below(3), rng.below(5)
        dx = x - cx
        dy = (y - cy) * 16 - dx * shear
        if kind:
            inside = (np.abs(dx) <= a) & (np.abs(dy) <= b * 16)
        else:
            inside = dx * dx * b * b * 256 + dy * dy * a * a <= a * a * b * b * 256
        out[inside] = np.float32(value) / np.float32(4)
    if seed % 8 == 0:
        for i in range(h * w):
            if rng.below(3) == 0:
                out.flat[i] = np.float32(rng.below(5)) / np.float32(4)
    return out


def floats(values):
    return ' '.join('%.9g' % v for v in np.asarray(values, np.float32).ravel())


def ints(points):
    return np.ascontiguousarray(points, np.int32).tobytes()


def grow(points):
    area, length = cv2.contourArea(points), sum(np.hypot(*(points[i] - points[i - 1]).astype(float)) for i in range(len(points)))
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(points, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    out = offset.Execute(area * 1.5 / length)
    if len(out) != 1:
        print('grown', len(out))
        return
    path = np.array(out[0], np.int32)
    hull = sorted(map(tuple, cv2.convexHull(path).reshape(-1, 2).tolist()))
    print('grown 1 %016x' % fnv(ints(hull)), floats(cv2.boxPoints(cv2.minAreaRect(path.astype(np.float32)))))


def main():
    for seed in range(1, 49):
        image = make_map(seed)
        h, w = image.shape
        contours, _ = cv2.findContours((image > np.float32(0.3)).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        data = b''.join(struct.pack('<i', len(c)) + ints(c) for c in contours)
        print('map', seed, w, h, len(contours), '%016x' % fnv(data))
        for c in contours:
            points = cv2.approxPolyDP(c, 0.01 * cv2.arcLength(c, True), True).reshape(-1, 2)
            mask = np.zeros((h, w), np.uint8)
            cv2.fillPoly(mask, [points], 1)
            print('contour %016x' % fnv(ints(points)), len(points), '%.12g' % cv2.mean(image, mask)[0], floats(cv2.boxPoints(cv2.minAreaRect(c))))
            if len(points) >= 4:
                grow(points)


if __name__ == '__main__':
    main()
