#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes training.pth, gan.pth, semi.pth and stats.json: keys as trainers leave them, and PyTorch's
own numbers about the tensors.

Usage: generate_keys.py   (made with PyTorch 1.13.1)
"""
import collections
import json
import os

import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def weights():
    torch.manual_seed(1)
    w = collections.OrderedDict()
    w['backbone.conv1.weight'] = torch.randn(4, 3, 3, 3)
    w['backbone.bn1.running_mean'] = torch.randn(4)
    w['backbone.bn1.num_batches_tracked'] = torch.tensor(5)
    broken = torch.randn(5, 7)
    broken[1, 2], broken[0, 0], broken[4, 4] = float('nan'), float('inf'), -float('inf')
    w['head.broken'] = broken
    w['head.transposed'] = torch.arange(12.).reshape(3, 4).t()
    w['head.double'] = torch.randn(3).double()
    w['head.empty'] = torch.zeros(0, 4)
    w['head.half'] = torch.randn(6).half()
    w['head.bool'] = torch.tensor([True, False, True])
    w['head.shared'] = w['backbone.bn1.running_mean']
    for key in list(w)[:3]:  # as mmcv's EMAHook registers them
        w['ema_' + key.replace('.', '_')] = w[key] * 2
    return w


def stats(tensor):
    numbers = tensor.double().flatten()
    finite = numbers[torch.isfinite(numbers)]
    if len(finite) == 0:
        return None
    return {'min': finite.min().item(), 'max': finite.max().item(), 'mean': finite.mean().item(),
            'std': finite.std(unbiased=False).item(), 'nan_count': int(torch.isnan(numbers).sum()),
            'inf_count': int(torch.isinf(numbers).sum())}


def save(name, value):
    torch.save(value, os.path.join(HERE, name))


def main():
    w = weights()
    save('training.pth', {
        'meta': {'CLASSES': ('a', 'b'), 'epoch': 3}, 'state_dict': w,
        'optimizer': {'state': {0: {'exp_avg': torch.zeros(1000)}}, 'param_groups': [{'lr': .1}]},
        'ema_state_dict': {'x': torch.zeros(2)}})
    save('gan.pth', {
        'generator': {'a': torch.ones(2), 'sub': {'b': torch.zeros(3)}},
        'discriminator': {'c': torch.ones(1)}, 'optimizer': {'m': torch.ones(2)}, 'epoch': 1})
    save('semi.pth', {'state_dict': {'teacher.backbone.w': torch.ones(2),
                                     'student.backbone.w': torch.zeros(2)}})
    with open(os.path.join(HERE, 'stats.json'), 'w') as f:
        json.dump({key: stats(tensor) for key, tensor in w.items()}, f, indent=1)
        f.write('\n')


if __name__ == '__main__':
    main()
