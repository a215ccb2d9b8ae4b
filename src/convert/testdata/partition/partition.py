# SPDX-License-Identifier: Apache-2.0
onnx_config = dict(
    type='onnx', export_params=True, keep_initializers_as_inputs=False, opset_version=11, save_file='whole.onnx',
    input_names=['input'], output_names=['dets', 'labels'], input_shape=None, optimize=False)
codebase_config = dict(type='mmdet', task='ObjectDetection')
backend_config = dict(type='onnxruntime')
partition_config = dict(
    type='two_stage',
    apply_marks=True,
    partition_cfg=[
        dict(
            save_file='front.onnx',
            start='detector_forward:input',
            end=['extract_feat:output', 'nms[0]:input'],
            end_name_map={'extract_feat:output:feat.1': 'deep', 'boxes': 'raw_boxes'},
            dynamic_axes={
                'input': {0: 'batch', 2: 'height', 3: 'width'},
                'scores': {0: 'batch', 1: 'num_boxes'},
            }),
        dict(
            save_file='head.onnx',
            start='roi_extractor:output',
            end='bbox_head:output',
            dynamic_axes={'bbox_feats': {0: 'n'}}),
        dict(save_file='rest.onnx', start=['bbox_head[0]:output'], end=['nms[1]:output']),
    ])
