# SPDX-License-Identifier: Apache-2.0
# Formats, methods of text, functions of modules, and statements that are easily got wrong.
import math
import os.path as osp

percent = '%5s|%-5s|%05s|%.2s|%6r|%-4d|%05.1f|%5s' % ('c', 'd', 'e', 'fgh', 'i', 3, 2.5, '日')
fields = '{!r:>10}|{!s:5}|{:<08}|{:*<6}'.format('a', 3, 5, 'b')
name, count = 'net', 3
named = f'{name=}|{count + 1=}|{count=:03d}|{count!s:4}|{count <= 3}|{count == 3}'
aligned = ['ab'.center(5), 'abc'.center(6, '*'), 'a'.ljust(3) + '|', 'é'.rjust(3), '日'.zfill(3)]
pieces = ['a b  c d'.split(None, 1), 'a.b.c'.rsplit('.', 1), 'a.b'.partition('.'), 'ab'.partition('.'),
          'a.b.c'.rpartition('.'), 'ab'.rpartition('.'), 'é日a'.rfind('a'), 'abc'.index('c')]
affixes = ['prefix'.removeprefix('pre'), 'x.py'.removesuffix('.py'), 'x.py'.removesuffix('.json')]
kinds = ['a'.isalpha(), 'a1'.isalnum(), ' '.isspace(), 'A1'.isupper(), '1'.islower(), 'aB'.swapcase(), '日本'.upper()]
spans = [str(range(3)), str(range(0, 9, 3))]
sets = [{1, 2}.issubset([1, 2, 3]), {1}.isdisjoint({2}), {1, 2}.issuperset({3}), {1, 2}.symmetric_difference([2, 3])]
paths = [osp.split('a/b'), osp.split('/a'), osp.isabs('/a'), osp.normpath('a/../../b//c/.'), osp.normpath('/../a'),
         osp.normpath('//a/b/..'), osp.normpath(''), osp.normpath('../a/..')]
numbers = [math.gcd(12, -18), math.radians(180), math.degrees(1), math.atan2(1, 2), math.isnan(math.nan), math.fabs(-2)]


def block(width, *groups, stride=1, **rest):
    return dict(width=width, groups=groups, stride=stride, **rest)


def pooled(size, *, mode='max'):
    return size, mode


blocks = [block(1), block(1, 2, 3), block(1, 2, stride=4, pad=5), pooled(2), pooled(2, mode='mean')]
steps = 0
while steps < 2:
    steps += 1
else:
    finished = True
while True:
    break
else:
    never = True
del block, pooled
