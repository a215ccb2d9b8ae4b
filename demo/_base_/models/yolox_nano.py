# SPDX-License-Identifier: Apache-2.0
# YOLOX at a quarter of the width, with depthwise separable convolutions, for the 80 classes of COCO.
model = dict(
    type='YOLOX',
    # Of the training, which also tries 320 to 640 in steps of 32, another every ten iterations.
    input_size=(640, 640),
    random_size_range=(10, 20),
    random_size_interval=10,
    backbone=dict(type='CSPDarknet', deepen_factor=0.33, widen_factor=0.25, use_depthwise=True),
    neck=dict(
        type='YOLOXPAFPN',
        in_channels=[64, 128, 256],
        out_channels=64,
        num_csp_blocks=1,
        use_depthwise=True),
    bbox_head=dict(
        type='YOLOXHead', num_classes=80, in_channels=64, feat_channels=64, use_depthwise=True),
    train_cfg=dict(assigner=dict(type='SimOTAAssigner', center_radius=2.5)),
    test_cfg=dict(score_thr=0.01, nms=dict(type='nms', iou_threshold=0.65)))
