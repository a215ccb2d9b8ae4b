#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tiny videos and what cv2.VideoCapture makes of them (videos.txt).

Needs opencv-python-headless 4.7.0.72, whose FFmpeg is 5.1. A line is: file, width, height, frames,
then the CRC-32 of each frame's BGR bytes.
"""
import os
import struct
import zlib

import cv2
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, 'videos')


def frames(width, height, count):
    y, x = np.mgrid[0:height, 0:width]
    for i in range(count):
        image = np.stack([(x * 5 + i * 20) % 256, (y * 7 + i * 9) % 256, (x + y) * 3 % 256], -1)
        image = image.astype(np.uint8)
        cv2.circle(image, (6 + 4 * i, height // 2), 6, (20, 230, 120), -1)
        yield image


def write(name, codec, width, height, count=8):
    path = os.path.join(FOLDER, name)
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*codec), 10, (width, height))
    assert writer.isOpened(), name
    for image in frames(width, height, count):
        writer.write(image)
    writer.release()
    return path


def turn(path, out):
    """The same video with a quarter turn in its track header."""
    data = bytearray(open(path, 'rb').read())
    box = data.index(b'tkhd')
    matrix = box + 4 + 4 + 5 * 4 + 2 * 4 + 4 * 2
    assert struct.unpack('>9i', data[matrix:matrix + 36]) == (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    data[matrix:matrix + 36] = struct.pack('>9i', 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    with open(os.path.join(FOLDER, out), 'wb') as file:
        file.write(data)


def describe(name):
    capture = cv2.VideoCapture(os.path.join(FOLDER, name))
    sums, size = [], (0, 0)
    while True:
        ok, frame = capture.read()
        if not ok:
            break
        size = frame.shape[1::-1]
        sums.append('%08x' % zlib.crc32(frame.tobytes()))
    return f'{name} {size[0]} {size[1]} {len(sums)} ' + ' '.join(sums)


os.makedirs(FOLDER, exist_ok=True)
turn(write('mpeg4.mp4', 'mp4v', 64, 46), 'turned.mp4')
write('mjpeg.avi', 'MJPG', 44, 30)
write('even.mkv', 'XVID', 48, 32)
with open(os.path.join(HERE, 'videos.txt'), 'w') as text:
    for video in sorted(os.listdir(FOLDER)):
        print(describe(video), file=text)
