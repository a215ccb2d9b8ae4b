# SPDX-License-Identifier: Apache-2.0
_base_ = ['../_base_/base_static.py', '../../_base_/backends/onnxruntime.py']
