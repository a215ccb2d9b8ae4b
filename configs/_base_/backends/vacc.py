# SPDX-License-Identifier: Apache-2.0
backend_config = dict(
    type='vacc',
    common_config=dict(name='end2end'),
    model_inputs=[
        dict(
            shape=dict(input=[1, 3, 224, 224]),
            qconfig=dict(
                dtype='fp16',
                calib_num=1000,
                calibrate_mode='percentile',
                weight_scale='max',
                per_channel=False,
                skip_conv_layers=[],
                cluster_mode=0,
                data_transmode=1))
    ])
