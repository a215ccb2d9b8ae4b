#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the arrays that npy_test.c reads, with NumPy (made with 1.23).

Usage: generate.py [DIRECTORY]   (default: beside this file)
"""
import os
import sys

import numpy as np

HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


def main():
    grid = np.arange(24).reshape(2, 3, 4)
    np.save(path('f32.npy'), grid.astype('<f4') * 0.5 - 3)
    np.save(path('fortran.npy'), np.asfortranarray(grid.astype('<i4')))
    np.save(path('big_endian.npy'), grid.astype('>f8') + 0.25)
    np.save(path('big_endian_fortran.npy'), np.asfortranarray(grid.astype('>i2')))
    np.save(path('scalar.npy'), np.float64(2.5))
    np.save(path('empty.npy'), np.zeros((3, 0, 2), '<u2'))
    np.save(path('vector.npy'), np.array([True, False, True]))
    for version in (2, 3):
        with open(path('v%d.npy' % version), 'wb') as f:
            np.lib.format.write_array(f, grid.astype('<i8') - 5, version=(version, 0))
    np.save(path('objects.npy'), np.array([{'a': 1}], dtype=object), allow_pickle=True)
    np.save(path('text.npy'), np.array(['a', 'b']))
    np.save(path('record.npy'), np.zeros(2, dtype=[('a', '<f4'), ('b', '<i4')]))
    data = open(path('f32.npy'), 'rb').read()
    open(path('truncated.npy'), 'wb').write(data[:-4])
    open(path('huge.npy'), 'wb').write(data.replace(b"(2, 3, 4), }" + b' ' * 19,
                                                    b'(9223372036854775807, 3, 4), }' + b' '))
    open(path('negative.npy'), 'wb').write(data.replace(b'(2, 3, 4)', b'(2,-3, 4)'))
    arrays = {
        'f16': grid.astype('<f2'),
        'u8': grid.astype('u1'),
        'layer/weight': grid.astype('<f4'),
        'c64': (grid + 1j * grid).astype('<c8'),
    }
    np.savez(path('arrays.npz'), **arrays)
    np.savez_compressed(path('compressed.npz'), **arrays)


if __name__ == '__main__':
    main()
