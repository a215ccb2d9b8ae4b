model = dict(
    type='SOLO',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_mask=True,
        pad_size_divisor=32),
    backbone=dict(
        type='ResNet',
        depth=18,
        base_channels=2,
        num_stages=4,
        out_indices=(0, 1, 2, 3),
        frozen_stages=1,
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=True,
        style='pytorch'),
    neck=dict(
        type='FPN', in_channels=[2, 4, 8, 16], out_channels=16, start_level=0, num_outs=5),
    mask_head=dict(
        type='DecoupledSOLOHead',
        num_classes=5,
        in_channels=16,
        stacked_convs=2,
        feat_channels=12,
        strides=[8, 8, 16, 32, 32],
        scale_ranges=((1, 96), (48, 192), (96, 384), (192, 768), (384, 2048)),
        pos_scale=0.2,
        num_grids=[10, 8, 6, 4, 3],
        cls_down_index=1,
        loss_mask=dict(type='DiceLoss', use_sigmoid=True, loss_weight=3.0),
        loss_cls=dict(
            type='FocalLoss', use_sigmoid=True, gamma=2.0, alpha=0.25, loss_weight=1.0),
        norm_cfg=dict(type='GN', num_groups=4, requires_grad=True)),
    train_cfg=None,
    test_cfg=dict(
        nms_pre=60,
        score_thr=0.1,
        mask_thr=0.5,
        filter_thr=0.05,
        kernel='linear',
        sigma=2.0,
        max_per_img=24))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=None),
    dict(type='Resize', scale=(300, 240), keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'))
]
test_dataloader = dict(dataset=dict(type='CocoDataset', pipeline=test_pipeline))
default_scope = 'mmdet'
