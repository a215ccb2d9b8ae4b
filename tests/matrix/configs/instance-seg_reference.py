# SPDX-License-Identifier: Apache-2.0
_base_ = '../../../configs/mmdet/instance-seg/instance-seg_reference_dynamic.py'

# PyTorch has no limits.
codebase_config = dict(post_processing=dict(max_output_boxes_per_class=1000, keep_top_k=1000))
