# SPDX-License-Identifier: Apache-2.0
# Image classification as TorchScript.
_base_ = ['../_base_/torchscript_config.py', '../_base_/backends/torchscript.py']

codebase_config = dict(type='mmpretrain', task='Classification')
