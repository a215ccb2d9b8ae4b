# SPDX-License-Identifier: Apache-2.0
# Detection with a mask for each box; batch, height and width may differ from run to run.
_base_ = './base_instance-seg_static.py'

onnx_config = dict(
    dynamic_axes=dict(
        input={0: 'batch', 2: 'height', 3: 'width'},
        dets={0: 'batch', 1: 'num_dets'},
        labels={0: 'batch', 1: 'num_dets'},
        masks={0: 'batch', 1: 'num_dets', 2: 'height', 3: 'width'}))
