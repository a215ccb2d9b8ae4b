# SPDX-License-Identifier: Apache-2.0
_base_ = './classification_rknn-int8_static-224x224.py'

backend_config = dict(quantization_config=dict(do_quantization=False))
