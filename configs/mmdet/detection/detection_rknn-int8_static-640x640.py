# SPDX-License-Identifier: Apache-2.0
_base_ = ['../_base_/base_static.py', '../../_base_/backends/rknn.py']

# The boxes are chosen by the program, not by the network.
codebase_config = dict(model_type='rknn')
onnx_config = dict(input_shape=[640, 640])
backend_config = dict(
    input_size_list=[[3, 640, 640]],
    quantization_config=dict(pre_compile=False, rknn_batch_size=-1))
