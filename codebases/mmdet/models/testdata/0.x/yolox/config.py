model = dict(
    type='YOLOX',
    input_size=(160, 160),
    random_size_range=(5, 6),
    random_size_interval=10,
    backbone=dict(type='CSPDarknet', deepen_factor=0.33, widen_factor=0.04),
    neck=dict(type='YOLOXPAFPN', in_channels=[10, 20, 40], out_channels=16, num_csp_blocks=1),
    bbox_head=dict(type='YOLOXHead', num_classes=5, in_channels=16, feat_channels=12),
    train_cfg=None,
    test_cfg=dict(score_thr=0.1, nms=dict(type='nms', iou_threshold=0.5)))
img_norm_cfg = dict(mean=[103.53, 116.28, 123.675], std=[57.375, 57.12, 58.395], to_rgb=False)
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='MultiScaleFlipAug',
        img_scale=(160, 160),
        flip=False,
        transforms=[
            dict(type='Resize', keep_ratio=True),
            dict(type='RandomFlip'),
            dict(type='Normalize', **img_norm_cfg),
            dict(type='Pad', pad_to_square=True, pad_val=dict(img=(0.0, 0.0, 0.0))),
            dict(type='DefaultFormatBundle'),
            dict(type='Collect', keys=['img']),
        ])
]
data = dict(test=dict(type='CocoDataset', pipeline=test_pipeline))
