model = dict(
    type='YOLOV3',
    backbone=dict(
        type='MobileNetV2',
        widen_factor=0.1,
        out_indices=(2, 4, 6),
        act_cfg=dict(type='LeakyReLU', negative_slope=0.1)),
    neck=dict(type='YOLOV3Neck', num_scales=3, in_channels=[32, 16, 8], out_channels=[16, 12, 8]),
    bbox_head=dict(
        type='YOLOV3Head',
        num_classes=5,
        in_channels=[16, 12, 8],
        out_channels=[16, 12, 8],
        anchor_generator=dict(
            type='YOLOAnchorGenerator',
            base_sizes=[[(116, 90), (70, 98), (60, 120)],
                        [(30, 61), (62, 45), (59, 59)],
                        [(10, 13), (16, 30), (33, 23)]],
            strides=[32, 16, 8]),
        bbox_coder=dict(type='YOLOBBoxCoder'),
        featmap_strides=[32, 16, 8]),
    train_cfg=None,
    test_cfg=dict(
        nms_pre=250,
        min_bbox_size=8,
        score_thr=0.3,
        conf_thr=0.2,
        nms=dict(type='nms', iou_threshold=0.45),
        max_per_img=100))
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
