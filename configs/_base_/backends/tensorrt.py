# SPDX-License-Identifier: Apache-2.0
backend_config = dict(
    type='tensorrt',
    # The workspace is in bytes; 0: as much as TensorRT likes.
    common_config=dict(fp16_mode=False, max_workspace_size=0))
