# SPDX-License-Identifier: Apache-2.0
# What has no int8 form runs in half precision. The ranges come from calibration data.
_base_ = './tensorrt-fp16.py'

backend_config = dict(common_config=dict(int8_mode=True))
calib_config = dict(create_calib=True, calib_file='calib_data.h5')
