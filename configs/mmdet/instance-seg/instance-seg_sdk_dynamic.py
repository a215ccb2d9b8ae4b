# SPDX-License-Identifier: Apache-2.0
_base_ = '../detection/detection_sdk_dynamic.py'

codebase_config = dict(has_mask=True)
