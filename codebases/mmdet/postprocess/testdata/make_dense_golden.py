#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden of the heads for RKNN: python make_dense_golden.py > dense_golden.json

Wants mmdet 2.28 and mmcv-full 1.7 (YOLOv3's coder, distance decoding, NMS). Small random maps of three levels; boxes of the network's
input from mmdet's own coders, suppressed over all classes together by mmcv's nms.
"""
import json

import numpy as np
import torch
from mmcv.ops import nms
from mmdet.core import YOLOAnchorGenerator, distance2bbox
from mmdet.core.bbox.coder import YOLOBBoxCoder

SIZE, STRIDES, CLASSES = 64, [32, 16, 8], 3
BASE_SIZES = [[[60, 50], [90, 80]], [[30, 28], [20, 40]], [[10, 13], [16, 9]]]
SCORE_THR, IOU_THR = 0.3, 0.45


def numbers(tensor):
    return [round(float(x), 7) for x in tensor.reshape(-1)]


def suppress(boxes, scores, labels):
    keep = scores >= SCORE_THR
    boxes, scores, labels = boxes[keep], scores[keep], labels[keep]
    _, index = nms(boxes, scores, IOU_THR)
    return [{'label_id': int(labels[i]), 'score': float(scores[i]), 'bbox': boxes[i].tolist()} for i in index]


def yolov3(maps):
    generator = YOLOAnchorGenerator(strides=STRIDES, base_sizes=[[tuple(s) for s in level] for level in BASE_SIZES])
    anchors = generator.grid_priors([m.shape[-2:] for m in maps], device='cpu')
    boxes, scores, labels = [], [], []
    for m, prior, stride in zip(maps, anchors, STRIDES):
        flat = m[0].permute(1, 2, 0).reshape(-1, 5 + CLASSES)
        flat[..., :2] = torch.sigmoid(flat[..., :2])
        boxes.append(YOLOBBoxCoder().decode(prior, flat[..., :4], stride))
        conf = torch.sigmoid(flat[:, 4])
        best, label = torch.sigmoid(flat[:, 5:]).max(1)
        # The head keeps cells by their objectness alone.
        scores.append(torch.where(conf >= SCORE_THR, best * conf + 10, torch.zeros_like(conf)))
        labels.append(label)
    boxes, scores, labels = torch.cat(boxes), torch.cat(scores), torch.cat(labels)
    found = suppress(boxes, scores, labels)
    for item in found:
        item['score'] -= 10
        # Cut to the input and to whole pixels.
        item['bbox'] = [float(int(min(max(x, 0), SIZE))) for x in item['bbox']]
    return found


def rtmdet(classes, sides):
    boxes, scores, labels = [], [], []
    for c, b, stride in zip(classes, sides, STRIDES):
        height, width = c.shape[-2:]
        ys, xs = torch.meshgrid(torch.arange(height), torch.arange(width), indexing='ij')
        points = torch.stack([xs.reshape(-1), ys.reshape(-1)], 1) * float(stride)
        boxes.append(distance2bbox(points, b[0].permute(1, 2, 0).reshape(-1, 4)))
        best, label = torch.sigmoid(c[0].permute(1, 2, 0).reshape(-1, CLASSES)).max(1)
        scores.append(best)
        labels.append(label)
    found = suppress(torch.cat(boxes), torch.cat(scores), torch.cat(labels))
    for item in found:
        item['bbox'] = [min(max(x, 0.0), float(SIZE)) for x in item['bbox']]
    return found


def main():
    torch.manual_seed(5)
    shapes = [(SIZE // s, SIZE // s) for s in STRIDES]
    yolo = [torch.randn(1, 2 * (5 + CLASSES), *s) for s in shapes]
    classes = [torch.randn(1, CLASSES, *s) for s in shapes]
    sides = [torch.rand(1, 4, *s) * 2 * stride for s, stride in zip(shapes, STRIDES)]
    dense = torch.rand(1, 30, 4) * 32
    dense[..., 2:] += dense[..., :2]
    scores = torch.rand(1, 30, CLASSES)
    best, label = scores[0].max(1)
    pack = lambda named: {k: {'shape': list(v.shape), 'data': numbers(v)} for k, v in named.items()}
    rounded = lambda t: torch.tensor(np.array(numbers(t), np.float32)).reshape(t.shape)
    yolo, classes, sides = [[rounded(t) for t in ts] for ts in (yolo, classes, sides)]
    dense, scores = rounded(dense), rounded(scores)
    golden = {
        'size': SIZE,
        'yolov3': {'outputs': pack({f'out{i}': t for i, t in enumerate(yolo)}), 'answer': yolov3([t.clone() for t in yolo])},
        'rtmdet': {'outputs': pack({**{f'a{i}': t for i, t in enumerate(classes)}, **{f'b{i}': t for i, t in enumerate(sides)}}),
                   'answer': rtmdet(classes, sides)},
        'boxes': {'outputs': pack({'dets': dense, 'labels': scores}), 'answer': suppress(dense[0], best, label)},
    }
    for key in ('yolov3', 'rtmdet', 'boxes'):
        assert len(golden[key]['answer']) > 4, key
    print(json.dumps(golden, separators=(',', ':')))


main()
