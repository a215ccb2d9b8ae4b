# SPDX-License-Identifier: Apache-2.0
# Two-stage detectors in one network: suppression and RoI pooling are layers of our own.
_base_ = ['../_base_/base_dynamic.py', '../../_base_/backends/ncnn.py']
