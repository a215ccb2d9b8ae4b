model = dict(
    type='RTMDet',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[103.53, 116.28, 123.675],
        std=[57.375, 57.12, 58.395],
        bgr_to_rgb=False,
        pad_size_divisor=32),
    backbone=dict(
        type='CSPNeXt',
        arch_ovewrite=[[6, 8, 1, True, False], [8, 12, 1, True, False],
                       [12, 16, 2, False, True], [16, 24, 1, True, True]],
        expand_ratio=0.75,
        use_depthwise=True,
        channel_attention=False,
        spp_kernel_sizes=(3, 5),
        out_indices=(2, 3, 4),
        act_cfg=dict(type='SiLU', inplace=True)),
    neck=dict(
        type='CSPNeXtPAFPN',
        in_channels=[12, 16, 24],
        out_channels=12,
        num_csp_blocks=1,
        expand_ratio=0.25,
        use_depthwise=True,
        act_cfg=dict(type='SiLU', inplace=True)),
    bbox_head=dict(
        type='RTMDetSepBNHead',
        num_classes=5,
        in_channels=12,
        stacked_convs=1,
        feat_channels=8,
        exp_on_reg=True,
        share_conv=False,
        use_depthwise=True,
        pred_kernel_size=3,
        anchor_generator=dict(type='MlvlPointGenerator', offset=0, strides=[8, 16, 32]),
        bbox_coder=dict(type='DistancePointBBoxCoder'),
        loss_cls=dict(type='QualityFocalLoss', use_sigmoid=True, beta=2.0, loss_weight=1.0),
        loss_bbox=dict(type='GIoULoss', loss_weight=2.0)),
    train_cfg=None,
    test_cfg=dict(
        nms_pre=100,
        min_bbox_size=0,
        score_thr=0.1,
        nms=dict(type='nms', iou_threshold=0.65),
        max_per_img=60))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=None),
    dict(type='Resize', scale=(160, 160), keep_ratio=True),
    dict(type='Pad', size=(160, 160), pad_val=dict(img=(114, 114, 114))),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'))
]
test_dataloader = dict(dataset=dict(type='CocoDataset', pipeline=test_pipeline))
default_scope = 'mmdet'
