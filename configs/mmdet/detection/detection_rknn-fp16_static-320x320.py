# SPDX-License-Identifier: Apache-2.0
_base_ = './detection_rknn-int8_static-320x320.py'

backend_config = dict(quantization_config=dict(do_quantization=False))
