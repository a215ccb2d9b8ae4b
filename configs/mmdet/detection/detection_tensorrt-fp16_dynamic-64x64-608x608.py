# SPDX-License-Identifier: Apache-2.0
_base_ = './detection_tensorrt_dynamic-64x64-608x608.py'

backend_config = dict(common_config=dict(fp16_mode=True))
