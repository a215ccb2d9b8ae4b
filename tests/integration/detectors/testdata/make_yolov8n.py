#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes yolov8n.json: what ONNX Runtime, OpenCV and ultralytics' own suppression find in the photos with the real YOLOv8n.

    make_yolov8n.py yolov8n.json NETWORK.onnx PHOTO...

NETWORK.onnx is assets/networks/yolov8n_320n.onnx. As our package has it the picture lies at the left top of the square, the rest is
114. Needs onnx, onnxruntime, opencv-python-headless, torch and ultralytics 8.4.190 (its utils alone are imported).
"""
import json
import os
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from ultralytics.utils.nms import non_max_suppression

SIDE = 320


def find(session, path):
    picture = cv2.imread(path)
    height, width = picture.shape[:2]
    ratio = SIDE / max(height, width)
    new = int(width * ratio + 0.5), int(height * ratio + 0.5)
    square = np.full((SIDE, SIDE, 3), 114, np.uint8)
    square[:new[1], :new[0]] = cv2.resize(picture, new)
    numbers = np.float32(square[..., ::-1].transpose(2, 0, 1)[None]) / 255
    raw = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(numbers)})[0]
    found = non_max_suppression(torch.from_numpy(raw), conf_thres=0.25, iou_thres=0.7)[0].numpy()
    found[:, :4] /= np.array([new[0] / width, new[1] / height] * 2, np.float32)
    return [[round(float(v), 5) for v in row[:5]] + [int(row[5])] for row in found]


def main(table, network, photos):
    model = onnx.load(network)
    model.ir_version = 8  # what older engines read
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    answers = {os.path.basename(path): find(session, path) for path in photos}
    with open(table, 'w', encoding='utf-8') as out:
        out.write(json.dumps(answers, indent=1).replace('\n   ', ' ').replace('\n  ]', ']') + '\n')
    print({name: len(rows) for name, rows in answers.items()})


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
