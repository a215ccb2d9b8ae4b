# SPDX-License-Identifier: Apache-2.0
_base_ = './base_tensorrt_dynamic-300x300-512x512.py'

backend_config = dict(common_config=dict(fp16_mode=True))
