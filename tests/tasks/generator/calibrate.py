# SPDX-License-Identifier: Apache-2.0
"""Random weights that keep activations in range and let results pass the usual thresholds."""
import re

import torch

# Last layers: a pattern of the module's name, and rescale()'s arguments: the mean and the deviation
# that its output is to have on the photo.
DENSE = [(r'(retina_cls|conv_cls|multi_level_conv_cls\.\d+|rtm_cls\.\d+)$', -4, 1.5),
         (r'multi_level_conv_obj\.\d+$', -1, 1.5), (r'rpn_cls$', -2, 1.5),
         (r'(retina_reg|rpn_reg|fc_reg)$', 0, .3), (r'multi_level_conv_reg\.\d+$', .8, .4),
         (r'(fcos_reg|bbox_head\.conv_reg)$', 2, .5), (r'conv_centerness$', 0, 1.5),
         (r'rtm_reg\.\d+$', 1.7, .3), (r'rtm_kernel\.\d+$', 0, .5), (r'fc_cls$', 0, 2.5),
         (r'mask_head.*conv_logits$', 0, 2)]
TEXT = [(r'head\.binarize\.6$', -.5, 2), (r'head\.out_conv$', 0, 2),
        (r'decoder\.decoder\.1\.embedding$', 0, 4, True),
        (r'^decoder\.(prediction|classifier|fc)$', 0, 4)]
POSE = [(r'head\.final_layer$', .3, .12), (r'head\.fc$', .5, .2), (r'^head\.cls_[xy]$', .1, .2)]
TARGETS = {
    'mmdet': DENSE,
    'mmrotate': [(r'(retina_cls|conv_cls)$', -6, 1.5)] + DENSE,
    'mmseg': [(r'conv_seg$', 0, 3)],
    'mmocr': TEXT,
    'mmpose': POSE,
    'mmedit': [(r'^generator\.(conv3|conv_last)$', .5, .25)],
    'mmaction': [(r'cls_head\.fc_cls$', 0, 3)],
}
TARGETS['mmagic'] = TARGETS['mmedit']
TAIL = 4.5  # no output of a last layer lies farther from the mean, in deviations


class Before:
    """Calls |function| with a module's input before each forward, however that is called."""

    def __init__(self):
        self.wrapped = []

    def add(self, module, function):
        forward = module.forward

        def wrapper(x, *args, **kwargs):
            function(module, x)
            return forward(x, *args, **kwargs)

        module.forward = wrapper
        self.wrapped.append(module)

    def remove(self):
        for module in self.wrapped:
            del module.forward


def calibrate(codebase, model, run, seed, overrides=()):
    """|run| infers once on the photo.  |overrides|: targets that come before the usual ones."""
    g = torch.Generator().manual_seed(seed)
    norms = [m for m in model.modules()
             if isinstance(m, torch.nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
    for m in norms:
        m.weight.data.copy_(torch.rand(m.weight.shape, generator=g) + .5)
        m.bias.data.copy_(torch.randn(m.bias.shape, generator=g) * .2)
    for m in model.modules():
        if codebase in ('mmpose', 'mmocr') and isinstance(m, torch.nn.ConvTranspose2d):
            smooth(m)
    before, seen = Before(), set()

    def once(function):
        def call(module, x):
            if id(module) not in seen:
                seen.add(id(module))
                function(module, x)
        return call

    for m in norms:
        before.add(m, once(lambda m, x: measure(g, m, x)))
    for name, m in model.named_modules():
        for pattern, *target in list(overrides) + TARGETS[codebase]:
            if re.search(pattern, name) and isinstance(getattr(m, 'weight', None), torch.Tensor):
                if float(m.weight.std()) == 0:
                    torch.nn.init.normal_(m.weight.data, 0, .01)
                before.add(m, once(lambda m, x, t=target: rescale(m, x, *t)))
                break
    with torch.no_grad():
        run()
    before.remove()
    return len(seen)


def smooth(m):
    """Plain enlargement of mixed channels: maps with few peaks and without speckle."""
    line = {2: torch.ones(2), 4: torch.tensor([.25, .75, .75, .25])}[m.kernel_size[0]]
    mix = m.weight.data.mean((2, 3), keepdim=True)
    m.weight.data.copy_(mix / mix.std() * .5 * line[:, None] * line)


def measure(g, m, x):
    """Running statistics of the photo, perturbed so that a wrong one shows."""
    axes = [d for d in range(x.dim()) if d != 1]
    if x.numel() > x.shape[1]:
        mean, var = x.mean(axes), x.var(axes, unbiased=False)
    else:
        mean, var = x.mean().expand(x.shape[1]), x.var().expand(x.shape[1])
    var = var + 1e-3
    m.running_mean.copy_(mean + torch.randn(mean.shape, generator=g) * .1 * var.sqrt())
    m.running_var.copy_(var * (torch.rand(var.shape, generator=g) * .45 + .8))
    m.num_batches_tracked.fill_(1000)


def rescale(m, x, mean, deviation, each=False):
    """|each|: every output channel gets the mean, not just all together."""
    y = type(m).forward(m, x)
    channels = 1 if y.dim() == 4 else y.dim() - 1
    axes = [d for d in range(y.dim()) if d != channels or not each]
    center = y.mean(axes, keepdim=True)
    y = y - center
    factor = deviation / torch.maximum(y.std(), y.abs().max() / TAIL).clamp(min=1e-6)
    m.weight.data.mul_(factor)
    if m.bias is not None:
        m.bias.data.mul_(factor).add_(mean - center.flatten() * factor)
