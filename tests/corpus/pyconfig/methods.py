import copy, math, itertools, functools, os
import os.path as osp
from collections import OrderedDict
t = ' Ab cd-EF\n x '
s = [t.split(), t.split('-', 1), t.strip(), t.lstrip(' A'), t.rstrip(), t.lower(), t.upper(), t.title(), 'ab'.capitalize()]
u = ['12'.isdigit(), t.find('cd'), t.count('c'), t.splitlines(), '7'.zfill(4), '-7'.zfill(4), 'a.py'.startswith(('a', 'b')), 'a.py'.endswith('.py'), t.replace('c', 'dd'), ','.join(['a', 'b'])]
v = ['%s %05.2f %-6d|%x %r' % ('a', 1.5, 3, 255, 'q'), '{0:>8,.2f} {k!r:*^9} {1[0]}'.format(1234.5, [1], k='z'), f'{t!r:>20} {3.14159:.3e} {255:#x} {1000000:,} {.25:%}', format(3.5, '08.2f')]
l = [3, 1, 2]
l.extend([5, 4]); l.insert(1, 9); l.remove(9); l.reverse(); l.sort(key=lambda x: -x, reverse=True)
p = [l.pop(), l.pop(0), l.index(2), l.count(3), l.copy()]
m = [1, 2]; m.clear()
d = dict(a=1, b=dict(c=2))
d.update(e=3); d.setdefault('f', [])
q = [list(d.values()), list(d.items()), list(d.keys()), d.get('x', 7), d.pop('a'), d.copy()]
e = set([1, 2]); e.add(3); e.discard(1); e.update({4})
w = [e | {9}, e & {2}, e - {2}, e ^ {2}, e.union([8]), e.intersection([2]), e.difference([2]), e.symmetric_difference([7]), e.issubset({2, 3, 4}), e.issuperset([2]), e.isdisjoint([1]), {1} < {1, 2}, frozenset([1])]
b = [all([1, 0]), any([0, 1]), bool(''), abs(-3), divmod(7, 2), pow(2, 5), round(2.5), round(1.234, 2), sum([1, 2], 3), min(3, 1), max([1, 4], key=lambda z: -z, default=0), str(1.0), repr('a'), tuple([1]), list(reversed([1, 2])), sorted([2, 1], reverse=True), isinstance(1, (int, str)), list(map(lambda x, y: x + y, [1], [2])), list(filter(None, [0, 1])), list(zip('ab', [1, 2])), list(enumerate('ab', 3)), int('12'), float('inf'), len(t)]
c = [math.sqrt(4), math.exp(0), math.log(8, 2), math.log2(8), math.log10(100), math.sin(0), math.cos(0), math.tan(0), math.atan(1), math.tanh(1), math.floor(1.5), math.ceil(1.5), math.pow(2, 3), math.prod([2, 3]), math.pi]
g = [osp.join('a', 'b'), osp.dirname('a/b'), osp.basename('a/b'), osp.splitext('a.py'), copy.copy(l), copy.deepcopy(d), list(itertools.chain([1], [2])), list(itertools.product([1, 2], 'ab')), OrderedDict(a=1), functools.reduce(lambda x, y: x * y, [1, 2, 3])]
k = [1 if x > 1 else 0 for x in range(3) if x != 1]
del m
print('x')
