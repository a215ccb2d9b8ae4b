# SPDX-License-Identifier: Apache-2.0
# VisionTransformer whose checkpoint was trained on 160x160 (10x10 patches, not 4x4).
default_scope = 'mmpretrain'
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=32,
            num_layers=2,
            num_heads=4,
            feedforward_channels=64),
        img_size=64,
        patch_size=16,
        drop_rate=0.1),
    neck=None,
    head=dict(
        type='VisionTransformerClsHead',
        num_classes=12,
        in_channels=32,
        loss=dict(
            type='LabelSmoothLoss', label_smooth_val=0.1,
            mode='classy_vision')))
dataset_type = 'CustomDataset'
classes = (
    'tabby cat', 'Egyptian cat', 'espresso', 'teapot', 'wooden spoon', 'plate',
    'red fox', 'cup', 'window screen', 'velvet', 'notebook', 'pier')
data_preprocessor = dict(
    num_classes=12,
    mean=[127.5, 127.5, 127.5],
    std=[127.5, 127.5, 127.5],
    to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=72, edge='short'),
    dict(type='CenterCrop', crop_size=64),
    dict(type='PackInputs')
]
test_dataloader = dict(
    batch_size=32,
    num_workers=5,
    dataset=dict(
        type=dataset_type,
        data_root='data/photos',
        metainfo=dict(classes=classes),
        pipeline=test_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=False))
test_evaluator = dict(type='Accuracy', topk=(1, 5))
