# SPDX-License-Identifier: Apache-2.0
# Two networks: up to the proposals' suppression, and the heads of the regions.
_base_ = ['../_base_/base_static.py', '../../_base_/backends/ncnn.py']

partition_config = dict(type='two_stage', apply_marks=True)
