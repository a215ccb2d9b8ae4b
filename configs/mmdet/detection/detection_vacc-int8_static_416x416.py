# SPDX-License-Identifier: Apache-2.0
# YOLOv3 up to its raw maps.
_base_ = ['../_base_/base_static.py', '../../_base_/backends/vacc.py']

onnx_config = dict(input_shape=[416, 416])
backend_config = dict(
    model_inputs=[dict(shape=dict(input=[1, 3, 416, 416]), qconfig=dict(dtype='int8'))])
partition_config = dict(
    type='vacc_det',
    apply_marks=True,
    partition_cfg=[
        dict(
            save_file='model.onnx',
            start=['detector_forward:input'],
            end=['yolo_head:input'],
            output_names=['pred_maps.0', 'pred_maps.1', 'pred_maps.2'])
    ])
