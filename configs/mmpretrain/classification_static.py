# SPDX-License-Identifier: Apache-2.0
# Image classification; every dimension of the network is fixed.
_base_ = '../_base_/onnx_config.py'

codebase_config = dict(task='Classification', type='mmpretrain')
