# SPDX-License-Identifier: Apache-2.0
# The network file: ONNX, one input and one output. Configs above this one replace what differs.
onnx_config = dict(
    type='onnx',
    save_file='end2end.onnx',
    opset_version=11,
    input_names=['input'],
    output_names=['output'],
    # [width, height] of the network input; None: what the model config's pipeline gives.
    input_shape=None,
    export_params=True,
    keep_initializers_as_inputs=False,
    optimize=True)
