#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes yolox.onnx, yolov8.onnx and goldens.npz: small networks that end with raw numbers, and what the heads' own code says.

The networks give the same numbers for every picture; yolov8.onnx leaves batch, height and width open. The answers for yolox
are those of mmdet's YOLOXHead, for yolov8 those of ultralytics' non_max_suppression.

    make_heads.py FOLDER

Needs mmdet 2.28.2, mmcv-full 1.7.2, torch 1.13.1, onnx and ultralytics 8.4.190 (its utils alone are imported).
"""
import os
import sys

import mmcv
import numpy as np
import onnx
import torch
from mmdet.models.dense_heads import YOLOXHead
from onnx import TensorProto, helper, numpy_helper
from ultralytics.utils.nms import non_max_suppression

WIDTH, HEIGHT, CLASSES, STRIDES = 64, 48, 3, (8, 16, 32)
SIZES = [(-(-HEIGHT // s), -(-WIDTH // s)) for s in STRIDES]


def network(rows, fixed):
    """raw = rows, for each picture of the batch; 'names' as exporters write them."""
    n, k = rows.shape
    # A sum of zeros, [batch, 1, 1].
    nodes = [helper.make_node('ReduceMax', ['images'], ['top'], axes=[2, 3], keepdims=0),
             helper.make_node('ReduceMax', ['top'], ['one'], axes=[1], keepdims=1),
             helper.make_node('Mul', ['one', 'nil'], ['zero']),
             helper.make_node('Unsqueeze', ['zero', 'axis'], ['zeros']),
             helper.make_node('Add', ['rows', 'zeros'], ['raw'])]
    weights = dict(nil=np.float32(0), axis=np.array([2], np.int64), rows=rows[None].astype(np.float32))
    size = [1, 3, HEIGHT, WIDTH] if fixed else ['batch', 3, 'height', 'width']
    graph = helper.make_graph(
        nodes, 'raw', [helper.make_tensor_value_info('images', TensorProto.FLOAT, size)],
        [helper.make_tensor_value_info('raw', TensorProto.FLOAT, [size[0], n, k])],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    if not fixed:
        helper.set_model_props(model, dict(names="{0: 'cat', 1: 'dog', 2: 'cow'}", imgsz=f'[{HEIGHT}, {WIDTH}]'))
    onnx.checker.check_model(model)
    return model


def yolox(random):
    head = YOLOXHead(CLASSES, 8, feat_channels=8, strides=STRIDES)
    maps = {'cls': [], 'reg': [], 'obj': []}
    for height, width in SIZES:
        maps['cls'].append(random.normal(-0.5, 2, (1, CLASSES, height, width)))
        maps['reg'].append(random.normal(0.3, 0.5, (1, 4, height, width)))
        maps['obj'].append(random.normal(0, 2, (1, 1, height, width)))
    maps = {key: [torch.tensor(m, dtype=torch.float32) for m in value] for key, value in maps.items()}
    cfg = mmcv.Config(dict(score_thr=0.01, nms=dict(type='nms', iou_threshold=0.65)))
    meta = dict(scale_factor=np.ones(4, np.float32))
    dets, labels = head.get_bboxes(maps['cls'], maps['reg'], maps['obj'], [meta], cfg=cfg)[0]
    rows = torch.cat([torch.cat([r, o.sigmoid(), c.sigmoid()], 1).flatten(2)
                      for c, r, o in zip(maps['cls'], maps['reg'], maps['obj'])], 2)[0].T
    return rows.numpy(), dets.numpy(), labels.numpy()


def yolov8(random):
    count = sum(h * w for h, w in SIZES)
    rows = np.concatenate([random.uniform(0, 1, (2, count)) * [[WIDTH], [HEIGHT]], random.uniform(6, 30, (2, count)),
                           random.beta(0.5, 1.5, (CLASSES, count))]).astype(np.float32)
    found = non_max_suppression(torch.tensor(rows[None]), conf_thres=0.25, iou_thres=0.7)[0].numpy()
    return rows, found[:, :5], found[:, 5].astype(np.int64)


def main(folder):
    arrays = {}
    for name, make, seed in (('yolox', yolox, 1), ('yolov8', yolov8, 2)):
        rows, dets, labels = make(np.random.RandomState(seed))
        raw = rows.astype(np.float32)
        assert 10 < len(dets) < raw.size and len(set(labels)) == CLASSES
        onnx.save(network(raw, name == 'yolox'), os.path.join(folder, name + '.onnx'))
        arrays.update({name + '_dets': dets, name + '_labels': labels})
        print(name, raw.shape, len(dets), 'boxes')
    np.savez_compressed(os.path.join(folder, 'goldens.npz'), **arrays)


if __name__ == '__main__':
    main(sys.argv[1])
