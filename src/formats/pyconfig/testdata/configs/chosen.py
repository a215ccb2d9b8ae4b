# SPDX-License-Identifier: Apache-2.0
large = True
if large:
    _base_ = './chosen_base.py'
half = 1
