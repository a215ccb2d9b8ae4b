# SPDX-License-Identifier: Apache-2.0
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ResNet',
        depth=50,
        stem_channels=4,
        base_channels=2,
        expansion=2,
        num_stages=3,
        strides=(1, 2, 1),
        dilations=(1, 2, 4),
        out_indices=(0, 2),
        deep_stem=True,
        avg_down=True,
        norm_cfg=dict(type='BN', eps=1e-3, requires_grad=False),
        norm_eval=True,
        frozen_stages=1,
        drop_path_rate=0.1),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead', num_classes=5, in_channels=16))
data = dict(test=dict(pipeline=[]))
