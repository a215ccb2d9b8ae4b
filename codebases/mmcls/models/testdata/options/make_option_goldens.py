#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goldens of rarely used options: tiny models with random weights, by the original code bases.

    make_option_goldens.py

Run it with a Python that has mmcls 0.25.0 (it writes mmcls/) and with one that has mmpretrain 1.2.0
(mmpretrain/); inputs.npz comes from the first.  Each folder gets config.py, checkpoint.pth and
outputs.npz: output_0 and output_1, the scores of the inputs.
"""
import os
import warnings

import numpy as np
import torch

warnings.filterwarnings('ignore')
HERE = os.path.dirname(os.path.abspath(__file__))

try:
    from mmcls.models import build_classifier
    CODEBASE = 'mmcls'
except ImportError:
    from mmpretrain.registry import MODELS
    from mmpretrain.utils import register_all_modules
    register_all_modules()
    CODEBASE = 'mmpretrain'

VIT = """type='VisionTransformer',
        arch=dict(
            embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32),
        patch_size=8"""
MODEL = """model = dict(
    type='ImageClassifier',
    backbone=dict(
        {backbone}),
    neck={neck},
    head=dict(
        type='{head}', num_classes=5, in_channels={channels}{more}))
"""
POOL = "dict(type='GlobalAveragePooling')"


def model(backbone, neck=POOL, head='LinearClsHead', channels=16, more=''):
    return MODEL.format(backbone=backbone, neck=neck, head=head, channels=channels, more=more)


CONFIGS = {
    'mmcls': {
        'resnet_avg_down': model(
            """type='ResNet',
        depth=50,
        stem_channels=4,
        base_channels=2,
        expansion=2,
        num_stages=3,
        strides=(1, 2, 1),
        dilations=(1, 2, 4),
        out_indices=(0, 2),
        deep_stem=True,
        avg_down=True,
        norm_cfg=dict(type='BN', eps=1e-3, requires_grad=False),
        norm_eval=True,
        frozen_stages=1,
        drop_path_rate=0.1"""),
        'vit_no_class_token': model(
            VIT + """,
        img_size=32,
        with_cls_token=False,
        output_cls_token=False,
        final_norm=False"""),
        'vit_layers_and_patches': model(
            VIT + """,
        img_size=(32, 40),
        qkv_bias=False,
        out_indices=[0, -1],
        interpolate_mode='bilinear',
        patch_cfg=dict(padding='same', stride=6),
        layer_cfgs=[
            dict(num_fcs=3, act_cfg=dict(type='ReLU')),
            dict(qkv_bias=True)
        ]""", 'None', 'VisionTransformerClsHead',
            more=",\n        hidden_dim=7, act_cfg=dict(type='SiLU')"),
    },
    'mmpretrain': {
        'vit_featmap': model(
            VIT + ",\n        img_size=32,\n        out_type='featmap',\n        with_cls_token=False"),
        'vit_avg_featmap': model(
            VIT + """,
        img_size=32,
        out_type='avg_featmap',
        layer_scale_init_value=0.1""", 'None'),
        'vit_pre_norm': model(
            VIT + """,
        img_size=32,
        pre_norm=True,
        final_norm=False,
        frozen_stages=1,
        norm_cfg=dict(type='LN', eps=1e-3)""", 'None', 'VisionTransformerClsHead'),
    },
}
TAIL = {'mmcls': 'data = dict(test=dict(pipeline=[]))\n',
        'mmpretrain': "default_scope = 'mmpretrain'\ntest_pipeline = []\n"}


def fill(state):
    """Random numbers at which activations neither vanish nor grow."""
    for key, tensor in state.items():
        if not tensor.dtype.is_floating_point:
            continue
        if 'running_var' in key:
            tensor.copy_(torch.rand_like(tensor) * 0.5 + 0.5)
        elif tensor.ndim > 1:
            tensor.copy_(torch.randn_like(tensor) / tensor[0].numel()**0.5)
        else:
            tensor.copy_(torch.randn_like(tensor) * 0.2 + (1 if key.endswith('weight') else 0))


def scores(net, x):
    if CODEBASE == 'mmcls':
        return net.head.simple_test(net.extract_feat(x), post_process=False)
    return torch.softmax(net(x), 1)


@torch.no_grad()
def main():
    torch.manual_seed(5)
    inputs = [torch.randn(2, 3, 32, 32), torch.randn(1, 3, 70, 50)]
    path = os.path.join(HERE, 'inputs.npz')
    if CODEBASE == 'mmcls':
        np.savez(path, **{f'input_{i}': x.numpy() for i, x in enumerate(inputs)})
    else:
        inputs = [torch.from_numpy(np.load(path)[f'input_{i}']) for i in range(2)]
    for name, text in CONFIGS[CODEBASE].items():
        scope = {}
        exec(text, scope)
        build = build_classifier if CODEBASE == 'mmcls' else MODELS.build
        net = build(scope['model']).eval()
        fill(net.state_dict())
        out = os.path.join(HERE, CODEBASE, name)
        os.makedirs(out, exist_ok=True)
        torch.save(dict(state_dict=net.state_dict()), os.path.join(out, 'checkpoint.pth'))
        with open(os.path.join(out, 'config.py'), 'w') as f:
            f.write('# SPDX-License-Identifier: Apache-2.0\n' + text + TAIL[CODEBASE])
        found = {f'output_{i}': scores(net, x).numpy() for i, x in enumerate(inputs)}
        np.savez(os.path.join(out, 'outputs.npz'), **found)
        print(name, [v.round(3).tolist() for v in found.values()])


if __name__ == '__main__':
    main()
