# SPDX-License-Identifier: Apache-2.0
# YOLOX-tiny on COCO. Network and test pipeline are those of mmdet's config of the same name. Its weights are random here (keys
# and shapes: yolox_tiny_keys.txt) and score a quarter everywhere, so that the threshold is above: a place without an object.
_base_ = ['../demo/_base_/models/yolox_nano.py', '../demo/_base_/datasets/coco_416.py', '../demo/_base_/default_runtime.py']
model = dict(
    backbone=dict(widen_factor=0.375, use_depthwise=False),
    neck=dict(in_channels=[96, 192, 384], out_channels=96, use_depthwise=False),
    bbox_head=dict(in_channels=96, feat_channels=96, use_depthwise=False),
    test_cfg=dict(score_thr=0.3))
