# SPDX-License-Identifier: Apache-2.0
"""Writes custom_ops_golden.txt: operators of the domain mmdeploy as mmcv, mmdeploy, mmdet and PyTorch compute them.

Use: python make_custom_ops_golden.py > custom_ops_golden.txt
with mmcv 2.0.1, mmdeploy 1.3.1, mmdet 3.3.0 and PyTorch 1.13.1. Each case is a line "case NAME" and a graph: its
inputs are the constants in0, in1, …, what its outputs must be the constants want0, want1, ….
"""
import math

import torch
import torch.nn.functional as F
from mmcv.ops import nms, nms_rotated
from mmdeploy.mmcv.ops.nms_match import ONNXNMSMatchOp
from mmdeploy.mmcv.ops.nms_rotated import ONNXNMSRotatedOp
from mmdet.models.task_modules.prior_generators import AnchorGenerator

DTYPES = {torch.float32: 'f32', torch.int64: 'i64', torch.int32: 'i32'}


def number(v):
    if isinstance(v, int):
        return str(v)
    if math.isnan(v):
        return 'nan'
    if math.isinf(v):
        return 'inf' if v > 0 else '-inf'
    return '%.7g' % v


def constant(name, tensor):
    values = ', '.join(number(v) for v in tensor.reshape(-1).tolist())
    shape = ','.join(str(d) for d in tensor.shape)
    return 'constant %%%s : %s[%s] = [%s]' % (name, DTYPES[tensor.dtype], shape, values)


def attribute(value):
    if isinstance(value, str):
        return '"%s"' % value
    return '%.9g' % value + ('f' if isinstance(value, float) else '')


def put(case, op, inputs, wanted, **attrs):
    print('case', case)
    print('graph "g" { opset "mmdeploy" 1')
    for i, tensor in enumerate(inputs):
        print(constant('in%d' % i, tensor))
    for i, tensor in enumerate(wanted):
        print(constant('want%d' % i, tensor))
    text = ', '.join('%s = %s' % (k, attribute(v)) for k, v in attrs.items())
    print(', '.join('%%y%d' % i for i in range(len(wanted))), '=', 'mmdeploy::%s:1(' % op +
          ', '.join('%%in%d' % i for i in range(len(inputs))) + ')' + (' {%s}' % text if text else ''))
    print(' '.join('output %%y%d' % i for i in range(len(wanted))), '}')


def short(tensor, step=16.):
    """Numbers with few digits."""
    return torch.round(tensor * step) / step


def distinct(*shape):
    """Scores without ties."""
    count = math.prod(shape)
    return (torch.randperm(count).float() + 1).reshape(shape) / 512


def rotated_boxes(count, spread=40.):
    centre, size = torch.rand(count, 2) * spread, torch.rand(count, 2) * 25 + 2
    angle = (torch.rand(count, 1) - 0.5) * 2 * math.pi
    return short(torch.cat([centre, size, angle], 1))


def upright_boxes(count, spread=40.):
    corner = torch.rand(count, 2) * spread
    return short(torch.cat([corner, corner + torch.rand(count, 2) * 25 + 2], 1))


# ---- NMSRotated.


def put_nms_rotated(case, boxes, scores, iou, score):
    try:
        rows = ONNXNMSRotatedOp.apply(boxes, scores, iou, score)
    except (RuntimeError, NotImplementedError):  # nothing to concatenate
        rows = torch.zeros(0, 3, dtype=torch.int64)
    put(case, 'NMSRotated', [boxes, scores], [rows], iou_threshold=iou, score_threshold=score)


three = torch.tensor([[[60, 75, 20, 50, 0], [65, 80, 10, 40, 0], [30, 30, 40, 40, 0.]]] * 2)
for iou in (0.1, 0.3):
    for score in (0., 0.1):
        torch.manual_seed(1)
        put_nms_rotated('nms_rotated/three boxes', three, distinct(2, 4, 3), iou, score)
for seed, iou in enumerate((0.05, 0.1, 0.3, 0.5, 0.7, 0.9)):
    torch.manual_seed(seed)
    boxes = torch.stack([rotated_boxes(16), rotated_boxes(16, 15.)])
    put_nms_rotated('nms_rotated/random', boxes, distinct(2, 2, 16), iou, 0.015)
torch.manual_seed(7)
turns = torch.tensor([[50, 50, 20, 10, math.pi / 2 * k] for k in range(-4, 5)] +
                     [[50, 50, 10, 20, math.pi / 4 * k] for k in range(-4, 5)] + [[50, 50, 6, 4, 1e6]])
