# SPDX-License-Identifier: Apache-2.0
# In one network: suppression, RoI pooling and the masks of all boxes at once are layers of our own.
_base_ = ['../_base_/base_instance-seg_dynamic.py', '../../_base_/backends/ncnn.py']
