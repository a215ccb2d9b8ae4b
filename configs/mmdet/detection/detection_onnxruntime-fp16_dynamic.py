# SPDX-License-Identifier: Apache-2.0
_base_ = ['../_base_/base_dynamic.py', '../../_base_/backends/onnxruntime-fp16.py']
