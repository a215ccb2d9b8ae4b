# SPDX-License-Identifier: Apache-2.0
# Detection with a mask for each box, as TorchScript.
_base_ = './base_torchscript.py'

ir_config = dict(output_names=['dets', 'labels', 'masks'])
# False: masks of the boxes; True: pasted into the picture by the network.
codebase_config = dict(post_processing=dict(export_postprocess_mask=False))
