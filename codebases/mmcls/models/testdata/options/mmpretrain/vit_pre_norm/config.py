# SPDX-License-Identifier: Apache-2.0
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32),
        patch_size=8,
        img_size=32,
        pre_norm=True,
        final_norm=False,
        frozen_stages=1,
        norm_cfg=dict(type='LN', eps=1e-3)),
    neck=None,
    head=dict(
        type='VisionTransformerClsHead', num_classes=5, in_channels=16))
default_scope = 'mmpretrain'
test_pipeline = []
