model = dict(
    type='SingleStageDetector',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_size_divisor=1),
    backbone=dict(
        type='MobileNetV2',
        widen_factor=0.1,
        out_indices=(4, 6),
        norm_cfg=dict(type='BN', eps=0.001, momentum=0.03)),
    neck=dict(
        type='SSDNeck',
        in_channels=(16, 32),
        out_channels=(16, 32, 24, 16),
        level_strides=(2, 2),
        level_paddings=(1, 1),
        l2_norm_scale=None,
        use_depthwise=True,
        norm_cfg=dict(type='BN', eps=0.001, momentum=0.03),
        act_cfg=dict(type='ReLU6')),
    bbox_head=dict(
        type='SSDHead',
        in_channels=(16, 32, 24, 16),
        num_classes=5,
        use_depthwise=True,
        stacked_convs=1,
        feat_channels=12,
        norm_cfg=dict(type='BN', eps=0.001, momentum=0.03),
        act_cfg=dict(type='ReLU6'),
        anchor_generator=dict(
            type='SSDAnchorGenerator',
            scale_major=False,
            strides=[16, 32, 64, 107],
            ratios=[[2, 3], [2, 3], [2, 3], [2, 3]],
            min_sizes=[20, 40, 60, 80],
            max_sizes=[40, 60, 80, 100]),
        bbox_coder=dict(
            type='DeltaXYWHBBoxCoder',
            target_means=[.0, .0, .0, .0],
            target_stds=[0.1, 0.1, 0.2, 0.2])),
    train_cfg=None,
    test_cfg=dict(
        nms_pre=1000,
        nms=dict(type='nms', iou_threshold=0.45),
        min_bbox_size=0,
        score_thr=0.02,
        max_per_img=100))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=None),
    dict(type='Resize', scale=(128, 128), keep_ratio=False),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'))
]
test_dataloader = dict(dataset=dict(type='CocoDataset', pipeline=test_pipeline))
default_scope = 'mmdet'
