# SPDX-License-Identifier: Apache-2.0
_base_ = ['../_base_/torchscript_config.py', '../_base_/backends/coreml.py']

codebase_config = dict(type='mmcls', task='Classification')
ir_config = dict(input_shape=[384, 384])
backend_config = dict(
    model_inputs=[
        dict(input_shapes=dict(input=dict(
            min_shape=[1, 3, 384, 384],
            max_shape=[1, 3, 384, 384],
            default_shape=[1, 3, 384, 384])))
    ])
