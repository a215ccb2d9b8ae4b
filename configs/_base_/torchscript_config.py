# SPDX-License-Identifier: Apache-2.0
# The network file: TorchScript, one input and one output. It wins where a config has onnx_config, too.
ir_config = dict(
    type='torchscript',
    save_file='end2end.pt',
    input_names=['input'],
    output_names=['output'],
    # [width, height] of the network input; None: what the model config's pipeline gives.
    input_shape=None)
