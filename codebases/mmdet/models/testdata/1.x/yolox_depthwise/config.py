model = dict(
    type='YOLOX',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[128., 128., 128.],
        std=[64., 64., 64.],
        bgr_to_rgb=False,
        pad_size_divisor=32),
    backbone=dict(
        type='CSPDarknet',
        deepen_factor=0.1,
        widen_factor=0.04,
        out_indices=(2, 3, 4),
        use_depthwise=True,
        spp_kernal_sizes=(3, 5),
        norm_cfg=dict(type='BN', momentum=0.03, eps=0.001),
        act_cfg=dict(type='Swish')),
    neck=dict(
        type='YOLOXPAFPN',
        in_channels=[10, 20, 40],
        out_channels=16,
        num_csp_blocks=1,
        use_depthwise=True,
        upsample_cfg=dict(scale_factor=2, mode='nearest'),
        norm_cfg=dict(type='BN', momentum=0.03, eps=0.001),
        act_cfg=dict(type='LeakyReLU', negative_slope=0.1)),
    bbox_head=dict(
        type='YOLOXHead',
        num_classes=5,
        in_channels=16,
        feat_channels=12,
        stacked_convs=1,
        strides=(8, 16, 32),
        use_depthwise=True,
        norm_cfg=dict(type='BN', momentum=0.03, eps=0.001),
        act_cfg=dict(type='Swish'),
        loss_cls=dict(type='CrossEntropyLoss', use_sigmoid=True, reduction='sum', loss_weight=1.0)),
    train_cfg=None,
    test_cfg=dict(score_thr=0.1, nms=dict(type='nms', iou_threshold=0.65)))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=None),
    dict(type='Resize', scale=(160, 160), keep_ratio=True),
    dict(type='Pad', pad_to_square=True, pad_val=dict(img=(114.0, 114.0, 114.0))),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'))
]
test_dataloader = dict(dataset=dict(type='CocoDataset', pipeline=test_pipeline))
default_scope = 'mmdet'
