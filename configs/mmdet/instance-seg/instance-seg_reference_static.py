# SPDX-License-Identifier: Apache-2.0
_base_ = ['../_base_/base_instance-seg_static.py', '../../_base_/backends/reference.py']
