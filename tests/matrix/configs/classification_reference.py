# SPDX-License-Identifier: Apache-2.0
_base_ = '../../../configs/mmcls/classification_reference_dynamic.py'
