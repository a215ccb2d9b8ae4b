# SPDX-License-Identifier: Apache-2.0
_base_ = ['../../../configs/mmcls/classification_dynamic.py', '../../../configs/_base_/torchscript_config.py', '../../../configs/_base_/backends/torchscript.py']
