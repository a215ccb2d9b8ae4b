# SPDX-License-Identifier: Apache-2.0
"""Writes net_golden.txt: results of PyTorch's conv2d, pooling, linear and softmax (torch 1.13.1).

Use: python make_net_golden.py > net_golden.txt
Inputs are made by integers, see fill in conv_test.c. A line: what, its integers, then the number of
results and five of them: at 0, n/4, n/2, 3n/4, n-1.
"""
import torch
import torch.nn.functional as F


def fill(seed, *shape):
    n = 1
    for s in shape:
        n *= s
    state, out = seed, []
    for _ in range(n):
        state = (state * 1664525 + 1013904223) & 0xffffffff
        out.append((state >> 16) / 32768.0 - 1.0)
    return torch.tensor(out, dtype=torch.float64).reshape(shape)


def put(what, ints, y):
    y = y.reshape(-1)
    n = y.numel()
    picks = [float(y[i]) for i in (0, n // 4, n // 2, 3 * n // 4, n - 1)]
    print(what, *ints, n, *('%.9g' % v for v in picks))


# n c h w out groups kh kw sh sw dh dw pad
CONVS = [(1, 3, 32, 32, 8, 1, 7, 7, 2, 2, 1, 1, 3), (2, 16, 14, 14, 24, 1, 3, 3, 1, 1, 1, 1, 1),
         (1, 16, 14, 14, 24, 1, 3, 3, 2, 2, 1, 1, 1), (1, 40, 7, 7, 65, 1, 1, 1, 1, 1, 1, 1, 0),
         (2, 40, 9, 7, 33, 1, 1, 1, 2, 2, 1, 1, 0), (2, 12, 15, 17, 12, 12, 3, 3, 1, 1, 1, 1, 1),
         (1, 12, 15, 17, 24, 12, 3, 3, 2, 2, 1, 1, 1), (1, 12, 15, 17, 12, 12, 5, 5, 2, 1, 1, 1, 2),
         (2, 16, 9, 9, 32, 4, 3, 3, 1, 1, 1, 1, 1), (1, 8, 20, 20, 8, 1, 3, 3, 1, 1, 2, 2, 2),
         (1, 8, 20, 1, 8, 1, 3, 1, 1, 1, 1, 1, 0), (1, 6, 5, 40, 5, 1, 2, 4, 3, 2, 1, 3, 1),
         (1, 300, 5, 5, 20, 1, 3, 3, 1, 1, 1, 1, 1), (1, 4, 2, 2, 3, 1, 3, 3, 1, 1, 1, 1, 2)]
# planes h w kh kw sh sw pad ceil include
POOLS = [(6, 16, 16, 3, 3, 2, 2, 1, 0, 1), (6, 15, 17, 3, 3, 2, 2, 0, 1, 0), (3, 9, 9, 2, 2, 2, 2, 0, 1, 1),
         (3, 8, 21, 3, 3, 1, 1, 1, 0, 0), (3, 8, 21, 3, 5, 1, 1, 1, 1, 1), (2, 7, 7, 3, 2, 3, 3, 1, 1, 0),
         (2, 6, 6, 4, 4, 3, 3, 2, 1, 1)]
for p in CONVS:
    n, c, h, w, o, g, kh, kw, sh, sw, dh, dw, pad = p
    x, k, b = fill(1, n, c, h, w), fill(2, o, c // g, kh, kw), fill(3, o)
    put('conv', p, F.conv2d(x, k, b, (sh, sw), pad, (dh, dw), g))
for p in POOLS:
    n, h, w, kh, kw, sh, sw, pad, ceil, include = p
    x = fill(4, 1, n, h, w)
    if pad * 2 <= min(kh, kw):
        put('max', p, F.max_pool2d(x, (kh, kw), (sh, sw), pad, 1, bool(ceil)))
        put('average', p, F.avg_pool2d(x, (kh, kw), (sh, sw), pad, bool(ceil), bool(include)))
for p in [(5, 33, 1), (1, 1000, 1), (3, 7, 20), (2, 1, 1)]:
    x = fill(5, *p) * 20
    put('softmax', p, F.softmax(x, 1))
    put('logsoftmax', p, F.log_softmax(x, 1))
for p in [(1, 100, 64), (2, 33, 512), (17, 50, 96)]:
    m, n, k = p
    put('linear', p, F.linear(fill(6, m, k), fill(7, n, k), fill(8, n)))
