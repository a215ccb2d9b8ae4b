#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the checkpoints that checkpoint_test.c and pickle_test.c read.

Usage: generate.py [DIRECTORY]   (default: beside this file)
Made with PyTorch 1.13.1, NumPy 1.23, mmcv 1.7.2 (for its ConfigDict) and safetensors 0.8.0. expected.json holds what
torch.load makes of the tensors, as numbers, and of meta.
"""
import argparse
import collections
import datetime
import io
import json
import os
import pathlib
import pickle
import struct
import sys
import types
import zipfile

import numpy as np
import torch
from mmcv.utils import ConfigDict
from safetensors import SafetensorError, deserialize

HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


def fake_class(module, name, base=object):
    """A class that the reader cannot know, as if it came from |module|."""
    parts = module.split('.')
    for i in range(1, len(parts) + 1):
        sys.modules.setdefault('.'.join(parts[:i]), types.ModuleType('.'.join(parts[:i])))
    cls = type(name, (base,), {'__module__': module})
    setattr(sys.modules[module], name, cls)
    return cls


def weights():
    torch.manual_seed(7)
    grid = torch.arange(24).reshape(2, 3, 4)
    base = torch.arange(12, dtype=torch.float32) / 4
    d = collections.OrderedDict()
    d['f32'] = torch.randn(2, 3)
    d['f64'] = grid.double() / 3
    d['f16'] = grid.half() / 8
    d['bf16'] = (grid.float() * 1.5).bfloat16()
    d['i64'] = grid - 5
    d['i32'] = grid.int() * 100000
    d['i16'] = grid.short() - 300
    d['i8'] = grid.to(torch.int8) - 12
    d['u8'] = grid.to(torch.uint8) * 10
    d['bool'] = grid % 3 == 0
    d['scalar'] = torch.tensor(41)
    d['empty'] = torch.zeros(0, 4)
    d['transposed'] = torch.arange(6.).reshape(2, 3).t()
    d['shared.a'] = base[:6].reshape(2, 3)
    d['shared.b'] = base[4:10]
    d['shared.c'] = base[1::3]
    d['expanded'] = torch.tensor([1.5, 2.5]).reshape(2, 1).expand(2, 3)
    d['parameter'] = torch.nn.Parameter(torch.randn(4))
    d._metadata = collections.OrderedDict([('', {'version': 1}), ('bn', {'version': 2})])
    return d


def meta():
    return {
        'CLASSES': ('cat', 'dog', 'Käse'),
        'PALETTE': [[1, 2, 3], [4, 5, 6]],
        'epoch': 3,
        'negative': -70000,
        'large': 2**40,
        'lr': 0.0125,
        'none': None,
        'flag': True,
        'config': 'model = dict(type="X")\n',
        'best': np.float32(0.5),
        'count': np.int64(-9),
        'ok': np.bool_(True),
        'list': [1, [2.5, 'x'], ()],
        'by_number': {0: 'a', 1: 'b'},
    }


def rich_meta():
    """Values that expected.json cannot hold; the test names them."""
    history = fake_class('mmengine.logging.history_buffer', 'HistoryBuffer')()
    history._max_length = 1000
    history._log_history = np.array([1.0, 2.0, 4.0])
    dict_like = fake_class('somewhere.else', 'Odd', dict)(a=1)
    dict_like.note = 'attribute'
    return {
        'array': np.arange(6, dtype='<i2').reshape(2, 3),
        'fortran': np.asfortranarray(np.arange(6, dtype='<f8').reshape(2, 3)),
        'big_endian': np.arange(3, dtype='>i4'),
        'text_array': np.array(['a', 'b']),
        'object_array': np.array([1, 'x', None], dtype=object),
        'history': history,
        'dict_like': dict_like,
        'config_dict': ConfigDict(model=dict(type='ResNet', depth=18)),
        'args': argparse.Namespace(lr=0.5, name='n'),
        'device': torch.device('cuda', 1),
        'size': torch.Size([2, 3]),
        'dtype': torch.float16,
        'path': pathlib.PurePosixPath('/a/b.py'),
        'set': {3},
        'bytes': b'\x00\xff\x80a',
        'complex': 1 + 2j,
        'default': collections.defaultdict(list, k=[1]),
        'date': datetime.date(2024, 5, 6),
        'class': fake_class('some.where', 'Thing'),
        'tensor': torch.tensor([7, 8]),
    }


def numbers(tensor):
    name = str(tensor.dtype).replace('torch.', '')
    values = tensor.detach().double().reshape(-1).tolist()
    return {'dtype': name, 'shape': list(tensor.shape), 'values': values}


class Evil:
    def __reduce__(self):
        return os.system, ('echo evil',)


def zip_with(name, entries):
    with zipfile.ZipFile(path(name), 'w') as z:
        for entry, data in entries:
            z.writestr(zipfile.ZipInfo('archive/' + entry, (1980, 1, 1, 0, 0, 0)), data)


def copy_zip(name, source, edit, method=zipfile.ZIP_STORED):
    """A copy of an archive with entries changed by edit(entry name, data) -> data or None."""
    with zipfile.ZipFile(path(source)) as a, zipfile.ZipFile(path(name), 'w', method) as b:
        for entry in a.namelist():
            data = edit(entry, a.read(entry))
            if data is not None:
                info = zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0))
                info.compress_type = method
                b.writestr(info, data)


def bad_files():
    open(path('text.pth'), 'w').write('this is no checkpoint\n')
    open(path('evil.pkl'), 'wb').write(pickle.dumps({'state_dict': Evil()}, 2))
    open(path('evil4.pkl'), 'wb').write(pickle.dumps([Evil()], 4))
    zip_with('evil.pth', [('data.pkl', pickle.dumps({'state_dict': Evil()}, 2)),
                          ('version', b'3\n')])
    legacy = open(path('legacy.pth'), 'rb').read()
    open(path('truncated_legacy.pth'), 'wb').write(legacy[:-200])
    data = open(path('zip.pth'), 'rb').read()
    open(path('truncated_zip.pth'), 'wb').write(data[:len(data) * 2 // 3])
    copy_zip('missing_storage.pth', 'small.pth',
             lambda n, d: None if n.endswith('data/0') else d)
    copy_zip('short_storage.pth', 'small.pth',
             lambda n, d: d[:-4] if n.endswith('data/0') else d)
    copy_zip('deflated.pth', 'small.pth', lambda n, d: d, zipfile.ZIP_DEFLATED)
    # a tensor of 2x3 where 200x3 is claimed
    copy_zip('past_storage.pth', 'small.pth',
             lambda n, d: d.replace(b'K\x02K\x03\x86', b'K\xc8K\x03\x86') if 'pkl' in n else d)
    copy_zip('big_endian.pth', 'small.pth',
             lambda n, d: b'big' if n.endswith('version') else d)
    with zipfile.ZipFile(path('big_endian.pth'), 'a') as z:
        z.writestr(zipfile.ZipInfo(z.namelist()[0].split('/')[0] + '/byteorder',
                                   (1980, 1, 1, 0, 0, 0)), b'big')
    # lists that share lists: 2^40 values in a hundred bytes
    bomb = b'\x80\x02]q\x00'
    for i in range(40):
        bomb += b'](h' + bytes([i]) + b'h' + bytes([i]) + b'eq' + bytes([i + 1])
    open(path('bomb.pkl'), 'wb').write(bomb + b'.')
    open(path('cycle.pkl'), 'wb').write(b'\x80\x02]q\x00h\x00a.')
    open(path('deep.pkl'), 'wb').write(b'\x80\x02' + b']' * 1000 + b'a' * 999 + b'.')
    open(path('memo.pkl'), 'wb').write(b'\x80\x02]r\xff\xff\xff\x7f.')
    header = json.dumps({'a': {'dtype': 'F32', 'shape': [2, 2], 'data_offsets': [0, 12]}}).encode()
    open(path('bad.safetensors'), 'wb').write(struct.pack('<Q', len(header)) + header + bytes(16))
    ranges = {'swapped': ({'a': (4, 8), 'b': (0, 4), 'c': (4, 4)}, 8),
              'hole': ({'a': (8, 12), 'b': (0, 4)}, 12),
              'lead': ({'a': (4, 8)}, 8),
              'overlap': ({'b': (4, 12), 'a': (0, 8)}, 12),
              'same': ({'a': (0, 4), 'b': (0, 4)}, 4),
              'tail': ({'a': (0, 4)}, 9),
              'nothing': ({}, 1)}
    for name, (entries, size) in ranges.items():
        entries = {k: {'dtype': 'U8', 'shape': [b - a], 'data_offsets': [a, b]} for k, (a, b) in entries.items()}
        raw_safetensors(f'ranges_{name}.safetensors', json.dumps(entries), size, name == 'swapped')
    entry = '{"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}'
    raw_safetensors('twice.safetensors', f'{{"a": {entry}, "a": {entry}}}', 4, None)
    tar = bytearray(1024)
    tar[257:262] = b'ustar'
    open(path('old.tar.pth'), 'wb').write(tar)


def raw_safetensors(name, header, size, accepted):
    """A file with that header. |accepted|: what the format's own library says (None: do not ask)."""
    data = struct.pack('<Q', len(header)) + header.encode() + bytes(range(size))
    open(path(name), 'wb').write(data)
    if accepted is None:  # "Duplicate keys are disallowed. Not all parsers may respect this."
        return
    try:
        deserialize(data)
        assert accepted, name
    except SafetensorError:
        assert not accepted, name


