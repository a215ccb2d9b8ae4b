# SPDX-License-Identifier: Apache-2.0
norm_cfg = dict(type='BN', eps=1e-5, requires_grad=True)
model = dict(
    type='ImageClassifier',
    backbone=dict(type='ResNet', depth=50, out_indices=(3, ), norm_cfg=norm_cfg, style='pytorch'),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=1000, topk=(1, 5), loss=dict(type='CE', weight=1.0)))
