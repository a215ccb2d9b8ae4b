# SPDX-License-Identifier: Apache-2.0
_base_ = '../_base_/base_tensorrt_dynamic-300x300-512x512.py'
