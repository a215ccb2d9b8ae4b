# SPDX-License-Identifier: Apache-2.0
# Panoptic segmentation; every dimension of the network is fixed.
_base_ = '../../_base_/onnx_config.py'

codebase_config = dict(
    type='mmdet',
    task='ObjectDetection',
    model_type='panoptic_end2end',
    post_processing=dict(
        score_threshold=0.0,
        iou_threshold=0.5,
        max_output_boxes_per_class=200,
        pre_top_k=5000,
        keep_top_k=100,
        background_label_id=-1,
        export_postprocess_mask=False))
