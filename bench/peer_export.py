# SPDX-License-Identifier: Apache-2.0
"""peer_export.py ROOT CONFIG IMAGE OUT.onnx: MMDeploy 0.14's own export of a stock mmdet config with random weights. ROOT is a checkout
of v0.14.0, CONFIG is relative to mmdet's configs. Runs in the peer's Python."""
import os
import shutil
import subprocess
import sys
import tempfile

import mmdet
import torch
from mmdet.apis import init_detector


def main():
    root, config, image, out = sys.argv[1:]
    config = os.path.join(os.path.dirname(mmdet.__file__), '.mim', 'configs', config)
    torch.manual_seed(0)
    model = init_detector(config, None, device='cpu')
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = os.path.join(folder, 'checkpoint.pth')
        torch.save({'state_dict': model.state_dict(), 'meta': {'CLASSES': getattr(model, 'CLASSES', None)}}, checkpoint)
        deploy = os.path.join(root, 'configs/mmdet/detection/detection_onnxruntime_dynamic.py')
        # What follows the export (a run, a drawing) may fail on random weights.
        subprocess.run([sys.executable, os.path.join(root, 'tools/deploy.py'), deploy, config, checkpoint, image,
                        '--work-dir', folder], check=False, stdout=sys.stderr)
        shutil.copy(os.path.join(folder, 'end2end.onnx'), out)


if __name__ == '__main__':
    main()
