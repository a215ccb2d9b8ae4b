# SPDX-License-Identifier: Apache-2.0
"""Writes components_golden.txt: regions of cv2.connectedComponents.

Needs opencv-python-headless==4.7.0.72 and numpy<2.
Use: python make_components_golden.py > components_golden.txt

A line: seed width height connectivity regions fnv1a64(labels as int32). The mask has a pixel where the
generator of make_polygon_golden.py gives more than the seed modulo 5 below 8.
"""
import cv2
import numpy as np
from make_polygon_golden import Random
from make_resize_golden import fnv


def main():
    for seed in range(1, 31):
        rng = Random(seed)
        w, h = 1 + rng.below(50), 1 + rng.below(40)
        mask = np.array([rng.below(8) > seed % 5 for _ in range(w * h)], np.uint8).reshape(h, w)
        for connectivity in (4, 8):
            count, labels = cv2.connectedComponents(mask, connectivity=connectivity)
            # With 8 neighbours OpenCV counts by blocks of two rows; here as with 4, by first pixels.
            first = np.unique(labels, return_index=True)
            order = [v for v in first[0][np.argsort(first[1])] if v]
            rank = np.zeros(count, np.int32)
            rank[order] = np.arange(1, count)
            labels = rank[labels]
            print(seed, w, h, connectivity, count - 1, '%016x' % fnv(labels.astype(np.int32).tobytes()))


if __name__ == '__main__':
    main()
