# SPDX-License-Identifier: Apache-2.0
"""What mmdeploy-runtime answers: sdk.py FOLDER TASK STEM BOXES PHOTO..., run by make_packages.py.

STEM.json and STEM.npz get the answer; STEM.metas.json what the transforms say of the picture.
The runtime may abort: each call is a process of its own.
"""
import json
import os
import shutil
import sys
import tempfile

import answers
import cv2
import mmdeploy_runtime as runtime
import numpy as np
from jsontext import save_json


def paste(masks, boxes, size):
    """Masks of regions, at the place where the runtime's demos put them."""
    whole = []
    for mask, box in zip(masks, boxes):
        canvas = np.zeros(size, np.uint8)
        if mask.shape == tuple(size):
            canvas[:] = mask
        elif mask.size:
            x, y = (max(int(np.floor(v)) - 1, 0) for v in box[:2])
            part = canvas[y:y + mask.shape[0], x:x + mask.shape[1]]
            part[:] = mask[:part.shape[0], :part.shape[1]]
        whole.append(canvas)
    return whole


def steady(machine, task, photos, boxes):
    """The runtime's Python module now and then gives an empty result: empty is what always is."""
    seen = {}
    for _ in range(20):
        rows, arrays = answer(machine, task, photos, boxes)
        key = json.dumps(rows) + ''.join(str(hash(a.tobytes())) for a in arrays.values())
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == (20 if key == '[]' else 3):
            return rows, arrays
    raise RuntimeError('no answer three times the same')


def answer(machine, task, photos, boxes):
    image = cv2.imread(photos[0])
    size = image.shape[:2]
    if task == 'Detector':
        table, labels, masks = machine(image)
        some = any(m.size for m in masks)
        return answers.boxes(table, labels, paste(masks, table, size) if some else None, size)
    if task == 'RotatedDetector':
        table, labels = machine(image)
        return answers.boxes(table, labels, key='rbox')
    if task == 'Segmentor':
        result = machine(image)
        if result.dtype == np.float32:
            return answers.score_map(result if result.shape[1:] == size
                                     else result.transpose(2, 0, 1))
        return answers.label_map(result)
    if task == 'TextDetector':
        return answers.polygons(machine(image))
    if task == 'TextRecognizer':
        return answers.text(*machine(image))
    if task == 'PoseDetector':
        return answers.keypoints(machine(image, boxes))
    if task == 'Restorer':
        return answers.image(machine(image))
    frames = [cv2.imread(p) for p in photos]
    return answers.labels(machine(frames, tuple(boxes)))


def metas(folder, task, photos, boxes):
    """The output of the package's transforms, without its tensors."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = os.path.join(scratch, 'package')
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns('heads'))
        path = os.path.join(copy, 'pipeline.json')
        with open(path) as f:
            config = json.load(f)
        config['pipeline'].update(output=['prep_output'], tasks=config['pipeline']['tasks'][:1])
        with open(path, 'w') as f:
            json.dump(config, f)
        pipeline = runtime.Pipeline(
            dict(pipeline=dict(input=['img'], output=['x'], tasks=[
                dict(type='Inference', input=['img'], output=['x'], params=dict(model=copy))])),
            runtime.Context(runtime.Device('cpu')))
        image = dict(ori_img=cv2.imread(photos[0]))
        if task == 'PoseDetector':
            left, top, right, bottom = boxes[0]
            image['bbox'] = [float(left), float(top), float(right - left + 1),
                             float(bottom - top + 1), 1.]
        if task == 'VideoRecognizer':
            image = [dict(ori_img=cv2.imread(p), clip_len=boxes[0], num_clips=boxes[1])
                     for p in photos]
        out = pipeline(image)[0]
    while isinstance(out, list):
        out = out[0]
    return rounded(out.get('img_metas', {}))


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    return answers.number(value) if isinstance(value, float) else value


def main():
    folder, task, stem, boxes, *photos = sys.argv[1:]
    boxes = json.loads(boxes)
    if stem.startswith('head'):
        save_json(stem + '.metas.json', metas(folder, task, photos, boxes))
    machine = getattr(runtime, task)(folder, 'cpu', 0)
    answers.save(stem, steady(machine, task, photos, boxes))


if __name__ == '__main__':
    main()
