model = dict(
    type='RetinaNet',
    backbone=dict(
        type='ResNet',
        depth=50,
        base_channels=4,
        num_stages=2,
        strides=(2, 2),
        dilations=(1, 1),
        out_indices=(0, 1),
        frozen_stages=1,
        conv_cfg=dict(type='ConvWS'),
        norm_cfg=dict(type='GN', num_groups=2, requires_grad=True),
        norm_eval=True,
        style='pytorch'),
    neck=dict(
        type='FPN',
        in_channels=[16, 32],
        out_channels=16,
        add_extra_convs='on_output',
        num_outs=5,
        relu_before_extra_convs=True,
        conv_cfg=dict(type='ConvWS'),
        norm_cfg=dict(type='GN', num_groups=4, requires_grad=True)),
    bbox_head=dict(
        type='RetinaHead',
        num_classes=5,
        in_channels=16,
        stacked_convs=2,
        feat_channels=12,
        anchor_generator=dict(
            type='AnchorGenerator',
            octave_base_scale=4,
            scales_per_octave=3,
            ratios=[0.5, 1.0, 2.0],
            strides=[8, 16, 32, 64, 128]),
        bbox_coder=dict(
            type='DeltaXYWHBBoxCoder',
            target_means=[.0, .0, .0, .0],
            target_stds=[1.0, 1.0, 1.0, 1.0]),
        loss_cls=dict(type='FocalLoss', use_sigmoid=True, gamma=2.0, alpha=0.25, loss_weight=1.0),
        loss_bbox=dict(type='L1Loss', loss_weight=1.0)),
    train_cfg=None,
    test_cfg=dict(
        nms_pre=300,
        min_bbox_size=0,
        score_thr=0.05,
        nms=dict(type='nms', iou_threshold=0.5),
        max_per_img=50))
img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='MultiScaleFlipAug',
        img_scale=(288, 224),
        flip=False,
        transforms=[
            dict(type='Resize', keep_ratio=True),
            dict(type='RandomFlip'),
            dict(type='Normalize', **img_norm_cfg),
            dict(type='Pad', size_divisor=32),
            dict(type='ImageToTensor', keys=['img']),
            dict(type='Collect', keys=['img']),
        ])
]
data = dict(test=dict(type='CocoDataset', pipeline=test_pipeline))
