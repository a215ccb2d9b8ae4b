# SPDX-License-Identifier: Apache-2.0
# With the numbers of the chip's own pre-processing.
_base_ = './detection_vacc-int8_static_416x416.py'

backend_config = dict(
    model_inputs=[dict(shape=dict(input=[1, 3, 416, 416]), qconfig=dict(dtype='fp16'))],
    common_config=dict(
        vdsp_params_info=dict(
            vdsp_op_type=303,
            # Picture in.
            iimage_format=5000,
            iimage_width=640,
            iimage_height=640,
            iimage_width_pitch=640,
            iimage_height_pitch=640,
            # Picture out.
            oimage_width=416,
            oimage_height=416,
            resize_type=1,
            edge_padding_type=0,
            padding_value_r=114,
            padding_value_g=114,
            padding_value_b=114,
            color_cvt_code=2,
            color_space=0,
            # Normalisation; the numbers are bit patterns of half-precision floats.
            norma_type=3,
            meanr=0,
            meang=0,
            meanb=0,
            stdr=23544,
            stdg=23544,
            stdb=23544)))
