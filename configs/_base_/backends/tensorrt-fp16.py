# SPDX-License-Identifier: Apache-2.0
_base_ = './tensorrt.py'

backend_config = dict(common_config=dict(fp16_mode=True))
