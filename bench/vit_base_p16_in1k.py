# SPDX-License-Identifier: Apache-2.0
# ViT-B/16 at 224x224 on ImageNet-1k, in the layout that mmcls uses.
_base_ = ['resnet18_8xb32_in1k.py']
model = dict(
    _delete_=True,
    type='ImageClassifier',
    backbone=dict(type='VisionTransformer', arch='b', img_size=224, patch_size=16, drop_rate=0.1),
    neck=None,
    head=dict(
        type='VisionTransformerClsHead',
        num_classes=1000,
        in_channels=768,
        hidden_dim=3072,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0)))