put_nms_rotated('nms_rotated/right angles', turns[None], distinct(1, 2, 19), 0.4, 0.)
odd = torch.tensor([[10, 10, 0, 0, 0], [10, 10, 4, 4, 0], [10, 10, 4, 0, 1], [12, 12, 4, 4, 0], [14, 10, 4, 4, 0],
                    [10, 10, 1, 1, 0.5], [1e7, 10, 4, 4, 0], [1e7 + 2, 10, 4, 4, 0], [10, 10, 1e-20, 1e-20, 0],
                    [10, 10, -4, 4, 0], [10.5, 10, 4, 4, 0]])
put_nms_rotated('nms_rotated/odd sizes', odd[None], distinct(1, 3, 11), 0.3, 0.)
scores = distinct(1, 2, 11)
scores[0, 0, 2], scores[0, 0, 5], scores[0, 1, 1] = math.nan, math.inf, -1.
put_nms_rotated('nms_rotated/odd scores', odd[None], scores, 0.3, 0.01)
put_nms_rotated('nms_rotated/negative threshold', odd[None], distinct(1, 1, 11) - 0.015625, 0.3, -0.005)
put_nms_rotated('nms_rotated/none good enough', three, distinct(2, 4, 3), 0.1, 1.)
put_nms_rotated('nms_rotated/no box', torch.zeros(2, 0, 5), torch.zeros(2, 3, 0), 0.1, 0.)

# ---- NMSMatch.

ten_boxes = torch.tensor([[291.1746, 316.2263, 343.5029, 347.7312], [288.4846, 315.0447, 343.7267, 346.5630],
                          [288.5307, 318.1989, 341.6425, 349.7222], [918.9102, 83.7463, 933.3920, 164.9041],
                          [895.5786, 78.2361, 907.8049, 172.0883], [292.5816, 316.5563, 340.3462, 352.9989],
                          [609.4592, 83.5447, 631.2532, 144.0749], [917.7308, 85.5870, 933.2839, 168.4530],
                          [895.5138, 79.3596, 908.2865, 171.0418], [291.4747, 318.6987, 347.1208, 349.5754]])
ten_scores = torch.tensor([[.9577, .9745, .3030, .6589, .2742], [.1618, .7963, .5124, .6964, .6850],
                           [.8425, .4843, .9489, .8068, .7340], [.7337, .4340, .9923, .0704, .4506],
                           [.3090, .5606, .6939, .3764, .6920], [.0044, .7986, .2221, .2782, .4378],
                           [.7293, .2735, .8381, .0264, .6278], [.7144, .1066, .4125, .4041, .8819],
                           [.4963, .7891, .6908, .1499, .5584], [.4385, .6035, .0508, .0662, .5938]])


def put_nms_match(case, boxes, scores, iou, score):
    try:
        rows = ONNXNMSMatchOp.apply(boxes, scores, iou, score)
    except RuntimeError:  # nothing to stack
        rows = torch.zeros(0, 4, dtype=torch.int64)
    put(case, 'NMSMatch', [boxes, scores, torch.tensor([iou]), torch.tensor([score])], [rows])


put_nms_match('nms_match/ten boxes', ten_boxes[None].repeat(2, 1, 1), ten_scores.t()[None].repeat(2, 1, 1), 0.1, 0.1)
for seed, (iou, score) in enumerate(((0.1, 0.), (0.3, 0.08), (0.5, 0.03), (0.7, 0.015))):
    torch.manual_seed(seed)
    boxes = torch.stack([upright_boxes(16), upright_boxes(16, 15.)])
    put_nms_match('nms_match/random', boxes, distinct(2, 2, 16), iou, score)
put_nms_match('nms_match/none good enough', ten_boxes[None], ten_scores.t()[None], 0.1, 1.)

# ---- TRTBatchedNMS and the rotated ones, from mmcv's NMS of one class.


def batched_nms(boxes, scores, rotated, background, topk, keep, iou, score, clip):
    images, count, classes = scores.shape
    rows = torch.zeros(images, keep, boxes.shape[-1] + 1)
    labels = torch.full((images, keep), -1, dtype=torch.int32)
    indices = labels.clone()
    for n in range(images):
        found = []
        for c in range(classes):
            own = boxes[n, :, 0 if boxes.shape[2] == 1 else c]
            good = ((scores[n, :, c] > score) & (c != background)).nonzero().squeeze(1)
            order = good[scores[n, good, c].sort(descending=True, stable=True)[1]][:topk if topk > 0 else None]
            if len(order) == 0:
                continue
            run = nms_rotated if rotated else nms
            kept = order[run(own[order], scores[n, order, c], iou)[1]]
            first = 0 if boxes.shape[2] == 1 else c * count
            found += [(-float(scores[n, i, c]), c, int(i), first + int(i), own[i]) for i in kept]
        for i, (s, c, _, index, box) in enumerate(sorted(found, key=lambda f: f[:3])[:keep]):
            rows[n, i] = torch.cat([box.clamp(0, 1) if clip else box, torch.tensor([-s])])
            labels[n, i], indices[n, i] = c, index
    return rows, labels, indices


