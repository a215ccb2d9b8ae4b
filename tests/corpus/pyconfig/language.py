# SPDX-License-Identifier: Apache-2.0
import collections
import functools
from collections import OrderedDict, defaultdict
from math import pi

try:
    import json
except ImportError:
    json = None
    found = False
else:
    found = True

try:
    import math
    half = math.pi / 2
except (ImportError, ModuleNotFoundError) as error:
    half = 1.5

bases = [int('ff', 16), int(' -0x1F ', 16), int('0b101', 0), int('777', base=8), int('z_z', 36), int('-1_000'), int('0', 0)]
tens = [round(1234, -2), round(1250, -2), round(1350, -2), round(-1350, -2), round(15, -1), round(25, -1), round(7, 2),
        round(4, -1), round(5, -1), round(6, -1), round(9223372036854775804, -1), round(5 * 10**18, -19), round(123, -40)]
lowest = -9223372036854775808
lowest_float = -9223372036854775808.0
spelled = -9_223_372_036_854_775_808
zeros = dict.fromkeys(['x', 'y'], 0)
nones = dict.fromkeys('ab')
first = next(iter(dict(a=1, b=2)))
items = iter([1, 2, 3])
second = (next(items), next(items))[1]
rest = list(items)
absent = next(items, 'none')
del items
large = next(x for x in [1, 5, 9] if x > 3)
pair = next(zip('ab', 'cd'))
same = [type(3) == int, type('s') is str, type([]) in (list, tuple), type({}) != dict, type(True) == int, type(None) == int]
kind = type(1.5)
kinds = [type(v).__name__ for v in (1, 'a', [], ())]
once = map(str, [1, 2])
used = [list(once), list(once)]
del once


def scale(x, /, by=2, *, plus=0):
    return x * by + plus


def last(a, b=1, /):
    return a + b


scaled = [scale(1), scale(3, by=5), scale(2, 3, plus=1), last(1), last(1, 2)]
groups = collections.defaultdict(list)
for i, name in enumerate(['a', 'b', 'a']):
    groups[name].append(i)
counts = defaultdict(int, b=2)
counts['a'] += 1
counts['b'] += 1
default = defaultdict(lambda: dict(type='X'), {'k': 1})
default['new']['n'] = 3
seen = 'none' in default
conv = functools.partial(dict, type='Conv2d', bias=False)
layers = [conv(), conv(bias=True, kernel=3)]
add = functools.partial(functools.partial(scale, 4), plus=1)
sums = [add(), add(3), functools.reduce(lambda a, b: a + b, [1, 2, 3])]
del i, name
