# SPDX-License-Identifier: Apache-2.0
# The input size comes from the model config's pipeline: leave input_shape alone.
_base_ = './instance-seg_onnxruntime_static.py'

codebase_config = dict(post_processing=dict(export_postprocess_mask=True))