def put_batched(case, op, boxes, scores, outputs=3, background=-1, topk=-1, keep=10, iou=0.5, score=0.015, clip=0):
    wanted = batched_nms(boxes, scores, boxes.shape[-1] == 5, background, topk, keep, iou, score, clip)[:outputs]
    attrs = dict(return_index=1) if outputs == 3 else {}
    put(case, op, [boxes, scores], wanted, num_classes=scores.shape[2], background_label_id=background, topk=topk,
        keep_topk=keep, iou_threshold=iou, score_threshold=score, is_normalized=0, clip_boxes=clip, **attrs)


put_batched('batched_nms/ten boxes', 'TRTBatchedNMS', ten_boxes[None, :, None], ten_scores[None], 2, -1, 6, 3, 0.7, 0.1)
put_batched('batched_nms/boxes of classes', 'TRTBatchedNMS', ten_boxes[None, :, None].repeat(2, 1, 5, 1),
            ten_scores[None].repeat(2, 1, 1), 3, -1, 6, 3, 0.7, 0.1)
for seed, (topk, keep, iou) in enumerate(((-1, 20, 0.3), (5, 8, 0.5), (200, 30, 0.65), (1, 3, 0.5))):
    torch.manual_seed(seed)
    shared = torch.stack([upright_boxes(16), upright_boxes(16, 15.)])[:, :, None]
    put_batched('batched_nms/random', 'TRTBatchedNMS', shared, distinct(2, 16, 3), 3, seed - 1, topk, keep, iou)
    own = torch.stack([upright_boxes(12) for _ in range(6)]).reshape(2, 3, 12, 4).transpose(1, 2).contiguous()
    put_batched('batched_nms/own boxes', 'TRTBatchedNMS', own, distinct(2, 12, 3), 3, -1, topk, keep, iou)
torch.manual_seed(8)
put_batched('batched_nms/clip', 'TRTBatchedNMS', short(upright_boxes(12) / 40)[None, :, None] - 0.125, distinct(1, 12, 2),
            2, clip=1)
put_batched('batched_nms/equal scores', 'TRTBatchedNMS', upright_boxes(12)[None, :, None], torch.full((1, 12, 2), 0.5))
put_batched('batched_nms/none good enough', 'TRTBatchedNMS', upright_boxes(4)[None, :, None], torch.zeros(1, 4, 2), keep=3)
put_batched('batched_nms/no box', 'TRTBatchedNMS', torch.zeros(1, 0, 1, 4), torch.zeros(1, 0, 2), keep=2)
put_batched('batched_nms/keep nothing', 'TRTBatchedNMS', upright_boxes(4)[None, :, None], distinct(1, 4, 2), keep=0)
ten_rotated = torch.cat([ten_boxes, torch.arange(1., 11.)[:, None]], 1)
put_batched('batched_rotated_nms/ten boxes', 'TRTBatchedRotatedNMS', ten_rotated[None, :, None], ten_scores[None], 2, -1,
            6, 3, 0.7, 0.1)
for seed, (topk, keep, iou) in enumerate(((-1, 20, 0.1), (5, 8, 0.3), (200, 30, 0.5))):
    torch.manual_seed(seed)
    shared = torch.stack([rotated_boxes(16), rotated_boxes(16, 15.)])[:, :, None]
    put_batched('batched_rotated_nms/random', 'TRTBatchedRotatedNMS', shared, distinct(2, 16, 3), 2, 1, topk, keep, iou)
    put_batched('batched_bev_nms/random', 'TRTBatchedBEVNMS', shared, distinct(2, 16, 2), 3, -1, topk, keep, iou)

# ---- Others.


def put_attention(case, batch, queries, keys, width, mask=None):
    q, k, v = (short(torch.randn(batch, n, width)) for n in (queries, keys, keys))
    out, shares = F._scaled_dot_product_attention(q, k, v, mask, 0.0, True)
    put(case, 'ScaledDotProductAttentionTRT', [q, k, v] + ([] if mask is None else [mask]), [out, shares])


