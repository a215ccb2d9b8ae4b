# SPDX-License-Identifier: Apache-2.0
_base_ = ['../_base_/base_instance-seg_torchscript.py', '../../_base_/backends/torchscript.py']
