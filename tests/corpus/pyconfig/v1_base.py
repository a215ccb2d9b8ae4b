# SPDX-License-Identifier: Apache-2.0
# 1.x: the bases' values are usable, and changeable, in the file.
_base_ = ['_base_/model.py', '_base_/data.py']
backbone = _base_.model.backbone
_base_.model.backbone.depth = 101
_base_.test_pipeline.append(dict(type='Added'))
_base_.data.update(dict(test=dict(prefix='elsewhere', flag=True)))
_base_.model.pop('neck')
test_pipeline = _base_.test_pipeline[1:] + [dict(type='Last')]
head = dict(**_base_.model.head)
for step in test_pipeline:
    step['seen'] = True
folder = '{{$MMD_TEST_UNSET_VARIABLE:/data/sets}}/train'
classes = {{'$MMD_TEST_UNSET_VARIABLE:80'}}
model = dict(head=dict(num_classes=_base_.model.head.num_classes // 10))
