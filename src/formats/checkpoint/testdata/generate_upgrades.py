#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes upgrades.json, which upgrade_test.c reads: keys before and after the classes' own hooks.

Usage: generate_upgrades.py 0 | 1
Run with 0 under mmcv-full 1.7.2, mmcls 0.25.0, mmdet 2.28.2, then with 1 under mmpose 1.3.2; each
run replaces its cases. The hooks run on dicts of keys; PyTorch's own loading behind them is cut off.
"""
import json
import os
import sys

import torch
from torch import nn

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'upgrades.json')
nn.Module._load_from_state_dict = lambda *args, **kwargs: None


def bare(cls, **members):
    """An instance without its layers: hooks look at class and a few members only."""
    module = cls.__new__(cls)
    nn.Module.__init__(module)
    for name, value in members.items():
        setattr(module, name, value)
    return module


def load(module, prefix, keys, version):
    metadata = {} if version is None else {'version': version}
    state = {k: torch.tensor(i) for i, k in enumerate(keys)}
    module._load_from_state_dict(state, prefix, metadata, True, [], [], [])
    return state


def hook(module, prefix, keys, version):
    metadata = {} if version is None else {'version': version}
    state = {k: torch.tensor(i) for i, k in enumerate(keys)}
    module._load_state_dict_pre_hook(state, prefix, metadata)
    return state


def case(name, module, versions, keys, states):
    """|versions| are of |module|; |states| makes the dict after the hooks for one of them."""
    for version in versions:
        after = states(keys, version)
        by_number = {int(v): k for k, v in after.items()}
        yield {'name': name, 'module': module, 'version': version, 'keys': keys,
               'expected': [by_number.get(i) for i in range(len(keys))]}


def cases_0():
    from mmcls.models import SwinTransformer
    from mmcv.ops import DeformConv2dPack, ModulatedDeformConv2dPack
    from mmdet.models import DETRHead, FCOSHead
    for cls in DeformConv2dPack, ModulatedDeformConv2dPack:
        module = 'backbone.layer2.0.conv2'
        keys = [module + s for s in ('.weight', '_offset.weight', '_offset.bias')]
        keys += ['backbone.layer2.0.conv1.weight', 'neck.pos_offset.weight']
        yield from case(cls.__name__, module, [None, 1], keys,
                        lambda k, v, m=bare(cls), p=module: load(m, p + '.', k, v))
    stage = 'backbone.stages.%d.blocks.%d.attn.w_msa.relative_position_bias_table'
    keys = [stage % (i, 0) for i in range(4)]
    keys += ['backbone.stages.0.blocks.1.attn_mask', 'backbone.norm.weight', 'backbone.norm.bias',
             'head.fc.weight']
    swin = bare(SwinTransformer, stages=nn.ModuleList([nn.Identity() for _ in range(4)]))
    yield from case('SwinTransformer', 'backbone', [None, 1, 2, 3], keys,
                    lambda k, v: load(swin, 'backbone.', k, v))
    keys = ['bbox_head.' + k for k in (
        'fcos_cls.weight', 'fcos_cls.bias', 'fcos_reg.weight', 'fcos_centerness.weight',
        'scales.0.scale', 'cls_convs.0.conv.weight')] + ['backbone.conv1.weight']
    yield from case('FCOSHead', 'bbox_head', [None, 1], keys,
                    lambda k, v: load(bare(FCOSHead), 'bbox_head.', k, v))
    keys = ['bbox_head.transformer.' + k for k in (
        'encoder.layers.0.self_attn.attn.in_proj_weight', 'encoder.layers.0.ffn.layers.0.0.weight',
        'encoder.layers.0.norms.0.weight', 'decoder.layers.0.self_attn.attn.in_proj_weight',
        'decoder.layers.0.multihead_attn.attn.in_proj_weight', 'decoder.norm.weight')]
    keys += ['bbox_head.fc_cls.weight', 'backbone.conv1.weight']
    yield from case('DETRHead', 'bbox_head', [None, 1, 2], keys,
                    lambda k, v: load(bare(DETRHead), 'bbox_head.', k, v))


def cases_1():
    from mmpose.models.heads import CIDHead, HeatmapHead, RLEHead
    from mmpose.models.pose_estimators import TopdownPoseEstimator
    estimator = bare(TopdownPoseEstimator)

    def both(head):
        def states(keys, version):
            state = hook(estimator, '', keys, version)
            head._load_state_dict_pre_hook(state, 'head.', {})
            return state
        return states

    keys = ['backbone.conv1.weight'] + ['keypoint_head.' + k for k in (
        'deconv_layers.0.weight', 'final_layer.0.weight', 'final_layer.0.bias',
        'final_layer.1.running_mean', 'final_layer.3.weight', 'final_layer.3.bias')]
    layers = nn.Sequential(nn.Identity(), nn.Identity(), nn.Identity())
    yield from case('HeatmapHead with layers', '', [None, 1], keys,
                    both(bare(HeatmapHead, conv_layers=layers)))
    keys = ['backbone.conv1.weight', 'keypoint_head.final_layer.weight',
            'keypoint_head.final_layer.bias']
    yield from case('HeatmapHead', '', [None, 1], keys,
                    both(bare(HeatmapHead, conv_layers=nn.Identity())))
    keys = ['backbone.conv1.weight', 'keypoint_head.fc.weight',
            'keypoint_head.loss.flow_model.s.0.weight']
    yield from case('RLEHead', '', [None, 1], keys, both(bare(RLEHead)))
    keys = ['backbone.conv1.weight'] + ['keypoint_head.' + k for k in (
        'keypoint_center_conv.weight', 'conv_down.weight', 'c_attn.atn.weight', 's_attn.f.weight',
        'fuse_attn.weight', 'heatmap_conv.bias')]
    yield from case('CIDHead', '', [None, 1], keys, both(bare(CIDHead)))


def main():
    release = int(sys.argv[1])
    cases = json.load(open(OUT)) if os.path.exists(OUT) else {}
    cases['01'[release] + '.x'] = list((cases_0, cases_1)[release]())
    with open(OUT, 'w') as f:
        json.dump(cases, f, indent=1)
        f.write('\n')


if __name__ == '__main__':
    main()
