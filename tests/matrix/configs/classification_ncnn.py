# SPDX-License-Identifier: Apache-2.0
_base_ = ['../../../configs/mmcls/classification_static.py', '../../../configs/_base_/backends/ncnn.py']
