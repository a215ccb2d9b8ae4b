# SPDX-License-Identifier: Apache-2.0
_base_ = ['./classification_dynamic.py', '../_base_/backends/openvino.py']

backend_config = dict(model_inputs=[dict(opt_shapes=dict(input=[1, 3, 224, 224]))])
