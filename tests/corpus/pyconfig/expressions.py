# SPDX-License-Identifier: Apache-2.0
# Python that appears in configs, and some that may.
import copy
import math
import os.path as osp

base = 2**5
size = (base * 7, base * 7 // 2, -base % 7, 7 / 2, 1 << 4, 0x1F, 1_000, 0b101, 0o17)
floats = [1e-05, .5, 3., 1E3, 5e-324, 1.7976931348623157e308, float('inf'), -float('inf'), 0.1 + 0.2, 1e16, 123456789.125]
strings = 'a' "b" r'\n' '\x41\u00e9\t' """three
lines""" f'{base}px {base / 3:.2f} {base:>5d}|{base:<5}|{"x":^3}|{size[0]!r} {{}}' '%s-%03d-%.1f%%' % ('p', 7, 2.25)
long = 'one ' \
    'two'
keys = {1: 'int', 'a-b': None, (1, 2): True, 2.5: ...}
keys.pop(2.5)
sets = {3, 1, 2}
squares = [i * i for i in range(5) if i % 2 == 0]
pairs = {k: v for k, v in zip('abc', [1, 2, 3])}
flat = [x for row in [[1, 2], [3]] for x in row]
merged = {**pairs, 'd': 4}
joined = [*squares, *(7, 8), *range(2)]
first, *rest = joined
a = b = [1]
b += [2]
shared = dict(one=a, two=a)
deep = copy.deepcopy(shared)
deep['one'].append(3)
a.insert(0, 'front')
choice = 'yes' if len(joined) > 3 and not sets == {1} else 'no'
chain = 1 < 2 <= 2 != 3
member = 'a' in pairs, 9 not in joined, None is None, a is b, 5 is not None
rounded = [round(2.5), round(3.5), round(2.675, 2), round(-7.5), round(1234.5678, -2), round(5, 1)]
numbers = [int('12'), int(-3.7), abs(-4), max(1, 5, 3), min([4, 2]), sum([1, 2.5]), divmod(-7, 2), pow(2, 10)]
sliced = joined[::-1], joined[1:3], joined[-2:], 'text'[1:], (1, 2, 3)[:2]
words = ' a,b , c '.strip().split(','), '-'.join(['x', 'y']), 'Abc'.lower(), 'a.b'.replace('.', '/'), '{}-{x}'.format(1, x=2)
order = sorted([3, 1, 2], reverse=True), sorted(['bb', 'a'], key=len), list(reversed([1, 2])), list(enumerate('ab', 1))
paths = osp.join('data', 'coco/', 'x.json'), osp.basename('a/b.py'), osp.splitext('a.b/c.tar.gz')
maths = math.pi, math.sqrt(2), math.ceil(1.2), math.floor(-1.2), math.log2(8)
total = 0
for index, name in enumerate(['r', 's']):
    if index == 1:
        total += 10
    elif name == 'r':
        total -= 1
    else:
        break
while total < 12:
    total += 1


def scale(values, by=2, *others, **named):
    """Scales."""
    result = [v * by for v in values]
    if others:
        return result + list(others)
    return result


scaled = scale([1, 2]), scale([1], by=3), scale([1], 4, 5, six=6)
double = (lambda x, y=1: x * 2 + y)(4)
grow = dict(a=1)
grow.update(b=2, **{'c': 3})
grow.setdefault('d', []).append(4)
del grow['a']
items = [(k, v) for k, v in grow.items()], list(grow.keys()), grow.get('zz', 'none'), grow.copy()
lists = [[0] * 2] * 2
number: int = 5
if (n := 10) > 5: big = n
__hidden__ = 1
