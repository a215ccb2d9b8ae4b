# SPDX-License-Identifier: Apache-2.0
_base_ = './base_tensorrt_dynamic-320x320-1344x1344.py'

backend_config = dict(common_config=dict(fp16_mode=True, int8_mode=True))
calib_config = dict(create_calib=True, calib_file='calib_data.h5')
