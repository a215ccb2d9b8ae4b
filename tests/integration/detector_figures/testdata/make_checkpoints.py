# SPDX-License-Identifier: Apache-2.0
"""make_checkpoints.py NAME...: NAME.pth beside NAME.py, a model of mmdet 2 (PyTorch 1.13.1) in full size. All weights of a checkpoint
are overlapping views of one short list of random numbers, so that a file of 40 million numbers stays small; no two of them are
equal, or the converter would compute equal branches once."""
import os
import sys
import zipfile

import torch
from mmcv import Config
from mmdet.models import build_detector

FOLDER = os.path.dirname(os.path.abspath(__file__))


def view(numbers, start, shape):
    return numbers.as_strided(shape, [1] * len(shape), start)


def main():
    for name in sys.argv[1:]:
        model = build_detector(Config.fromfile(os.path.join(FOLDER, name + '.py')).model)
        shapes = {k: v for k, v in model.state_dict().items()}
        torch.manual_seed(0)
        length = len(shapes) + max(sum(v.shape) for v in shapes.values())
        numbers, counts = torch.rand(length).mul_(0.05).half().float().add_(0.5), torch.zeros(1, dtype=torch.int64)
        state = {k: view(numbers, i, v.shape) if v.is_floating_point() else counts.reshape(v.shape)
                 for i, (k, v) in enumerate(shapes.items())}
        path = os.path.join(FOLDER, name + '.pth')
        torch.save(dict(meta=dict(CLASSES=None), state_dict=state), path + '.tmp')
        shrink(path + '.tmp', path)


def shrink(source, path):
    """torch.save does not compress; our reader and PyTorch's take compressed entries too."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(zipfile.ZipInfo(item.filename), old.read(item), zipfile.ZIP_DEFLATED)
    os.remove(source)


if __name__ == '__main__':
    main()
