model = dict(
    type='CenterNet',
    backbone=dict(
        type='ResNet',
        depth=18,
        base_channels=2,
        num_stages=4,
        out_indices=(3, ),
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=True,
        style='pytorch'),
    neck=dict(
        type='CTResNetNeck',
        in_channel=16,
        num_deconv_filters=(16, 12, 8),
        num_deconv_kernels=(4, 4, 4),
        use_dcn=True),
    bbox_head=dict(type='CenterNetHead', num_classes=5, in_channel=8, feat_channel=12),
    train_cfg=None,
    test_cfg=dict(topk=40, local_maximum_kernel=3, max_per_img=100))
img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
test_pipeline = [
    dict(type='LoadImageFromFile', to_float32=True),
    dict(
        type='MultiScaleFlipAug',
        scale_factor=1.0,
        flip=False,
        transforms=[
            dict(type='Resize', keep_ratio=True),
            dict(
                type='RandomCenterCropPad',
                ratios=None,
                border=None,
                mean=[0, 0, 0],
                std=[1, 1, 1],
                to_rgb=True,
                test_mode=True,
                test_pad_mode=['logical_or', 31],
                test_pad_add_pix=1),
            dict(type='RandomFlip'),
            dict(type='Normalize', **img_norm_cfg),
            dict(type='DefaultFormatBundle'),
            dict(
                type='Collect',
                meta_keys=('filename', 'ori_filename', 'ori_shape', 'img_shape', 'pad_shape',
                           'scale_factor', 'flip', 'flip_direction', 'img_norm_cfg', 'border'),
                keys=['img'])
        ])
]
data = dict(test=dict(type='CocoDataset', pipeline=test_pipeline))
