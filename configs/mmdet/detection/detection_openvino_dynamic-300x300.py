# SPDX-License-Identifier: Apache-2.0
_base_ = '../_base_/base_openvino_dynamic-300x300.py'
