# SPDX-License-Identifier: Apache-2.0
_base_ = './detection_tensorrt_dynamic-64x64-800x800.py'

backend_config = dict(common_config=dict(fp16_mode=True, int8_mode=True))
calib_config = dict(create_calib=True, calib_file='calib_data.h5')