torch.manual_seed(9)
put_attention('attention/square', 4, 2, 2, 1)
put_attention('attention/wide', 2, 3, 20, 5)
put_attention('attention/mask', 2, 4, 6, 3, short(torch.randn(4, 6)))
put_attention('attention/mask of items', 2, 4, 6, 3, short(torch.randn(2, 4, 6)))
put_attention('attention/one mask', 2, 4, 6, 3, short(torch.randn(1, 4, 6)))
mask = torch.zeros(3, 5)
mask[0, 1:], mask[1], mask[2, 4] = -math.inf, -math.inf, -math.inf
put_attention('attention/masked rows', 2, 3, 5, 4, mask)


def put_instance_norm(case, x, epsilon):
    scale, bias = short(torch.randn(x.shape[1])), short(torch.randn(x.shape[1]))
    if x.reshape(*x.shape[:2], -1).shape[2] > 1:
        y = F.instance_norm(x, weight=scale, bias=bias, eps=epsilon)
    else:  # PyTorch refuses one element; its variance is 0
        y = bias.reshape(1, -1, *[1] * (x.dim() - 2)).expand_as(x)
    put(case, 'TRTInstanceNormalization', [x, scale, bias], [y], epsilon=epsilon)


put_instance_norm('instance_norm/plane', short(torch.randn(2, 3, 4, 5)), 1e-5)
put_instance_norm('instance_norm/line', short(torch.randn(2, 3, 7)), 1e-3)
put_instance_norm('instance_norm/constant', torch.full((1, 2, 3, 3), 7.), 1e-5)
put_instance_norm('instance_norm/one element', torch.randn(1, 2, 1, 1), 1e-5)

x = short(torch.rand(2, 10, 4))
best = x.max(-1)[0].topk(4)[1]
put('gather_topk/boxes', 'GatherTopk', [x, best], [x[torch.arange(2)[:, None], best]])
put('gather_topk/int32', 'GatherTopk', [x, best.int()], [x[torch.arange(2)[:, None], best]])
put('gather_topk/scores', 'GatherTopk', [x[..., 0].contiguous(), best], [x[..., 0].gather(1, best)])
put('gather_topk/one axis', 'GatherTopk', [x[0], best[0]], [x[0][best[0]]])
labels = torch.randint(0, 99, (2, 3, 5), dtype=torch.int32)
picks = torch.randint(-5, 5, (2, 3, 7))
put('gather_topk/negative', 'GatherTopk', [labels, picks], [labels.gather(2, picks % 5)])
put('gather_topk/none', 'GatherTopk', [x, best[:, :0]], [torch.zeros(2, 0, 4)])

for height, width, stride in ((2, 2, (4, 4)), (3, 5, (8, 16)), (0, 4, (4, 4))):
    generator = AnchorGenerator(strides=[stride], ratios=[0.5, 1., 2.], scales=[1.], base_sizes=[32])
    priors = generator.single_level_grid_priors((height, width), 0, device='cpu')
    zeros = [torch.zeros(n, dtype=torch.int64) for n in (height, width)]
    put('grid_priors', 'GridPriorsTRT', [generator.base_anchors[0]] + zeros, [priors.reshape(-1, 4)], stride_h=stride[1],
        stride_w=stride[0])

x = short(torch.randn(2, 3, 7, 5) * 3)
put('mark', 'Mark', [x[0]], [x[0]], func='f', func_id=0, type='input', id=0)
put('gelu', 'Gelu', [x[0]], [F.gelu(x[0])])
put('hard_swish', 'HardSwish', [x[0]], [F.hardswish(x[0])], alpha=1 / 6, beta=0.5)
for size in ((1, 1), (3, 2), (7, 5), (9, 6)):
    put('adaptive_avg_pool', 'AdaptiveAvgPool2d', [x, torch.tensor(size)], [F.adaptive_avg_pool2d(x, size)])
for shape in ((5, ), (7, 5)):
    weight, bias = short(torch.randn(shape)), short(torch.randn(shape))
    put('layer_norm', 'LayerNorm', [x[0], weight, bias], [F.layer_norm(x[0], shape, weight, bias, 1e-3)], affine=1,
        epsilon=1e-3)
attention = torch.nn.MultiheadAttention(6, 2, batch_first=True).requires_grad_(False)
for p in attention.parameters():
    p.copy_(short(torch.randn_like(p)))
q, k, v = (short(torch.randn(2, n, 6)) for n in (3, 4, 4))
weights, biases = attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)
parts = [t for pair in zip(weights, biases) for t in pair] + [attention.out_proj.weight, attention.out_proj.bias]
put('multi_head_attention', 'MultiHeadAttention', [q, k, v] + parts, [attention(q, k, v)[0]], embed_dim=6, num_heads=2)
