# SPDX-License-Identifier: Apache-2.0
_base_ = './single-stage_ncnn_static-300x300.py'

onnx_config = dict(input_shape=[640, 640])
