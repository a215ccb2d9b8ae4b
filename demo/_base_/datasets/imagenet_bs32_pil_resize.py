# SPDX-License-Identifier: Apache-2.0
# ImageNet, resized as Pillow does it: short side to 256, then the 224x224 in the middle.
dataset_type = 'ImageNet'
data_root = 'data/imagenet'

# The mean and deviation of ImageNet's colours; images are read as BGR and fed as RGB.
img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='RandomResizedCrop', backend='pillow', size=224),
    dict(type='RandomFlip', direction='horizontal', flip_prob=0.5),
    dict(type='Normalize', **img_norm_cfg),
    dict(type='ImageToTensor', keys=['img']),
    dict(type='ToTensor', keys=['gt_label']),
    dict(type='Collect', keys=['img', 'gt_label']),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', backend='pillow', size=(256, -1)),
    dict(type='CenterCrop', crop_size=224),
    dict(type='Normalize', **img_norm_cfg),
    dict(type='ImageToTensor', keys=['img']),
    dict(type='Collect', keys=['img']),
]

# The validation set serves as the test set: the labels of the real one are not public.
val_set = dict(
    type=dataset_type,
    data_prefix=data_root + '/val',
    ann_file=data_root + '/meta/val.txt',
    pipeline=test_pipeline)

data = dict(
    samples_per_gpu=32,
    workers_per_gpu=2,
    train=dict(type=dataset_type, data_prefix=data_root + '/train', pipeline=train_pipeline),
    val=val_set,
    test=val_set)

evaluation = dict(metric='accuracy', interval=1)
