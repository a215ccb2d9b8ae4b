# SPDX-License-Identifier: Apache-2.0
_base_ = ['./classification_static.py', '../_base_/backends/snpe.py']
