# SPDX-License-Identifier: Apache-2.0
# The package as it is, with its own transforms; for tests of it on a data set.
_base_ = ['../_base_/base_dynamic.py', '../../_base_/backends/sdk.py']

codebase_config = dict(model_type='sdk')
backend_config = dict(
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='Collect', keys=['img'], meta_keys=['filename', 'ori_shape'])
    ])
