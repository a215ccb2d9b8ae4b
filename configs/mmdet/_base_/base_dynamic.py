# SPDX-License-Identifier: Apache-2.0
# Object detection; batch, height and width may differ from run to run.
_base_ = './base_static.py'

onnx_config = dict(
    dynamic_axes=dict(
        input={0: 'batch', 2: 'height', 3: 'width'},
        dets={0: 'batch', 1: 'num_dets'},
        labels={0: 'batch', 1: 'num_dets'}))
