# SPDX-License-Identifier: Apache-2.0
_base_ = '../../../configs/mmcls/classification_onnxruntime_dynamic.py'
