# SPDX-License-Identifier: Apache-2.0
_base_ = './single-stage_ncnn_static-320x320.py'

backend_config = dict(precision='FP16')
