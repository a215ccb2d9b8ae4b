# SPDX-License-Identifier: Apache-2.0
_base_ = ['../../../configs/mmdet/_base_/base_instance-seg_dynamic.py', '../../../configs/_base_/backends/ncnn.py']

# One picture: its objects have no batch.
onnx_config = dict(dynamic_axes=dict(_delete_=True, input={2: 'height', 3: 'width'}, dets={1: 'num_dets'}, labels={1: 'num_dets'},
                                     masks={1: 'num_dets', 2: 'height', 3: 'width'}))
# PyTorch has no limits.
codebase_config = dict(post_processing=dict(max_output_boxes_per_class=1000, keep_top_k=1000))
