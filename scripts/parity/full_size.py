# SPDX-License-Identifier: Apache-2.0
"""Detectors at full size, with random weights on which there are detections. Runs in a Python with mmdet 2 or 3.

    full_size.py weights NAME FOLDER         checkpoint.pth, input.npy (the photo as the network takes it)
    full_size.py compare BUILD OUT NAME...   converts, and compares our answers with PyTorch's

NAME is a config of tests/integration/detector_figures/testdata. The rule is that of the tests: of PyTorch's best 90 % at least 98 %
are found, of the same class, within 0.1 pixel and 1e-3 of score, masks with an IoU of 0.99 or all but one pixel, and no other box
scores above the lowest of these."""
import json
import os
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
sys.path.insert(0, os.path.join(ROOT, 'codebases/mmdet/models/testdata'))

import cv2  # noqa: E402
import make_goldens as goldens  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

CONFIGS = os.path.join(ROOT, 'tests/integration/detector_figures/testdata')
PHOTO = os.path.abspath(goldens.PHOTO)
PLACE, SCORE, IOU = 0.1, 1e-3, 0.99


def config_of(name):
    return os.path.join(CONFIGS, name + '.py')


def make_weights(name, folder):
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(0)
    cfg = goldens.load_config(config_of(name))
    model = goldens.build(cfg)
    photo = cv2.resize(cv2.imread(PHOTO), (1216, 800) if goldens.LINE == '0.x' else (640, 448)).transpose(2, 0, 1)
    photo = goldens.normalise(cfg, photo)
    goldens.calibrate(model, name, photo, 0, goldens.OWN_TARGETS.get(name.split('_')[0], []) + goldens.TARGETS)
    classes = tuple(f'thing {i}' for i in range(80))
    meta = dict(CLASSES=classes) if goldens.LINE == '0.x' else dict(dataset_meta=dict(classes=classes))
    torch.save(dict(meta=meta, state_dict=model.state_dict()), os.path.join(folder, 'checkpoint.pth'))
    np.save(os.path.join(folder, 'input.npy'), photo.numpy())


def convert(build, name, folder):
    kind = 'instance-seg/instance-seg' if name.startswith('mask') else 'detection/detection'
    command = [os.path.join(build, 'bin/mmdeploy'), 'convert', os.path.join(ROOT, f'configs/mmdet/{kind}_onnxruntime_dynamic.py'),
               config_of(name), os.path.join(folder, 'checkpoint.pth'), PHOTO, '--work-dir', os.path.join(folder, 'package'),
               '--dump-info', '--verify', 'none']
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def ours(build, folder):
    stem, meta = os.path.join(folder, 'ours'), os.path.join(folder, 'meta.json')
    with open(meta, 'w') as f:
        json.dump(dict(task='Detector'), f)
    subprocess.run([os.path.join(build, 'bin/task_answers'), stem, os.path.join(folder, 'package'), meta, PHOTO], check=True)
    with open(stem + '.json') as f:
        rows = json.load(f)
    masks = np.load(stem + '.npz')['masks'] if os.path.exists(stem + '.npz') else None
    return np.array([r['bbox'] + [r['score'], r['label_id']] for r in rows]), masks


def iou(a, b):
    """A mask of some dozen pixels may have one at the threshold."""
    return 1. if (a ^ b).sum() <= 1 else (a & b).sum() / (a | b).sum()


def compare(wanted, masks, found, found_masks):
    """The sentence of the table, and whether the rule is kept."""
    height, width = cv2.imread(PHOTO).shape[:2]
    for rows in (wanted, found):  # the SDK cuts boxes at the picture's edges
        rows[:, :4] = np.clip(rows[:, :4], 0, [width, height] * 2)
    best, free, pairs = (len(wanted) * 9 + 9) // 10, list(range(len(found))), []
    for k in range(best):
        near = [i for i in free if found[i, 5] == wanted[k, 5] and abs(found[i, 4] - wanted[k, 4]) <= SCORE and
                np.abs(found[i, :4] - wanted[k, :4]).max() <= PLACE]
        if near:
            pairs.append((min(near, key=lambda i: np.abs(found[i] - wanted[k]).max()), k))
            free.remove(pairs[-1][0])
    higher = sum(found[i, 4] > wanted[best - 1, 4] + SCORE for i in free) if best else 0
    overlap = 1. if masks is None else min((iou(found_masks[i].astype(bool), masks[k]) for i, k in pairs), default=0.)
    gap = max((np.abs(found[i, :4] - wanted[k, :4]).max() for i, k in pairs), default=0.)
    text = f'{len(pairs)} of the best {best} boxes, {gap:.2g} px'
    text += '' if masks is None else f', masks {overlap:.4f}'
    text += f', {higher} others score higher' if higher else ''
    return text, best >= 10 and len(pairs) >= .98 * best and not higher and overlap >= IOU


def compare_model(build, out, name):
    folder = os.path.join(out, name)
    path = os.path.join(folder, 'checkpoint.pth')
    if not os.path.exists(path):
        make_weights(name, folder)
    convert(build, name, folder)
    wanted, masks = goldens.infer(goldens.load(config_of(name), path))
    text, good = compare(wanted, masks, *ours(build, folder))
    print(f'{name}: {text}: {"equal" if good else "DIFFERENT"}', flush=True)
    return good


def main():
    command, *words = sys.argv[1:]
    if command == 'weights':
        make_weights(*words)
        return 0
    build, out, *names = words
    build = os.path.abspath(build)
    os.environ['MMDEPLOY_PLUGIN_PATH'] = os.path.join(build, 'lib/mmdeploy')
    return 0 if all([compare_model(build, out, name) for name in names]) else 1


if __name__ == '__main__':
    sys.exit(main())
