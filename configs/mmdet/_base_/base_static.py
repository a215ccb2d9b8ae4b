# SPDX-License-Identifier: Apache-2.0
# Object detection; every dimension of the network is fixed but the number of boxes.
_base_ = '../../_base_/onnx_config.py'

onnx_config = dict(output_names=['dets', 'labels'])
# What the model config's test_cfg says goes before what it shares with this.
codebase_config = dict(
    type='mmdet',
    task='ObjectDetection',
    model_type='end2end',
    post_processing=dict(
        # Boxes must have a score above it.
        score_threshold=0.05,
        # The same for the objectness of YOLOv3.
        confidence_threshold=0.005,
        # Boxes that overlap a better one of their class by more are left out.
        iou_threshold=0.5,
        # Limits: boxes of a class, boxes that take part in the suppression, boxes of an image.
        max_output_boxes_per_class=200,
        pre_top_k=5000,
        keep_top_k=100,
        background_label_id=-1))
