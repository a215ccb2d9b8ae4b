# SPDX-License-Identifier: Apache-2.0
backend_config = dict(
    type='rknn',
    # The chip: 'rv1126', 'rk3588', ...
    common_config=dict(target_platform='rv1126', optimization_level=1),
    quantization_config=dict(do_quantization=True, dataset=None))
