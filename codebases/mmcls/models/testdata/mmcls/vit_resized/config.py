# SPDX-License-Identifier: Apache-2.0
# VisionTransformer whose checkpoint was trained on 48x48 (6x6 patches, not 8x8).
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=40,
            num_layers=2,
            num_heads=4,
            feedforward_channels=80),
        img_size=64,
        patch_size=8,
        drop_rate=0.1),
    neck=None,
    head=dict(
        type='VisionTransformerClsHead',
        num_classes=12,
        in_channels=40,
        loss=dict(
            type='LabelSmoothLoss', label_smooth_val=0.1,
            mode='classy_vision')))
dataset_type = 'CustomDataset'
classes = (
    'tabby cat', 'Egyptian cat', 'espresso', 'teapot', 'wooden spoon', 'plate',
    'red fox', 'cup', 'window screen', 'velvet', 'notebook', 'pier')
img_norm_cfg = dict(
    mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5], to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', size=64),
    dict(type='CenterCrop', crop_size=64),
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
        classes=classes,
        pipeline=test_pipeline))
