# SPDX-License-Identifier: Apache-2.0
# Merges, _delete_, substitutions; readable by both releases.
_base_ = ['_base_/model.py', './_base_/data.py']
model = dict(
    backbone=dict(depth=18, norm_cfg=dict(_delete_=True, type='SyncBN'), extra=dict(_delete_=True, a=1)),
    head=dict(loss=dict(weight=0.5)))
pipeline_again = {{_base_.test_pipeline}}
mean = {{ _base_.img_norm_cfg.mean }}
nested = [dict(norm={{ _base_.norm_cfg }}), ({{_base_.data.samples_per_gpu}}, 2)]
name = 'work/{{ fileBasenameNoExtension }}{{fileExtname}}'
data = dict(test=None)
