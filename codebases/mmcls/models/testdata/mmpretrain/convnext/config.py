# SPDX-License-Identifier: Apache-2.0
# ConvNeXt, narrow; no neck.
default_scope = 'mmpretrain'
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ConvNeXt',
        arch=dict(depths=[1, 1, 2, 1], channels=[8, 12, 16, 24]),
        norm_cfg=dict(type='LN2d', eps=1e-3),
        layer_scale_init_value=1e-6,
        drop_path_rate=0.1,
        stem_patch_size=2),
    head=dict(
        type='LinearClsHead',
        num_classes=3,
        in_channels=24,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
        topk=(1, )))
dataset_type = 'CustomDataset'
data_preprocessor = dict(
    num_classes=3,
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=32, edge='short', backend='pillow'),
    dict(type='CenterCrop', crop_size=28),
    dict(type='PackInputs')
]
test_dataloader = dict(
    batch_size=32,
    num_workers=5,
    dataset=dict(
        type=dataset_type,
        data_root='data/photos',
        pipeline=test_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=False))
test_evaluator = dict(type='Accuracy', topk=(1, 5))
