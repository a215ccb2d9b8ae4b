# SPDX-License-Identifier: Apache-2.0
_base_ = '../../../configs/mmdet/instance-seg/instance-seg_torchscript.py'

ir_config = dict(dynamic_axes=dict(input={0: 'batch', 2: 'height', 3: 'width'}))
# PyTorch has no limits.
codebase_config = dict(post_processing=dict(max_output_boxes_per_class=1000, keep_top_k=1000))
