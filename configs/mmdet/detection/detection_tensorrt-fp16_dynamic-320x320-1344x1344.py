# SPDX-License-Identifier: Apache-2.0
_base_ = '../_base_/base_tensorrt-fp16_dynamic-320x320-1344x1344.py'
