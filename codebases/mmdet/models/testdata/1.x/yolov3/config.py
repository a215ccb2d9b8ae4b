model = dict(
    type='YOLOV3',
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[0, 0, 0],
        std=[255., 255., 255.],
        bgr_to_rgb=True,
        pad_size_divisor=32),
    backbone=dict(type='Darknet', depth=53, out_indices=(3, 4, 5)),
    neck=dict(
        type='YOLOV3Neck', num_scales=3, in_channels=[1024, 512, 256], out_channels=[16, 12, 8]),
    bbox_head=dict(
        type='YOLOV3Head',
        num_classes=5,
        in_channels=[16, 12, 8],
        out_channels=[24, 16, 12],
        anchor_generator=dict(
            type='YOLOAnchorGenerator',
            base_sizes=[[(40, 30), (30, 50), (60, 60)],
                        [(15, 30), (31, 22), (29, 59)],
                        [(10, 13), (16, 30), (33, 23)]],
            strides=[32, 16, 8]),
        bbox_coder=dict(type='YOLOBBoxCoder'),
        featmap_strides=[32, 16, 8]),
    train_cfg=None,
    test_cfg=dict(
        nms_pre=1000,
        min_bbox_size=0,
        score_thr=0.05,
        conf_thr=0.005,
        nms=dict(type='nms', iou_threshold=0.45),
        max_per_img=100))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=None),
    dict(type='Resize', scale=(96, 64), keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'))
]
test_dataloader = dict(dataset=dict(type='CocoDataset', pipeline=test_pipeline))
default_scope = 'mmdet'