def safetensors(name, tensors, metadata):
    header, data = {'__metadata__': metadata}, b''
    kinds = {torch.float32: 'F32', torch.bfloat16: 'BF16', torch.int64: 'I64', torch.bool: 'BOOL'}
    for key, t in tensors.items():
        raw = t.contiguous().view(torch.uint8 if t.dtype is not torch.bool else t.dtype).numpy()
        raw = raw.tobytes()
        header[key] = {'dtype': kinds[t.dtype], 'shape': list(t.shape),
                       'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    open(path(name), 'wb').write(struct.pack('<Q', len(text)) + text + data)


def main():
    state = weights()
    whole = {'meta': meta(), 'state_dict': state, 'optimizer': {'step': 5}}
    torch.save(whole, path('zip.pth'))
    torch.save(whole, path('zip4.pth'), pickle_protocol=4)
    torch.save(whole, path('legacy.pth'), _use_new_zipfile_serialization=False)
    torch.save(whole, path('legacy4.pth'), _use_new_zipfile_serialization=False,
               pickle_protocol=4)
    torch.save({'meta': rich_meta(), 'state_dict': {'w': torch.ones(1)}}, path('rich.pth'))
    torch.save({'meta': rich_meta(), 'state_dict': {'w': torch.ones(1)}}, path('rich4.pth'),
               pickle_protocol=4)
    small = {'a': torch.arange(6.).reshape(2, 3), 'b': torch.arange(4)}
    torch.save(small, path('small.pth'))
    torch.save({'epoch': 1, 'model': {'module.' + k: v for k, v in small.items()}},
               path('wrapped.pth'))
    torch.save({'model': {'state_dict': small, 'note': 'n'}, 'ema_state_dict': small},
               path('nested.pth'))
    torch.save({'model': {'net': small, 'head': {'w': small['a'], 'deep': {'x': small['b']}}, 'note': 'n'}, 'epoch': 3},
               path('two_nets.pth'))
    quantised = torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)
    torch.save({'state_dict': {'q.weight': quantised}}, path('quantised.pth'))
    torch.save({'state_dict': {'q.weight': quantised}}, path('quantised_legacy.pth'),
               _use_new_zipfile_serialization=False)
    torch.save({'model': fake_class('models.yolo', 'Model')()}, path('module.pth'))
    for name, base in (('ordered_subclass.pth', collections.OrderedDict), ('dict_subclass.pth', dict)):
        weights = fake_class('somewhere.own', 'Weights', base)()
        weights.update(small)
        torch.save({'state_dict': weights}, path(name))
    torch.save({'epoch': 1}, path('no_tensors.pth'))
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), path('script.pt'))
    np.savez(path('arrays.npz'), **{k: v.numpy() for k, v in small.items()})
    safetensors('small.safetensors', {
        'a': small['a'], 'b': small['b'], 'c': state['bool'], 'd': state['bf16']},
        {'format': 'pt'})
    bad_files()
    expected = {k: numbers(v) for k, v in state.items()}
    plain = json.loads(json.dumps(meta(), default=lambda x: x.item()))
    json.dump({'tensors': expected, 'meta': plain}, open(path('expected.json'), 'w'), indent=1,
              ensure_ascii=False)


if __name__ == '__main__':
    main()
