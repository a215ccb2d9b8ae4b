# SPDX-License-Identifier: Apache-2.0
backend_config = dict(
    type='coreml',
    convert_to='mlprogram',  # or 'neuralnetwork'
    common_config=dict(
        compute_precision='FLOAT32',  # or 'FLOAT16'
        minimum_deployment_target='iOS16',  # or 'iOS15', ...
        skip_model_load=False))
