# SPDX-License-Identifier: Apache-2.0
# ConvNeXt, narrow; no neck.
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='ConvNeXt',
        arch=dict(depths=[1, 1, 2, 1], channels=[8, 12, 16, 24]),
        norm_cfg=dict(type='LN2d', eps=1e-3),
        layer_scale_init_value=1e-6,
        drop_path_rate=0.1,
        out_indices=(3, )),
    head=dict(
        type='LinearClsHead',
        num_classes=6,
        in_channels=24,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
        topk=(1, )))
dataset_type = 'CustomDataset'
img_norm_cfg = dict(
    mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', size=(56, -1), backend='pillow'),
    dict(type='CenterCrop', crop_size=48),
    dict(type='Normalize', **img_norm_cfg),
    dict(type='ImageToTensor', keys=['img']),
    dict(type='Collect', keys=['img'])
]
data = dict(
    samples_per_gpu=32,
    workers_per_gpu=2,
    test=dict(
        type=dataset_type,
        data_prefix='data/photos',
        pipeline=test_pipeline))
