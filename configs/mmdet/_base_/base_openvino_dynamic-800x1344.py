# SPDX-License-Identifier: Apache-2.0
_base_ = ['./base_dynamic.py', '../../_base_/backends/openvino.py']

backend_config = dict(model_inputs=[dict(opt_shapes=dict(input=[1, 3, 800, 1344]))])
