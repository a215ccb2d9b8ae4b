# SPDX-License-Identifier: Apache-2.0
# Weights and activations in half precision.
_base_ = './onnxruntime.py'

backend_config = dict(
    precision='fp16',
    common_config=dict(
        # Numbers between 0 and min_positive_val become that; no number goes beyond max_finite_val.
        min_positive_val=1e-7,
        max_finite_val=1e4,
        # True: inputs and outputs stay in single precision.
        keep_io_types=False,
        disable_shape_infer=False,
        # Operators, and names of nodes, that stay in single precision.
        op_block_list=None,
        node_block_list=None))
