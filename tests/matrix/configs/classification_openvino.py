# SPDX-License-Identifier: Apache-2.0
_base_ = '../../../configs/mmcls/classification_openvino_dynamic-224x224.py'
