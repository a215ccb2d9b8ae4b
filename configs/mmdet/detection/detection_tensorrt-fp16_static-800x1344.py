# SPDX-License-Identifier: Apache-2.0
_base_ = '../_base_/base_tensorrt-fp16_static-800x1344.py'
