#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes parts/*.npz: what the parts of golden detectors give that MMDeploy 0.14.0 cut.

    make_parts.py MMDEPLOY [NAME ...]

MMDEPLOY is a checkout of the tag v0.14.0; run it with a Python that has mmdeploy 0.14.0, mmdet
2.28.2 and onnxruntime.  The original's networks keep boxes that are too small for PyTorch, so that
min_bbox_size is switched off.
"""
import os
import subprocess
import sys
import tempfile

import cv2
import numpy as np
import onnxruntime

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, '..', '..', '..', 'codebases')
GOLDENS = os.path.join(MODELS, 'mmdet', 'models', 'testdata', '0.x')
PHOTO = os.path.join(MODELS, 'mmcls', 'models', 'testdata', 'photos', 'chelsea.jpg')
MEAN, STD = np.float32([123.675, 116.28, 103.53]), np.float32([58.395, 57.12, 57.375])
YOLO_PARTS = ("partition_cfg=[dict(save_file='yolov3.onnx', start=['detector_forward:input'], "
              "end=['yolo_head:input'], output_names=[f'pred_maps.{i}' for i in range(3)])]")
# Golden, partition_config, part, corner of the picture in the photo, file.
PARTS = [
    ('retinanet', "type='single_stage'", 'partition0', (40, 60), 'single_stage'),
    ('faster_rcnn', "type='two_stage'", 'partition0', (80, 10), 'two_stage_0'),
    ('faster_rcnn', "type='two_stage'", 'partition1', None, 'two_stage_1'),
    ('yolov3', f"type='yolov3_partition', {YOLO_PARTS}", 'yolov3', (40, 60), 'yolov3'),
]


def convert(mmdeploy, golden, partition, folder):
    config = os.path.join(folder, 'deploy.py')
    with open(config, 'w') as f:
        f.write(f"_base_ = ['{mmdeploy}/configs/mmdet/_base_/base_dynamic.py', "
                f"'{mmdeploy}/configs/_base_/backends/onnxruntime.py']\n"
                f"partition_config = dict(apply_marks=True, {partition})\n")
    model = os.path.join(GOLDENS, golden)
    with open(os.path.join(folder, 'model.py'), 'w') as f:
        f.write(f"_base_ = '{model}/config.py'\n")
        if golden == 'faster_rcnn':
            f.write('model = dict(test_cfg=dict(rpn=dict(min_bbox_size=-1)))\n')
    subprocess.run([sys.executable, f'{mmdeploy}/tools/deploy.py', config, f'{folder}/model.py',
                    f'{model}/checkpoint.pth', PHOTO, '--work-dir', folder], capture_output=True)


def picture(golden, corner):
    y, x = corner
    cut = cv2.imread(PHOTO)[y:y + 192, x:x + 192]
    cut = cv2.resize(cut, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)[..., ::-1]
    cut = cut / 255 if golden == 'yolov3' else (cut - MEAN) / STD
    return np.ascontiguousarray(cut.transpose(2, 0, 1)[None], np.float32)


def main():
    mmdeploy = os.path.abspath(sys.argv[1])
    os.makedirs(os.path.join(HERE, 'parts'), exist_ok=True)
    for golden, partition, part, corner, name in PARTS:
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            convert(mmdeploy, golden, partition, folder)
            session = onnxruntime.InferenceSession(f'{folder}/{part}.onnx',
                                                   providers=['CPUExecutionProvider'])
        r = np.random.RandomState(0)
        x = r.randn(3, 12, 7, 7).astype(np.float32) if corner is None else picture(golden, corner)
        found = session.run(None, {session.get_inputs()[0].name: x})
        arrays = {session.get_inputs()[0].name: x}
        arrays.update({o.name: a for o, a in zip(session.get_outputs(), found)})
        np.savez_compressed(os.path.join(HERE, 'parts', f'{name}.npz'), **arrays)
        print(name, {k: v.shape for k, v in arrays.items()})


if __name__ == '__main__':
    main()
