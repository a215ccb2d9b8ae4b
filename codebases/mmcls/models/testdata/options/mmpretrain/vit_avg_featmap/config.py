# SPDX-License-Identifier: Apache-2.0
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32),
        patch_size=8,
        img_size=32,
        out_type='avg_featmap',
        layer_scale_init_value=0.1),
    neck=None,
    head=dict(
        type='LinearClsHead', num_classes=5, in_channels=16))
default_scope = 'mmpretrain'
test_pipeline = []
