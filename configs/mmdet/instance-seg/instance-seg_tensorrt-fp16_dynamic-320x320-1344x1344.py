# SPDX-License-Identifier: Apache-2.0
_base_ = './instance-seg_tensorrt_dynamic-320x320-1344x1344.py'

backend_config = dict(common_config=dict(fp16_mode=True))
