# SPDX-License-Identifier: Apache-2.0
_base_ = ['./classification_dynamic.py', '../_base_/backends/ncnn.py']
