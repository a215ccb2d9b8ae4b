#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the archives that zip_test.c reads, with Python's own zipfile.

Usage: generate.py [DIRECTORY]   (default: beside this file)
"""
import os
import struct
import sys
import warnings
import zipfile

HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
DATE = (2020, 1, 2, 3, 4, 6)
LINES = b''.join(b'line %d\n' % i for i in range(200))


def path(name):
    return os.path.join(HERE, name)


def add(archive, name, data, method=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = method
    archive.writestr(info, data)


def patch(name, source, edits):
    """Copies an archive with bytes changed: edits are (find, replace) pairs, each found once."""
    data = open(path(source), 'rb').read()
    for find, replace in edits:
        assert data.count(find) == 1, (name, find, data.count(find))
        data = data.replace(find, replace)
    open(path(name), 'wb').write(data)


def main():
    warnings.simplefilter('ignore')
    with zipfile.ZipFile(path('plain.zip'), 'w') as z:
        add(z, 'model/', b'')
        add(z, 'model/deploy.json', b'{"a": 1}')
        add(z, 'model/lines.txt', LINES, zipfile.ZIP_DEFLATED)
        add(z, 'empty.bin', b'')
        add(z, 'empty.txt', b'', zipfile.ZIP_DEFLATED)
        z.comment = b'a comment PK\x05\x06 with the magic of the end in it'
    with zipfile.ZipFile(path('twice.zip'), 'w') as z:
        add(z, 'a/deploy.json', b'first')
        add(z, 'b/deploy.json', b'second')
        add(z, 'b/deploy.json', b'third')
    with zipfile.ZipFile(path('zip64.zip'), 'w') as z:
        for name, data in (('x.bin', b'sixty-four'), ('y.bin', LINES)):
            info = zipfile.ZipInfo(name, DATE)
            with z.open(info, 'w', force_zip64=True) as f:
                f.write(data)
    with zipfile.ZipFile(path('empty.zip'), 'w'):
        pass
    for name, entry in (('dotdot.zip', '../evil.txt'), ('absolute.zip', '/etc/evil.txt'),
                        ('inner.zip', 'a/../../evil.txt')):
        with zipfile.ZipFile(path(name), 'w') as z:
            add(z, entry, b'evil')
    with zipfile.ZipFile(path('bzip2.zip'), 'w') as z:
        add(z, 'b.txt', LINES, zipfile.ZIP_BZIP2)
    plain = open(path('plain.zip'), 'rb').read()
    open(path('truncated.zip'), 'wb').write(plain[:len(plain) // 2])

    with zipfile.ZipFile(path('one.zip'), 'w') as z:
        add(z, 'one.txt', b'0123456789')
    one = open(path('one.zip'), 'rb').read()
    # wrong checksum, in the data
    patch('crc.zip', 'one.zip', [(b'0123456789', b'0123456780')])
    at = one.index(b'PK\x01\x02')

    def variant(name, offset, fmt, value):
        data = bytearray(one)
        struct.pack_into(fmt, data, at + offset, value)
        open(path(name), 'wb').write(data)

    variant('encrypted.zip', 8, '<H', 1)
    variant('offset.zip', 42, '<I', 0x7fffffff)
    variant('long.zip', 20, '<I', 1000)
    # two directory records for one entry
    record = one[at:one.index(b'PK\x05\x06')]
    end = bytearray(one[one.index(b'PK\x05\x06'):])
    struct.pack_into('<HHI', end, 8, 2, 2, 2 * len(record))
    open(path('overlap.zip'), 'wb').write(one[:at] + record * 2 + bytes(end))
    # a claim of 1 GiB for a few deflated bytes
    with zipfile.ZipFile(path('bomb.zip'), 'w') as z:
        add(z, 'zeros', bytes(4096), zipfile.ZIP_DEFLATED)
    bomb = bytearray(open(path('bomb.zip'), 'rb').read())
    struct.pack_into('<I', bomb, bomb.index(b'PK\x01\x02') + 24, 1 << 30)
    open(path('bomb.zip'), 'wb').write(bomb)


if __name__ == '__main__':
    main()
