# SPDX-License-Identifier: Apache-2.0
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32),
        patch_size=8,
        img_size=(32, 40),
        qkv_bias=False,
        out_indices=[0, -1],
        interpolate_mode='bilinear',
        patch_cfg=dict(padding='same', stride=6),
        layer_cfgs=[
            dict(num_fcs=3, act_cfg=dict(type='ReLU')),
            dict(qkv_bias=True)
        ]),
    neck=None,
    head=dict(
        type='VisionTransformerClsHead', num_classes=5, in_channels=16,
        hidden_dim=7, act_cfg=dict(type='SiLU')))
data = dict(test=dict(pipeline=[]))
