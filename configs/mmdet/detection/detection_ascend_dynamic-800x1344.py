# SPDX-License-Identifier: Apache-2.0
# -1: a size of dynamic_image_size, which are [height, width].
_base_ = ['../_base_/base_dynamic.py', '../../_base_/backends/ascend.py']

onnx_config = dict(input_shape=[1344, 800])
backend_config = dict(
    model_inputs=[
        dict(
            input_shapes=dict(input=[1, 3, -1, -1]),
            dynamic_image_size=[(800, 1344), (1344, 800)])
    ])
