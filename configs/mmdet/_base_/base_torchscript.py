# SPDX-License-Identifier: Apache-2.0
# Object detection as TorchScript; the post-processing is that of base_static.py.
_base_ = '../../_base_/torchscript_config.py'

ir_config = dict(output_names=['dets', 'labels'])
codebase_config = dict(
    type='mmdet',
    task='ObjectDetection',
    model_type='end2end',
    post_processing=dict(
        score_threshold=0.05,
        confidence_threshold=0.005,
        iou_threshold=0.5,
        max_output_boxes_per_class=200,
        pre_top_k=5000,
        keep_top_k=100,
        background_label_id=-1))
