# SPDX-License-Identifier: Apache-2.0
_base_ = ['../../../configs/mmdet/_base_/base_instance-seg_dynamic.py', '../../../configs/_base_/backends/ncnn.py']

# PyTorch has no limits.
codebase_config = dict(post_processing=dict(max_output_boxes_per_class=1000, keep_top_k=1000))
