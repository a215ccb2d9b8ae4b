# SPDX-License-Identifier: Apache-2.0
# Writes numbers.txt: "d BITS TEXT" and "f BITS TEXT", the repr of Python floats and of NumPy's
# float32 (NumPy 1.23). Usage: python make_numbers.py [COUNT] > numbers.txt
import random
import struct
import sys

import numpy as np

rng = random.Random(7)
count = int(sys.argv[1]) if len(sys.argv) > 1 else 150

def bits64(x):
    return struct.unpack('<Q', struct.pack('<d', x))[0]

def bits32(x):
    return struct.unpack('<I', struct.pack('<f', x))[0]

doubles = [0.0, -0.0, 1.0, 0.1, -0.5, 1e-4, 9.999e-5, 1e-5, 1e15, 1e16, 123456789012345680.0, 1e22, 1e23,
           9007199254740993.0, 5e-324, 1.5e-323, 2.2250738585072014e-308, 1.7976931348623157e308,
           2.0**-44, 2.0**-1022, 2.0**1000, 1 / 3, 2 / 3, 100000.0, 1234567.0, 0.001, 123.456,
           float('inf'), float('-inf'), float('nan')]
doubles += [2.0**rng.randint(-1070, 1020) for _ in range(count)]
doubles += [struct.unpack('<d', struct.pack('<Q', rng.getrandbits(64)))[0] for _ in range(count)]
doubles += [rng.uniform(-1000, 1000) for _ in range(count)]
doubles += [round(rng.uniform(-1000, 1000), rng.randint(0, 6)) for _ in range(count)]
for x in doubles:
    if x == x or x is doubles[29]:
        print('d %016x %r' % (bits64(x), x))

floats = [0.0, 1.0, 0.1, 1e-5, 16777216.0, 3.4028235e38, 1e-45, 1.1754944e-38, 1 / 3, 123.675, 58.395]
floats += [2.0**rng.randint(-149, 127) for _ in range(count)]
floats += [rng.uniform(-300, 300) for _ in range(count)]
floats += [struct.unpack('<f', struct.pack('<I', rng.getrandbits(32)))[0] for _ in range(count)]
for x in floats:
    x = np.float32(x)
    if np.isfinite(x):
        print('f %08x %r' % (bits32(x), x))
