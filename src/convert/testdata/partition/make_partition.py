# SPDX-License-Identifier: Apache-2.0
"""Makes the ONNX files of this folder: python make_partition.py. Needs PyTorch 1.13, onnx and MMDeploy 0.14 with mmcv 1.

whole.onnx is a small two-stage network as MMDeploy's own tracer exports it, with its marks; the other files are what
MMDeploy's own `extract_model` cuts out of it with the parts of partition.py."""
import os

import torch
from mmcv import Config
from mmdeploy.apis.onnx import export
from mmdeploy.apis.onnx.partition import extract_partition
from mmdeploy.core import mark
from mmdeploy.utils import load_config

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


class Net(torch.nn.Module):

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.down = torch.nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.score = torch.nn.Conv2d(4, 2, 1)
        self.fc = torch.nn.Linear(16, 5)

    @mark('extract_feat', inputs='img', outputs='feat')
    def extract_feat(self, img):
        a = self.conv(img).relu()
        return [a, self.down(a).relu()]

    @mark('nms', inputs=['boxes', 'scores'], outputs=['dets'])
    def nms(self, boxes, scores):
        return boxes[:, :2] * scores[:, :1].reshape(scores.shape[0], 1, 1, -1).amax(3, keepdim=True)

    @mark('roi_extractor', inputs=['feats', 'rois'], outputs=['bbox_feats'])
    def rois(self, feats, rois):
        x = torch.nn.functional.adaptive_avg_pool2d(feats[1], 1) + rois.mean((2, 3), keepdim=True).sum(1, keepdim=True)
        return x.expand(-1, -1, 2, 2).contiguous()

    @mark('bbox_head', inputs=['bbox_feats'], outputs=['cls_score', 'bbox_pred'])
    def head(self, feats):
        x = self.fc(feats.flatten(1))
        return x[:, :2], x[:, 2:] * 2

    @mark('detector_forward', inputs=['input'], outputs=['dets', 'labels'])
    def forward(self, img):
        feats = self.extract_feat(img)
        scores = self.score(feats[0])
        dets = self.nms(scores, scores.sigmoid().flatten(1))
        cls, box = self.head(self.rois(feats, dets))
        return self.nms(box[:, :, None, None], cls), cls.argmax(1)


def main():
    torch.manual_seed(0)
    config = load_config(path('partition.py'))[0]
    context = dict(cfg=config, ir='onnx', backend='onnxruntime', deploy_cfg=config)
    axes = {'input': {0: 'batch', 2: 'height', 3: 'width'}}
    export(
        Net().eval(), torch.randn(1, 3, 16, 20), path('whole'), input_names=['input'], output_names=['dets', 'labels'],
        opset_version=11, dynamic_axes=axes, keep_initializers_as_inputs=False, context_info=context, optimize=False)
    for part in config.partition_config.partition_cfg:
        extract_partition(
            path('whole.onnx'), part.start, part.end, part.get('start_name_map'), part.get('end_name_map'),
            part.get('dynamic_axes'), path(part.save_file))


if __name__ == '__main__':
    main()
