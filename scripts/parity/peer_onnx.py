# SPDX-License-Identifier: Apache-2.0
"""peer_onnx.py DEPLOY_CONFIG CONFIG CHECKPOINT IMAGE FOLDER: FOLDER/end2end.onnx as MMDeploy 0.14 exports it, and nothing else of what
its tools/deploy.py does. Runs in the original's Python."""
import sys

from mmdeploy.apis import torch2onnx

if __name__ == '__main__':
    deploy, config, checkpoint, image, folder = sys.argv[1:]
    torch2onnx(image, folder, 'end2end.onnx', deploy, config, checkpoint, 'cpu')
