# SPDX-License-Identifier: Apache-2.0
_base_ = '../_base_/base_coreml_static-800x1344.py'
