# SPDX-License-Identifier: Apache-2.0
_base_ = './ncnn.py'

backend_config = dict(precision='INT8')
