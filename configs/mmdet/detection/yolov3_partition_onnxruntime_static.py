# SPDX-License-Identifier: Apache-2.0
# YOLOv3 up to its raw maps; decoding and suppression are left to the program.
_base_ = './detection_onnxruntime_static.py'

onnx_config = dict(input_shape=[608, 608])
partition_config = dict(
    type='yolov3_partition',
    apply_marks=True,
    partition_cfg=[
        dict(
            save_file='yolov3.onnx',
            start=['detector_forward:input'],
            end=['yolo_head:input'],
            output_names=['pred_maps.0', 'pred_maps.1', 'pred_maps.2'])
    ])
