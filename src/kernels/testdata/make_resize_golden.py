# SPDX-License-Identifier: Apache-2.0
"""Writes resize_golden.txt: checksums of resized images.

Needs opencv-python-headless==4.7.0.72, Pillow (9.4.0 to 11.x agree) and numpy<2, on a processor with AVX-512.
Use: python make_resize_golden.py > resize_golden.txt

Bicubic of bytes in OpenCV's wheel is the work of Intel's IPP, whose order of additions depends on the processor; a few
values in a million, those half way between two bytes, come out differently. Such a picture is no reference: the script
runs itself for each of IPP's variants and drops the lines that differ.

A line: kind channels source-pattern sw sh dw dh fnv1a64(result bytes). Patterns are made of
integers only, so that the C test makes the same pictures (see make_source in resize_test.c).
"""
import os
import random
import subprocess
import sys

import cv2
import numpy as np
from PIL import Image

KINDS = {
    'cv_nearest': cv2.INTER_NEAREST,
    'cv_linear': cv2.INTER_LINEAR,
    'cv_cubic': cv2.INTER_CUBIC,
    'cv_area': cv2.INTER_AREA,
    'cv_lanczos4': cv2.INTER_LANCZOS4,
    'pil_nearest': Image.NEAREST,
    'pil_box': Image.BOX,
    'pil_bilinear': Image.BILINEAR,
    'pil_hamming': Image.HAMMING,
    'pil_bicubic': Image.BICUBIC,
    'pil_lanczos': Image.LANCZOS,
}
MODES = {1: 'L', 3: 'RGB', 4: 'CMYK'}  # CMYK: four channels that Pillow does not mix


def source(pattern, w, h, c):
    if pattern == 'noise':
        n = w * h * c
        out = np.empty(n, np.uint8)
        state = (w * 7919 + h * 104729 + c) & 0xffffffff
        for i in range(n):
            state = (state * 1664525 + 1013904223) & 0xffffffff
            out[i] = state >> 24
        return out.reshape(h, w, c)
    y, x, k = np.meshgrid(np.arange(h), np.arange(w), np.arange(c), indexing='ij')
    return ((x * 255 // max(w - 1, 1) + y * (k + 1) * 3) // 2 % 256).astype(np.uint8)


def resize(kind, img, dw, dh):
    h, w, c = img.shape
    if kind.startswith('cv'):
        return cv2.resize(img, (dw, dh), interpolation=KINDS[kind]).reshape(dh, dw, c)
    pil = Image.fromarray(img[:, :, 0] if c == 1 else img, MODES[c])
    return np.asarray(pil.resize((dw, dh), KINDS[kind])).reshape(dh, dw, c)


def fnv(data):
    value = 0xcbf29ce484222325
    for b in data:
        value = ((value ^ b) * 0x100000001b3) & 0xffffffffffffffff
    return value


def sizes():
    rng = random.Random(7)
    yield from [(1, 1, 1, 1), (1, 1, 9, 5), (9, 5, 1, 1), (1, 33, 17, 8), (33, 1, 8, 17), (64, 48, 32, 24),
                (63, 48, 32, 24), (64, 48, 32, 48), (64, 48, 64, 24), (64, 48, 64, 48), (2, 2, 1, 1),
                (2, 2, 200, 3), (3, 2, 6, 4), (160, 107, 96, 64), (120, 80, 226, 151), (300, 7, 3, 90)]
    for _ in range(110):
        pick = lambda: rng.choice([rng.randint(1, 8), rng.randint(1, 48), rng.randint(8, 130)])
        yield pick(), pick(), pick(), pick()
    for s in (2, 3, 4):
        for _ in range(4):
            dw, dh = rng.randint(1, 40), rng.randint(1, 40)
            yield dw * s, dh * s, dw, dh
            yield dw, dh, dw * s, dh * s


def print_lines():
    rng = random.Random(11)
    for kind in KINDS:
        for i, (sw, sh, dw, dh) in enumerate(sizes()):
            c = rng.choice([1, 3, 3, 4])
            pattern = 'smooth' if i % 5 == 4 else 'noise'
            out = resize(kind, source(pattern, sw, sh, c), dw, dh)
            print(kind, c, pattern, sw, sh, dw, dh, '%016x' % fnv(out.tobytes()))


def main():
    runs = []
    for variant in ('sse42', 'avx2', 'avx512'):
        env = dict(os.environ, OPENCV_IPP=variant)
        runs.append(subprocess.run([sys.executable, __file__], env=env, check=True, stdout=subprocess.PIPE).stdout)
    for lines in zip(*(run.decode().splitlines() for run in runs)):
        if len(set(lines)) == 1:
            print(lines[0])


if __name__ == '__main__':
    cv2.setNumThreads(1)
    print_lines() if os.environ.get('OPENCV_IPP') else main()
