# SPDX-License-Identifier: Apache-2.0
"""Makes photos/: cuts of the two CC0 photos of codebases/mmcls, and drawn text."""
import os

import cv2
import numpy as np

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCE = os.path.join(HERE, '../../codebases/mmcls/models/testdata/photos')
OUT = os.path.join(HERE, 'photos')


def source(name):
    return cv2.imread(os.path.join(SOURCE, name))


def write(name, image):
    path = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    cv2.imwrite(path, image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(name, image.shape, os.path.getsize(path))


def put(page, string, x, y, angle, scale, color, thick=1):
    """A line of text, turned about its left end."""
    layer = np.zeros(page.shape[:2], np.uint8)
    cv2.putText(layer, string, (x, y), cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((x, y), angle, 1)
    layer = cv2.warpAffine(layer, turn, page.shape[1::-1]).astype(np.float32)[..., None] / 255
    page[:] = np.round(page * (1 - layer) + np.array(color) * layer)


def page():
    y, x = np.mgrid[0:144, 0:200]
    image = np.stack([200 + x // 10, 215 + y // 8, 230 - x // 12], 2).astype(np.uint8)
    image[100:136, 20:120] = (120, 60, 30)
    put(image, 'MMDeploy', 12, 30, 0, .8, (20, 20, 30))
    put(image, 'narrow model', 30, 62, -6, .5, (90, 20, 20))
    put(image, '2 packages', 110, 90, 12, .45, (10, 90, 10))
    put(image, 'Text', 40, 126, 0, .8, (240, 240, 250), 2)
    put(image, 'exit', 160, 138, 60, .6, (30, 30, 200))
    return image


def word():
    """Gray: the code bases read a gray file, the runtime makes a colour picture gray."""
    image = np.full((36, 118, 3), 222, np.uint8)
    put(image, 'Deploy17', 4, 26, 0, .72, (30, 30, 30))
    return image


def main():
    cat, cup = source('chelsea.jpg'), source('coffee.png')
    write('cat.png', cv2.resize(cat, (216, 168), interpolation=cv2.INTER_AREA))
    write('cup.png', cup)
    write('small.png', cup[40:72, 30:70])
    write('page.png', page())
    write('word.png', word())
    for i in range(8):  # a slow pan
        write(f'clip/img_{i + 1:05d}.png', cup[2 * i:2 * i + 72, 3 * i:3 * i + 84])


main()
