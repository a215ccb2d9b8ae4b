# SPDX-License-Identifier: Apache-2.0
_base_ = ['./classification_static.py', '../_base_/backends/rknn.py']

codebase_config = dict(model_type='end2end')
onnx_config = dict(input_shape=[224, 224])
backend_config = dict(input_size_list=[[3, 224, 224]])
