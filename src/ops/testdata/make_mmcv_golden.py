#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goldens of the operators that mmcv has, from mmcv's own (mmcv-full 1.7.2, torch 1.13.1):

  make_mmcv_golden.py       writes the .txt files beside it

Inputs are made from a seed, by the same rule as in op_golden.h, or stand in the graph as constants.
"""
import itertools
import os
import warnings

warnings.filterwarnings('ignore')

import numpy as np
import torch
import torch.nn.functional as F
from mmcv.ops import deform_conv2d, modulated_deform_conv2d, roi_align, roi_align_rotated
from mmcv.ops.multi_scale_deform_attn import multi_scale_deformable_attn_pytorch

HERE = os.path.dirname(os.path.abspath(__file__))


def fill(seed, shape, scale, shift=0.0):
    out = np.empty(int(np.prod(shape)), np.float32)
    for i in range(out.size):
        seed = (seed * 1664525 + 1013904223) & 0xffffffff
        out[i] = np.float32(((seed >> 16) / 32768 - 1) * scale + shift)
    return torch.from_numpy(out.reshape(shape))


def number(x):
    text = '%.6g' % float(x)
    return text.replace('0.', '.', 1) if abs(x) < 1 else text


def constant(v):
    text = '%.9g' % v
    return text if set(text) & set('.einf') else text + '.0'


def literal(v):
    if isinstance(v, str):
        return '"%s"' % v
    if isinstance(v, (list, tuple)):
        return '[' + ', '.join(literal(x) for x in v) + ']'
    if isinstance(v, bool):
        return str(int(v))
    return '%rf' % v if isinstance(v, float) else str(v)


class Case:
    """One node. Inputs: an array is a constant, a tuple (seed, shape, scale, shift) is a fill."""

    def __init__(self, op, attrs, inputs, domain='mmdeploy'):
        lines, fills, names, self.tensors = [], [], [], []
        for i, x in enumerate(inputs):
            name = '%%i%d' % i
            if x is None:
                names.append('_')
                self.tensors.append(None)
                continue
            names.append(name)
            if isinstance(x, tuple):
                seed, shape, scale, shift = x
                dims = ','.join(map(str, shape))
                lines.append('  input %s : f32[%s]' % (name, dims))
                fills.append('fill %d %g %g' % (seed, scale, shift))
                self.tensors.append(fill(seed, shape, scale, shift))
                continue
            x = np.asarray(x)
            x = x.astype(np.float32) if x.dtype.kind == 'f' else x
            kind = {'float32': 'f32', 'int64': 'i64', 'int32': 'i32'}[str(x.dtype)]
            values = ', '.join(constant(v) if kind == 'f32' else str(v) for v in x.ravel())
            dims = ','.join(map(str, x.shape))
            lines.append('  constant %s : %s[%s] = [%s]' % (name, kind, dims, values))
            self.tensors.append(torch.from_numpy(x))
        attributes = ', '.join('%s = %s' % (k, literal(v)) for k, v in attrs.items())
        braces = ' {%s}' % attributes if attributes else ''
        version = 22 if domain == '' else 1
        node = '%s(%s)%s' % ((domain + '::' if domain else '') + op, ', '.join(names), braces)
        self.text = 'graph "%s" {\n  opset "%s" %d\n%s\n  %%y = %s\n  output %%y\n}\n%s' % (
            op, domain, version, '\n'.join(lines), node, ''.join(f + '\n' for f in fills))

    def want(self, tensor):
        values = ' '.join(number(v) for v in tensor.detach().numpy().ravel())
        return self.text + 'want' + (' ' if values else '') + values + '\n'

    def fails(self, part):
        return self.text + 'fails ' + part + '\n'


def write(name, cases):
    text = '// Made by make_mmcv_golden.py.\n' + '\n'.join(cases)
    with open(os.path.join(HERE, name), 'w') as f:
        f.write(text)
    print('%s: %d cases, %d bytes' % (name, len(cases), len(text)))


# ---- Deformable convolutions.

def out_size(size, kernel, stride, pad, dilation):
    return (size + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1


def deform_case(n, c, oc, size, kernel, stride, pad, dil, groups, dgroups, bias, masked,
                spread=2.0, domain='mmdeploy', four_pads=False, special=None):
    oh, ow = (out_size(size[i], kernel[i], stride[i], pad[i], dil[i]) for i in range(2))
    taps = kernel[0] * kernel[1]
    x = (1, (n, c) + size, 1, 0)
    weight = (2, (oc, c // groups) + kernel, 0.5, 0)
    offset = (3, (n, dgroups * 2 * taps, oh, ow), spread, 0)
    if special is not None:  # some offsets of their own
        values = fill(*offset).numpy().copy()
        values.ravel()[:len(special)] = special
        offset = values
    mask = (4, (n, dgroups * taps, oh, ow), 0.5, 0.5)
    attrs = {'stride': list(stride), 'padding': list(pad), 'dilation': list(dil),
             'groups': groups, 'deform_groups': dgroups}
    if four_pads:
        attrs['padding'] = [pad[0], pad[0], pad[1], pad[1]]
    if masked:
        inputs = [x, offset, mask, weight] + ([(5, (oc,), 1, 0)] if bias else [])
        case = Case('MMCVModulatedDeformConv2d', attrs, inputs, domain)
        t = [v.clone() for v in case.tensors]
        b = t[4] if bias else None
        t[1] = torch.nan_to_num(t[1], nan=1e6)  # a position that is not a number lies outside
        return case.want(modulated_deform_conv2d(t[0], t[1], t[2], t[3], b, stride, pad, dil,
                                                 groups, dgroups))
    case = Case('MMCVDeformConv2d', attrs, [x, offset, weight], domain)
    t = case.tensors
    return case.want(deform_conv2d(t[0], torch.nan_to_num(t[1], nan=1e6), t[2], stride, pad, dil,
                                   groups, dgroups, False, 1))


def deform_cases():
    shapes = [
        # n c oc size kernel stride pad dilation groups dgroups
        (1, 3, 4, (6, 6), (3, 3), (1, 1), (0, 0), (1, 1), 1, 1),
        (1, 1, 3, (7, 6), (3, 3), (2, 2), (1, 1), (1, 1), 1, 1),
        (2, 4, 2, (5, 6), (3, 3), (1, 1), (1, 1), (1, 1), 1, 2),
        (1, 4, 4, (5, 5), (3, 3), (1, 1), (1, 1), (1, 1), 2, 1),
        (1, 8, 4, (5, 5), (2, 2), (1, 1), (0, 0), (1, 1), 2, 4),
        (1, 6, 6, (4, 5), (3, 3), (1, 1), (1, 1), (1, 1), 3, 2),
        (1, 4, 4, (4, 4), (3, 3), (1, 1), (1, 1), (1, 1), 4, 2),
        (1, 2, 2, (8, 9), (3, 2), (2, 3), (1, 2), (2, 1), 1, 1),
        (1, 2, 3, (7, 5), (1, 3), (1, 2), (0, 1), (1, 2), 1, 2),
        (1, 3, 2, (4, 4), (1, 1), (1, 1), (0, 0), (1, 1), 1, 1),
        (1, 5, 2, (3, 3), (3, 3), (5, 5), (2, 2), (2, 2), 1, 5),
        (3, 2, 2, (3, 4), (2, 3), (1, 1), (1, 1), (1, 1), 1, 1),
    ]
    cases = []
    for i, s in enumerate(shapes):
        cases.append(deform_case(*s, bias=i % 2 == 0, masked=True))
        cases.append(deform_case(*s, bias=False, masked=False, four_pads=i % 2 == 1))
    first = shapes[1]
    edge = [-1, -1, -0.999, 1e30, -1e30, 6, 5.999, 7, 1e9, 0, -0.0, float('nan')]
    cases.append(deform_case(*first, bias=True, masked=True, special=edge))
    cases.append(deform_case(*first, bias=True, masked=False, special=edge))
    cases.append(deform_case(*first, bias=True, masked=True, spread=30.0))
    cases.append(deform_case(*shapes[9], bias=True, masked=True, domain='mmcv'))
    cases.append(deform_case(*shapes[9], bias=False, masked=False, domain='mmcv'))
    # More images than a step of the plug-in takes, and more pixels than a panel of a product.
    cases.append(deform_case(33, 1, 1, (2, 2), (2, 2), (1, 1), (0, 0), (1, 1), 1, 1, False, False))
    cases.append(deform_case(1, 1, 1, (9, 21), (2, 2), (1, 1), (0, 0), (1, 1), 1, 1, True, True))
    # Nothing in, nothing out.
    x, w, o = np.zeros((0, 2, 4, 4)), np.zeros((3, 2, 3, 3)), np.zeros((0, 18, 2, 2))
    cases.append(Case('MMCVDeformConv2d', {}, [x, o, w]).want(torch.zeros(0)))
    one = np.ones((1, 1, 1, 1))
    cases.append(Case('MMCVDeformConv2d', {'deform_groups': 2}, [one, np.ones((1, 4, 1, 1)), one])
                 .fails('a group does not fit'))
    cases.append(Case('MMCVDeformConv2d', {'groups': 0}, [one, np.ones((1, 2, 1, 1)), one])
                 .fails('a group does not fit'))
    cases.append(Case('MMCVDeformConv2d', {}, [one, np.ones((1, 2, 2, 1)), one])
                 .fails('the offset does not fit'))
    cases.append(Case('MMCVDeformConv2d', {'stride': [0, 1]}, [one, np.ones((1, 2, 1, 1)), one])
                 .fails('a window does not fit'))
    cases.append(Case('MMCVDeformConv2d', {'padding': [1, 1, 1]},
                      [one, np.ones((1, 2, 1, 1)), one]).fails('the padding does not fit'))
    cases.append(Case('MMCVDeformConv2d', {}, [one, np.ones((1, 8, 1, 1)), np.ones((1, 1, 2, 2))])
                 .fails('larger than the input'))
    cases.append(Case('MMCVModulatedDeformConv2d', {},
                      [one, np.ones((1, 2, 1, 1)), np.ones((1, 2, 1, 1)), one])
                 .fails('the mask does not fit'))
    cases.append(Case('MMCVModulatedDeformConv2d', {},
                      [one, np.ones((1, 2, 1, 1)), np.ones((1, 1, 1, 1)), one, np.ones(2)])
                 .fails('the bias does not fit'))
    return cases


# ---- grid_sampler.

MODES = ['bilinear', 'nearest', 'bicubic']
PADDINGS = ['zeros', 'border', 'reflection']


def grid_case(x, grid, mode, padding, align, domain='mmdeploy'):
    attrs = {'interpolation_mode': mode, 'padding_mode': padding, 'align_corners': align}
    case = Case('grid_sampler', attrs, [x, grid], domain)
    return case.want(F.grid_sample(*case.tensors, mode=MODES[mode], padding_mode=PADDINGS[padding],
                                   align_corners=bool(align)))


def grid_cases():
    cases = []
    settings = list(itertools.product(range(3), range(3), range(2)))
    image, grid = (1, (2, 2, 4, 5), 1, 0), (2, (2, 2, 3, 2), 2.5, 0)
    identity = F.affine_grid(torch.tensor([[[1., 0, 0], [0, 1, 0]]]), (1, 1, 10, 10),
                             align_corners=False).numpy()[:, ::3]
    # The edges, the borders, halves between two pixels, far away; an image of one column.
    marks = [-1, -0.5, 0, 0.5, 1, -1.5, 1.5, -0.75, 0.25, 3, -7.25, 1e6]
    points = np.array([[[(a, b) for b, a in zip(marks, marks[3:] + marks[:3])]]])
    far = np.array([[[(1e30, 0), (0, -1e30), (2147483648, 0.1), (-9e18, 9e18)]]])
    for mode, padding, align in settings:
        cases.append(grid_case(image, grid, mode, padding, align))
        cases.append(grid_case((3, (1, 1, 4, 4), 1, 0), points, mode, padding, align))
        cases.append(grid_case((3, (1, 2, 3, 1), 1, 0), points, mode, padding, align))
        if mode < 2:
            cases.append(grid_case((3, (1, 1, 10, 10), 1, 0), identity, mode, padding, align))
            cases.append(grid_case((1, (2, 2, 2, 3, 4), 1, 0), (2, (2, 1, 2, 2, 3), 1.5, 0), mode,
                                   padding, align))
        if padding < 2:
            cases.append(grid_case((3, (1, 1, 4, 4), 1, 0), far, mode, padding, align))
    cases.append(grid_case((1, (1, 2, 4, 5), 1, 0), (2, (1, 9, 7, 2), 1.2, 0), 0, 0, 0, 'mmcv'))
    # What is not finite reads zero, whatever the padding.
    for padding in range(3):
        wild = np.array([[[(np.nan, 0), (0, np.inf), (-np.inf, np.nan), (0, 0)]]])
        for mode in range(3):
            attrs = {'interpolation_mode': mode, 'padding_mode': padding, 'align_corners': 1}
            case = Case('grid_sampler', attrs, [(1, (1, 1, 3, 3), 1, 0), wild])
            y = torch.zeros(4)
            y[3] = case.tensors[0][0, 0, 1, 1]
            cases.append(case.want(y))
    image = np.ones((1, 1, 2, 2))
    for attrs in ({'interpolation_mode': 3}, {'padding_mode': 3}, {'interpolation_mode': -1}):
        cases.append(Case('grid_sampler', attrs, [image, np.ones((1, 1, 1, 2))]).fails('_mode'))
    cases.append(Case('grid_sampler', {'interpolation_mode': 2},
                      [np.ones((1, 1, 2, 2, 2)), np.ones((1, 1, 1, 1, 3))]).fails('3 spatial axes'))
    cases.append(Case('grid_sampler', {}, [image, np.ones((2, 1, 1, 2))]).fails('the grid'))
    cases.append(Case('grid_sampler', {}, [image, np.ones((1, 1, 1, 3))]).fails('the grid'))
    cases.append(Case('grid_sampler', {}, [np.ones((1, 1, 0, 2)), np.ones((1, 1, 1, 2))])
                 .fails('the input is empty'))
    cases.append(Case('grid_sampler', {}, [image, np.ones((1, 0, 3, 2))]).want(torch.zeros(0)))
    return cases


# ---- RoI poolings.

# Inside, across the borders, outside, of no size, of part of a pixel, inverted (but not both ways).
BOXES = np.array([
    (0, 0, 0, 4, 4), (1, 1.5, 0.5, 6.25, 5), (0, -3, -2, 3, 3), (1, 5, 4, 12, 11),
    (0, 20, 20, 30, 30), (1, 2, 2, 2, 2), (0, 1.2, 1.3, 1.9, 1.6), (1, -9, 1, 20, 2),
])
ROTATED = np.array([
    (0, 2, 2, 4, 4, 0), (1, 3, 2.5, 5, 2, 0.5), (0, 0, 0, 6, 3, -1.2), (1, 30, 30, 4, 4, 0.3),
    (0, 3, 3, 0, 0, 1), (1, 3.3, 2.1, 0.7, 0.4, 3.1), (0, 2, 3, 11, 1, np.pi / 2),
])
IMAGE = (1, (2, 2, 6, 7), 1, 0)


def roi_attrs(size, scale, ratio, aligned):
    return {'output_height': size[0], 'output_width': size[1], 'spatial_scale': float(scale),
            'sampling_ratio': ratio, 'aligned': aligned}


def roi_case(size, scale, ratio, mode, aligned, boxes=BOXES, image=IMAGE, domain='mmdeploy',
             name='MMCVRoiAlign'):
    case = Case(name, {**roi_attrs(size, scale, ratio, aligned), 'mode': mode}, [image, boxes],
                domain)
    y = roi_align(*case.tensors, size, scale, ratio, mode, bool(aligned))
    # A box without a sample: mmcv starts its maximum at -10000, we give 0.
    return case.want(torch.where(y == -10000, torch.zeros_like(y), y))


def rotated_case(size, scale, ratio, aligned, clockwise, boxes=ROTATED, image=IMAGE,
                 domain='mmdeploy'):
    attrs = {**roi_attrs(size, scale, ratio, aligned), 'clockwise': clockwise}
    case = Case('MMCVRoIAlignRotated', attrs, [image, boxes], domain)
    return case.want(roi_align_rotated(*case.tensors, size, scale, ratio, bool(aligned),
                                       bool(clockwise)))


def find_levels(height, width, finest, count):
    level = torch.floor(torch.log2(torch.sqrt(height * width) / finest + 1e-6))
    return torch.nan_to_num(level, nan=0.0).clamp(0, count - 1).long()


def multi_attrs(size, ratio, strides, factor, finest, aligned):
    return {'output_height': size[0], 'output_width': size[1], 'sampling_ratio': ratio,
            'featmap_strides': [float(s) for s in strides], 'roi_scale_factor': float(factor),
            'finest_scale': finest, 'aligned': aligned}


def multi_case(size, ratio, strides, factor, finest, aligned, pool, boxes, maps):
    attrs = multi_attrs(size, ratio, strides, factor, finest, aligned)
    case = Case('MMCVMultiLevelRoiAlign', {**attrs, 'pool_mode': pool}, [boxes] + maps)
    b, x = case.tensors[0], case.tensors[1:]
    levels = find_levels(b[:, 4] - b[:, 2], b[:, 3] - b[:, 1], finest, len(maps))
    if factor > 0:
        centre, size_ = (b[:, 1:3] + b[:, 3:]) * 0.5, b[:, 3:] - b[:, 1:3]
        half = (size_ + 1) * factor * 0.5 - 0.5
        b = torch.cat([b[:, :1], centre - half, centre + half], 1)
    y = torch.zeros(len(b), x[0].shape[1], *size)
    for i, level in enumerate(levels):
        y[i] = roi_align(x[level], b[i:i + 1], size, 1 / strides[level], ratio,
                         'avg' if pool else 'max', bool(aligned))
    return case.want(y)


def multi_rotated_case(size, ratio, strides, factor, finest, aligned, clockwise, boxes, maps):
    attrs = multi_attrs(size, ratio, strides, factor, finest, aligned)
    case = Case('MMCVMultiLevelRotatedRoiAlign', {**attrs, 'clockwise': clockwise}, [boxes] + maps)
    b, x = case.tensors[0], case.tensors[1:]
    levels = find_levels(b[:, 4], b[:, 3], finest, len(maps))
    b = b.clone()
    if factor > 0:
        b[:, 3:5] *= factor
    y = torch.zeros(len(b), x[0].shape[1], *size)
    for i, level in enumerate(levels):
        one = b[i:i + 1].clone()
        one[:, 3:5] = torch.clamp(one[:, 3:5], min=strides[level])  # at least a pixel, always
        y[i] = roi_align_rotated(x[level], one, size, 1 / strides[level], ratio, bool(aligned),
                                 bool(clockwise))
    return case.want(y)


def roi_cases():
    cases = []
    for ratio, mode, aligned in itertools.product((0, 2), ('avg', 'max'), (0, 1)):
        cases.append(roi_case((2, 3), 0.5 if ratio else 1.0, ratio, mode, aligned))
    first = np.array([(0., 0, 0, 4, 4)])
    for size, scale, ratio in (((2, 2), 1.0, 2), ((4, 4), 2.0, 4)):
        cases.append(roi_case(size, scale, ratio, 'avg', 1, first, (2, (1, 1, 16, 16), 1, 0)))
        tiny = np.array([(0, .5, .5, 1, 1, 0)])
        cases.append(rotated_case(size, scale, ratio, 1, 0, tiny, np.array([[[[1., 2], [3, 4]]]])))
    cases.append(roi_case((7, 7), 0.25, 0, 'avg', 1, first * 40, (2, (1, 1, 48, 50), 1, 0)))
    cases.append(roi_case((1, 2), 1.0, 0, 'avg', 1, domain='mmcv'))
    cases.append(roi_case((1, 2), 1.0, 0, 'avg', 1, name='MMCVRoIAlign'))
    # One that takes more samples than are kept at once.
    cases.append(roi_case((2, 2), 1.0, 20, 'max', 1, BOXES[:2]))
    for ratio, aligned, clockwise in itertools.product((0, 2), (0, 1), (0, 1)):
        cases.append(rotated_case((1, 3), 0.5 if ratio else 1.0, ratio, aligned, clockwise))
    cases.append(rotated_case((1, 2), 1.0, 3, 1, 1, domain='mmcv'))
    return cases + multi_level_cases() + roi_edge_cases()


def multi_level_cases():
    cases = []
    boxes = np.concatenate([BOXES, [(0, 0, 0, 40, 50), (1, 3, 1, 17, 30), (0, 9, 9, 2, 20)]])
    rotated = np.concatenate([ROTATED, [(0, 20, 20, 40, 50, 0.4), (1, 9, 12, 17, 30, -2)]])
    maps = [(1, (2, 1, 10, 11), 1, 0), (2, (2, 1, 5, 6), 1, 0), (3, (2, 1, 3, 3), 1, 0)]
    for ratio, aligned, pool in itertools.product((0, 2), (0, 1), (0, 1)):
        if ratio == 0 and pool == 0:
            continue  # an inverted box has no samples then, and mmcv's maximum starts elsewhere
        keep = boxes if not aligned else np.delete(boxes, 10, 0)  # mmcv refuses inverted boxes
        cases.append(multi_case((2, 2), ratio, (4, 8, 16), 1.0 if pool else -1.0, 8, aligned, pool,
                                keep, maps))
        cases.append(multi_rotated_case((2, 2), ratio, (4, 8, 16), -1.0, 8, aligned, pool, rotated,
                                        maps))
    cases.append(multi_case((3, 1), 2, (4, 8, 16), 1.5, 8, 0, 1, boxes, maps))
    cases.append(multi_rotated_case((3, 1), 2, (4, 8, 16), 1.5, 8, 0, 0, rotated, maps))
    cases.append(multi_case((1, 1), 2, (4, 8), 1.0, 56, 1, 1, boxes[:5], maps[:1]))
    ten = [(i + 1, (1, 1, 2, 3), 1, 0) for i in range(7)]
    sides = [f * 2.0**k for k in range(9) for f in (1, 1.9, 1.9999999)]
    wide = np.array([(0, 0, 0, side, side) for side in sides])
    cases.append(multi_case((1, 1), 2, [2 ** k for k in range(7)], 1.0, 2, 1, 1, wide, ten))
    # Test of the original: values stand there.
    square = np.array([[[[1., 2, 5, 6], [3, 4, 7, 8], [9, 10, 13, 14], [11, 12, 15, 16]]]])
    attrs = multi_attrs((2, 2), 2, (1,), 1.0, 2, 1)
    case = Case('MMCVMultiLevelRotatedRoiAlign', {**attrs, 'clockwise': 0},
                [np.array([(0, 1.5, 1.5, 3, 3, np.pi / 2)]), square])
    cases.append(case.want(torch.tensor([7.5625, 1.9375, 10.375, 4.75])))
    return cases


def roi_edge_cases():
    cases = []
    attrs = roi_attrs((1, 1), 1.0, 0, 1)
    image, nan = np.ones((2, 1, 2, 2)), float('nan')
    inf = float('inf')
    for index in (-1, 2, 0.5, nan, 1e30):
        boxes = np.array([(0, 0, 0, 1, 1), (index, 0, 0, 1, 1)])
        cases.append(Case('MMCVRoiAlign', attrs, [image, boxes]).fails('roi 1 has the batch'))
    # What is not finite, and inverted boxes: no samples or samples outside.
    wild = np.array([(0, nan, 0, 1, 1), (0, 0, 0, inf, 1), (1, 0, -inf, 1, 1), (0, 2, 2, 1, 1)])
    for ratio, mode in ((0, 'avg'), (2, 'avg'), (0, 'max'), (2, 'max')):
        more = {**attrs, 'mode': mode, 'sampling_ratio': ratio}
        boxes = wild if ratio == 0 else wild[:3]
        cases.append(Case('MMCVRoiAlign', more, [image, boxes]).want(torch.zeros(len(boxes))))
    tilted = np.array([(0, nan, 0, 1, 1, 0), (0, 0, 0, 1, 1, inf), (1, 0, 0, -1, 1, 0)])
    cases.append(Case('MMCVRoIAlignRotated', attrs, [image, tilted]).want(torch.zeros(3)))
    big = np.array([(0, 0, 0, 1e9, 1e9)])
    cases.append(Case('MMCVRoiAlign', attrs, [image, big]).fails('samples'))
    none = np.zeros((0, 5))
    cases.append(Case('MMCVRoiAlign', attrs, [image, none]).want(torch.zeros(0)))
    cases.append(Case('MMCVRoiAlign', attrs, [np.ones((1, 1, 0, 2)), none])
                 .fails('a feature map is empty'))
    cases.append(Case('MMCVRoiAlign', {**attrs, 'mode': 'sum'}, [image, none]).fails("mode 'sum'"))
    cases.append(Case('MMCVRoiAlign', {**attrs, 'output_width': 0}, [image, none])
                 .fails('a size or sampling_ratio'))
    cases.append(Case('MMCVRoiAlign', {**attrs, 'spatial_scale': 0.0}, [image, none])
                 .fails('a scale'))
    cases.append(Case('MMCVRoiAlign', attrs, [image, np.zeros((1, 4))]).fails('n x 5 is needed'))
    cases.append(Case('MMCVMultiLevelRoiAlign', {'featmap_strides': [4.0]}, [none, image, image])
                 .fails('2 feature maps, featmap_strides of 1'))
    cases.append(Case('MMCVMultiLevelRoiAlign', {'featmap_strides': [4.0, 8.0]},
                      [none, image, np.ones((2, 2, 2, 2))]).fails('the feature maps'))
    return cases


# ---- MMCVMultiScaleDeformableAttention.

def attn_case(n, heads, channels, queries, points, sizes, spread=0.7, kind=np.int32,
              domain='mmdeploy', special=()):
    areas = [h * w for h, w in sizes]
    starts = np.cumsum([0] + areas[:-1]).astype(kind)
    shape = (n, queries, heads, len(sizes), points)
    at = (2, shape + (2,), spread, 0.5)
    if len(special):
        values = fill(*at).numpy().copy()
        values.ravel()[:len(special)] = special
        at = values
    inputs = [(1, (n, sum(areas), heads, channels), 1, 0), np.array(sizes, kind), starts, at,
              (3, shape, 0.5, 0.5)]
    case = Case('MMCVMultiScaleDeformableAttention', {'im2col_step': 64}, inputs, domain)
    value, levels, _, locations, weights = case.tensors
    y = multi_scale_deformable_attn_pytorch(value, levels.long(),
                                            torch.nan_to_num(locations, nan=99.0), weights)
    return case.want(y)


def attn_cases():
    name = 'MMCVMultiScaleDeformableAttention'
    cases = [attn_case(2, 2, 3, 4, 3, [(4, 5), (2, 3)]), attn_case(1, 3, 4, 2, 4, [(3, 3)]),
             attn_case(1, 1, 9, 3, 2, [(1, 1), (1, 7), (6, 1), (2, 2)], kind=np.int64),
             attn_case(2, 1, 2, 40, 1, [(3, 2)]), attn_case(1, 2, 2, 2, 2, [(2, 2)], domain='mmcv'),
             attn_case(1, 1, 2, 3, 2, [(4, 4)], special=(0, 0, 1, 1, -0.125, 0.5, np.nan, 0.5, 1e9,
                                                         -1e9, 1.125, 0.5)),
             attn_case(1, 2, 3, 2, 5, [(3, 4), (2, 2)], spread=3.0)]

    def make(sizes, starts, levels=1, positions=4, queries=1):
        return Case(name, {}, [np.ones((1, positions, 1, 1)), np.array(sizes, np.int32).reshape(
            -1, 2), np.array(starts, np.int32), np.ones((1, queries, 1, levels, 1, 2)),
            np.ones((1, queries, 1, levels, 1))])

    for bad in (make([2, 3], [0]), make([2, 2], [1]), make([1, 2, 1, 2], [2, 0], 2),
                make([-2, -2], [0]), make([], [], 0), make([1 << 30, 1 << 30], [0]),
                make([2, 2, 0, 5], [0, 4], 2)):
        cases.append(bad.fails('do not fill'))
    cases.append(make([2, 2], [0, 0]).fails('the shapes'))
    cases.append(make([2, 2], [0], 2).fails('the shapes'))
    cases.append(make([2, 2], [0], queries=0).want(torch.zeros(0)))
    return cases


# ---- TRTDCNv3, by the formula that InternImage publishes: samples of the padded image.

def dcnv3(x, offset, mask, k, s, p, d, groups, channels, scale):
    x = F.pad(x, [0, 0, p[1], p[1], p[0], p[0]])
    n, h, w, _ = x.shape
    _, oh, ow, _ = offset.shape
    middle = [d[i] * (k[i] - 1) // 2 for i in range(2)]
    rows = (torch.arange(oh) * s[0] + middle[0] + 0.5).reshape(oh, 1, 1)
    columns = (torch.arange(ow) * s[1] + middle[1] + 0.5).reshape(1, ow, 1)
    down = (torch.arange(k[0]) * d[0] - middle[0]).repeat(k[1])
    right = (torch.arange(k[1]) * d[1] - middle[1]).repeat_interleave(k[0])
    offset = offset.reshape(n, oh, ow, groups, -1, 2)
    at_y = rows[None, ..., None] + (down + offset[..., 1]) * scale
    at_x = columns[None, ..., None] + (right + offset[..., 0]) * scale
    grid = torch.stack([at_x / w, at_y / h], -1) * 2 - 1
    grid = grid.permute(0, 3, 1, 2, 4, 5).reshape(n * groups, oh * ow, -1, 2)
    image = x.reshape(n, h, w, groups, channels).permute(0, 3, 4, 1, 2).reshape(
        n * groups, channels, h, w)
    samples = F.grid_sample(image, grid, mode='bilinear', padding_mode='zeros', align_corners=False)
    mask = mask.reshape(n, oh * ow, groups, -1).permute(0, 2, 1, 3).reshape(n * groups, 1, oh * ow,
                                                                            -1)
    y = (samples * mask).sum(-1).reshape(n, groups * channels, oh, ow)
    return y.permute(0, 2, 3, 1)


def dcnv3_case(n, size, groups, channels, k, s, p, d, scale, spread=1.5):
    oh, ow = (out_size(size[i], k[i], s[i], p[i], d[i]) for i in range(2))
    maps = groups * k[0] * k[1]
    inputs = [(1, (n,) + size + (groups * channels,), 1, 0), (2, (n, oh, ow, 2 * maps), spread, 0),
              (3, (n, oh, ow, maps), 0.5, 0.5)]
    attrs = dict(kernel_h=k[0], kernel_w=k[1], stride_h=s[0], stride_w=s[1], pad_h=p[0],
                 pad_w=p[1], dilation_h=d[0], dilation_w=d[1], group=groups,
                 group_channels=channels, offset_scale=float(scale), im2col_step=256)
    case = Case('TRTDCNv3', attrs, inputs)
    return case.want(dcnv3(*case.tensors, k, s, p, d, groups, channels, scale))


def dcnv3_cases():
    one, two = (1, 1), (2, 2)
    cases = [
        dcnv3_case(1, (4, 5), 2, 3, (3, 3), one, one, one, 1.0),
        dcnv3_case(2, (5, 4), 1, 2, (3, 3), two, one, one, 2.0),
        dcnv3_case(1, (6, 5), 3, 1, (3, 2), (1, 2), (1, 0), (2, 1), 0.5),
        dcnv3_case(1, (4, 4), 1, 4, (2, 4), one, (0, 2), one, 1.0),
        dcnv3_case(1, (3, 4), 2, 2, one, one, (0, 0), one, 1.0, 20.0),
        dcnv3_case(1, (5, 5), 1, 1, (5, 5), (3, 2), two, one, 1.0),
    ]
    x, small = np.ones((1, 1, 1, 2)), {'kernel_h': 1, 'kernel_w': 1, 'pad_h': 0, 'pad_w': 0}
    small = {**small, 'group': 2, 'group_channels': 1}
    offset, mask = np.ones((1, 1, 1, 4)), np.ones((1, 1, 1, 2))
    wild = np.array([np.nan, 0, 0, np.inf]).reshape(1, 1, 1, 4)
    cases.append(Case('TRTDCNv3', small, [x, wild, mask]).want(torch.zeros(2)))
    cases.append(Case('TRTDCNv3', small, [np.ones((0, 1, 1, 2)), np.ones((0, 1, 1, 4)),
                                          np.ones((0, 1, 1, 2))]).want(torch.zeros(0)))
    cases.append(Case('TRTDCNv3', {}, [x, offset, mask]).fails('28 groups of 16'))
    cases.append(Case('TRTDCNv3', {**small, 'kernel_h': 2}, [x, offset, mask]).fails('not fit'))
    cases.append(Case('TRTDCNv3', {**small, 'pad_w': 1}, [x, offset, mask]).fails('the offset or'))
    cases.append(Case('TRTDCNv3', {**small, 'stride_w': 0}, [x, offset, mask]).fails('stride_w of'))
    return cases


# ---- TRTBicubicInterpolate.

def bicubic_case(shape, factors, align):
    case = Case('TRTBicubicInterpolate', {'scale_factor': [float(f) for f in factors],
                                          'align_corners': align}, [(1, shape, 1, 0)])
    return case.want(F.interpolate(case.tensors[0], scale_factor=tuple(factors), mode='bicubic',
                                   align_corners=bool(align)))


def bicubic_cases():
    cases = []
    for align in (0, 1):
        cases += [bicubic_case((1, 2, 5, 6), (2.0, 2.0), align),
                  bicubic_case((2, 1, 3, 4), (3.0, 1.0), align),
                  bicubic_case((1, 1, 1, 5), (4.0, 2.0), align),
                  bicubic_case((1, 1, 10, 8), (0.7, 1.3), align),
                  bicubic_case((1, 1, 9, 7), (0.25, 0.5), align),
                  bicubic_case((1, 2, 3, 3), (1.0, 1.0), align),
                  bicubic_case((1, 1, 4, 3), (1.125, 0.34), align)]
    x = np.ones((1, 1, 2, 2))
    two = {'scale_factor': [2.0, 2.0]}
    cases.append(Case('TRTBicubicInterpolate', two, [np.ones((0, 1, 2, 2))]).want(torch.zeros(0)))
    for factors in ({}, {'scale_factor': [2.0]}, {'scale_factor': [2.0, -1.0]}):
        cases.append(Case('TRTBicubicInterpolate', factors, [x]).fails('two numbers above 0'))
    for factors in ([0.25, 2.0], [1e30, 1.0]):
        cases.append(Case('TRTBicubicInterpolate', {'scale_factor': factors}, [x])
                     .fails('2 pixels times'))
    return cases


def main():
    torch.manual_seed(0)
    write('deform_conv.txt', deform_cases())
    write('grid_sample.txt', grid_cases())
    write('roi_align.txt', roi_cases())
    write('ms_deform_attn.txt', attn_cases())
    write('dcnv3.txt', dcnv3_cases())
    write('bicubic_interpolate.txt', bicubic_cases())


if __name__ == '__main__':
    main()
