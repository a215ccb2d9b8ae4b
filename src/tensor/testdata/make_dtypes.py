# SPDX-License-Identifier: Apache-2.0
# Writes dtypes.txt: "load TYPE BITS F64BITS" and "store TYPE F32BITS BITS", from NumPy (f16) and
# the reference conversions of onnx 1.14 (bf16, 8-bit floats, saturating).
# Usage: python make_dtypes.py > dtypes.txt
import random
import struct

import numpy as np
from onnx import helper, numpy_helper

rng = random.Random(11)

def bits64(x):
    return struct.unpack('<Q', struct.pack('<d', x))[0]

def bits32(x):
    return struct.unpack('<I', struct.pack('<f', x))[0]

def from_bits32(b):
    return struct.unpack('<f', struct.pack('<I', b))[0]

small = {
    'f8e4m3fn': (lambda b: float(numpy_helper.float8e4m3_to_float32(np.array([b], np.uint8))[0]),
                 lambda x: helper.float32_to_float8e4m3(x)),
    'f8e4m3fnuz': (lambda b: float(numpy_helper.float8e4m3_to_float32(np.array([b], np.uint8), uz=True)[0]),
                   lambda x: helper.float32_to_float8e4m3(x, uz=True)),
    'f8e5m2': (lambda b: float(numpy_helper.float8e5m2_to_float32(np.array([b], np.uint8))[0]),
               lambda x: helper.float32_to_float8e5m2(x)),
    'f8e5m2fnuz': (lambda b: float(numpy_helper.float8e5m2_to_float32(np.array([b], np.uint8), fn=True, uz=True)[0]),
                   lambda x: helper.float32_to_float8e5m2(x, fn=True, uz=True)),
}
values = [0.0, -0.0, 1.0, 0.1, 448.0, 464.0, 465.0, 1e5, 57344.0, 61440.0, 240.0, 247.0, 248.0, 65504.0,
          65519.0, 65520.0, 2.0**-9, 2.0**-10, 1.5 * 2.0**-10, 2.0**-17, 2.0**-16, 2.0**-25,
          1.0001 * 2.0**-25, 2.0**-24, 2.0**-14, 3e38, -3.3]
values += [rng.uniform(-8, 8) for _ in range(60)]
values += [rng.choice([-1, 1]) * 2.0**rng.uniform(-26, 17) for _ in range(120)]
values = [from_bits32(bits32(x)) for x in values]

for name, (load, store) in small.items():
    for b in range(256):
        x = load(b)
        if x == x:
            print('load %s %02x %016x' % (name, b, bits64(x)))
    smallest = load(1)
    for x in values:
        # onnx 1.14 rounds up the tie between zero and the smallest number, and turns negative
        # numbers below it into the NaN of the fnuz types; later versions give zero.
        if x != 0 and abs(x) <= smallest / 2:
            continue
        print('store %s %08x %02x' % (name, bits32(x), store(np.float32(x))))
for b in list(range(0, 65536, 97)) + [1, 0x3ff, 0x400, 0x7bff, 0x7c00, 0xfc00, 0x8001]:
    x = float(np.array([b], np.uint16).view(np.float16)[0])
    if x == x:
        print('load f16 %04x %016x' % (b, bits64(x)))
for x in values:
    with np.errstate(over='ignore'):
        print('store f16 %08x %04x' % (bits32(x), np.float32(x).astype(np.float16).view(np.uint16)))
    b = bits32(x)
    print('store bf16 %08x %04x' % (b, (b + 0x7fff + (b >> 16 & 1)) >> 16 & 0xffff))
