# SPDX-License-Identifier: Apache-2.0
# COCO as YOLOX sees it: BGR from 0 to 255, put into a square of 416 by its shape, gray behind it.
dataset_type = 'CocoDataset'
data_root = 'data/coco/'

test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='MultiScaleFlipAug',
        img_scale=(416, 416),
        flip=False,
        transforms=[
            dict(type='Resize', keep_ratio=True),
            dict(type='RandomFlip'),
            dict(type='Pad', pad_to_square=True, pad_val=dict(img=(114.0, 114.0, 114.0))),
            dict(type='DefaultFormatBundle'),
            dict(type='Collect', keys=['img']),
        ]),
]

val_set = dict(
    type=dataset_type,
    ann_file=data_root + 'annotations/instances_val2017.json',
    img_prefix=data_root + 'val2017/',
    pipeline=test_pipeline)

data = dict(samples_per_gpu=8, workers_per_gpu=4, val=val_set, test=val_set)
evaluation = dict(metric='bbox', interval=10)
