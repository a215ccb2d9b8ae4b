#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the sample pictures and samples.txt, which holds what cv2.imread makes of them.

Made with opencv-python-headless 4.7.0.72, Pillow 9.5.0 and numpy 1.26.4. A line of samples.txt is
  file width height crc32(color) crc32(gray) crc32(color as stored)
with "-" for what OpenCV refuses."""
import io
import os
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'samples')


def picture(width, height, seed=0):
    """Smooth colours with some noise, so that every code path of a codec has work."""
    y, x = np.mgrid[0:height, 0:width]
    rng = np.random.RandomState(seed)
    planes = [128 + 100 * np.sin(x / (5 + c) + c) * np.cos(y / (7 - c)) for c in range(3)]
    noise = rng.randint(-20, 21, (height, width, 3))
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def save(name, image, **options):
    image.save(os.path.join(HERE, name), **options)


def write(name, data):
    with open(os.path.join(HERE, name), 'wb') as f:
        f.write(data)


def exif_block(orientation, order='<'):
    mark = b'II' if order == '<' else b'MM'
    head = mark + struct.pack(order + 'HI', 42, 8)
    return head + struct.pack(order + 'HHHIHHI', 1, 0x0112, 3, 1, orientation, 0, 0)


def jpegs():
    rgb = Image.fromarray(picture(45, 30))
    for name, sub in (('444', 0), ('422', 1), ('420', 2)):
        save(f'jpeg_{name}.jpg', rgb, quality=90, subsampling=sub)
    save('jpeg_progressive.jpg', rgb, quality=80, progressive=True)
    save('jpeg_optimized.jpg', rgb, quality=30, optimize=True)
    save('jpeg_gray.jpg', rgb.convert('L'), quality=85)
    save('jpeg_cmyk.jpg', rgb.convert('CMYK'), quality=90)
    save('jpeg_1x1.jpg', rgb.resize((1, 1)))
    for o in range(0, 10):
        for order, tag in (('<', 'le'), ('>', 'be')):
            if tag == 'be' and o not in (3, 6):
                continue
            exif = b'Exif\0\0' + exif_block(o, order)
            save(f'jpeg_exif{o}_{tag}.jpg', rgb, quality=75, exif=exif)
    exif = b'Exif\0\0' + exif_block(6)
    save('jpeg_gray_exif6.jpg', rgb.convert('L'), quality=75, exif=exif)
    buffer = io.BytesIO()
    rgb.save(buffer, 'jpeg', quality=75)
    plain = buffer.getvalue()
    xmp = b'http://ns.adobe.com/xap/1.0/\0<x/>'
    app1 = lambda body: b'\xff\xe1' + struct.pack('>H', len(body) + 2) + body
    write('jpeg_xmp_exif6.jpg', plain[:2] + app1(xmp) + app1(exif) + plain[2:])
    write('jpeg_exif_broken.jpg', plain[:2] + app1(exif[:20]) + plain[2:])
    write('jpeg_no_end.jpg', plain[:-2])
    write('jpeg_garbage_behind.jpg', plain + b'garbage' * 5)
    damaged = bytearray(plain)
    damaged[-len(plain) // 8] ^= 0x55
    write('jpeg_damaged.jpg', bytes(damaged))
    # Adobe marker with transform 2 makes YCCK of the CMYK file's four components.
    buffer = io.BytesIO()
    rgb.convert('CMYK').save(buffer, 'jpeg', quality=90)
    data = buffer.getvalue()
    at = data.index(b'Adobe')
    write('jpeg_ycck.jpg', data[:at + 11] + b'\x02' + data[at + 12:])
    # Transform 0 makes plain RGB of a file's three components.
    adobe = b'\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00'
    write('jpeg_rgb.jpg', plain[:2] + adobe + plain[20:])  # without JFIF, which would win


def png(width, height, depth, kind, rows, before=b'', behind=b'', interlace=0):
    chunk = lambda name, body: (struct.pack('>I', len(body)) + name + body +
                                struct.pack('>I', zlib.crc32(name + body)))
    header = struct.pack('>IIBBBBB', width, height, depth, kind, 0, 0, interlace)
    data = zlib.compress(b''.join(b'\0' + r for r in rows), 9)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + before + chunk(b'IDAT', data) + behind +
            chunk(b'IEND', b''))


def chunk(name, body):
    return struct.pack('>I', len(body)) + name + body + struct.pack('>I', zlib.crc32(name + body))


def pngs():
    rgb = picture(33, 21)
    image = Image.fromarray(rgb)
    save('png_rgb.png', image)
    save('png_gray.png', image.convert('L'))
    rng = np.random.RandomState(1)
    alpha = rng.randint(0, 256, (21, 33, 1)).astype(np.uint8)
    save('png_rgba.png', Image.fromarray(np.concatenate([rgb, alpha], 2)))
    save('png_gray_alpha.png', Image.fromarray(np.concatenate([rgb[..., :1], alpha], 2), 'LA'))
    save('png_palette.png', image.quantize(50))
    save('png_palette_alpha.png', image.quantize(50), transparency=3)
    save('png_1bit.png', image.convert('1'))
    save('png_rgb_transparent.png', image, transparency=tuple(int(v) for v in rgb[0, 0]))
    save('png_1x1.png', image.resize((1, 1)))
    deep = rng.randint(0, 65536, (21, 33, 4)).astype('>u2')
    for name, kind, channels in (('gray', 0, 1), ('rgb', 2, 3), ('gray_alpha', 4, 2), ('rgba', 6, 4)):
        rows = [deep[y, :, :channels].tobytes() for y in range(21)]
        write(f'png_{name}16.png', png(33, 21, 16, kind, rows))
    for depth in (2, 4):
        rows = [rng.bytes((33 * depth + 7) // 8) for _ in range(21)]
        write(f'png_gray{depth}bit.png', png(33, 21, depth, 0, rows))
        palette = chunk(b'PLTE', rng.bytes(3 << depth))
        write(f'png_palette{depth}bit.png', png(33, 21, depth, 3, rows, palette))
    rows = [rgb[y].tobytes() for y in range(21)]
    exif = chunk(b'eXIf', exif_block(6))
    write('png_exif6.png', png(33, 21, 8, 2, rows, exif))
    write('png_exif8_behind.png', png(33, 21, 8, 2, rows, b'', chunk(b'eXIf', exif_block(8, '>'))))
    srgb = chunk(b'sRGB', b'\0')
    write('png_srgb.png', png(33, 21, 8, 2, rows, srgb))
    write('png_gamma.png', png(33, 21, 8, 2, rows, chunk(b'gAMA', struct.pack('>I', 45455))))
    broken = bytearray(chunk(b'tEXt', b'a\0b'))
    broken[-1] ^= 1
    write('png_bad_text_crc.png', png(33, 21, 8, 2, rows, bytes(broken)))
    # Adam7: 8x8 has all passes.
    small = picture(8, 8)
    passes = []
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                           (1, 0, 2, 2), (0, 1, 1, 2)):
        passes += [small[y, x0::dx].tobytes() for y in range(y0, 8, dy)]
    write('png_interlaced.png', png(8, 8, 8, 2, passes, interlace=1))
    write('png_30000x1.png', png(30000, 1, 8, 0, [bytes(x * 7 % 251 for x in range(30000))]))


def webps():
    rgb = picture(34, 22)
    image = Image.fromarray(rgb)
    save('webp_lossy.webp', image, quality=80)
    save('webp_lossless.webp', image, lossless=True)
    alpha = np.random.RandomState(2).randint(0, 256, (22, 34, 1)).astype(np.uint8)
    rgba = Image.fromarray(np.concatenate([rgb, alpha], 2))
    save('webp_alpha.webp', rgba, quality=80)
    save('webp_alpha_lossless.webp', rgba, lossless=True)
    save('webp_exif6.webp', image, quality=80, exif=exif_block(6))


def bmps():
    image = Image.fromarray(picture(13, 9))
    save('bmp_rgb.bmp', image)
    save('bmp_gray.bmp', image.convert('L'))
    save('bmp_palette.bmp', image.quantize(30))
    save('bmp_1bit.bmp', image.convert('1'))
    save('bmp_rgba.bmp', image.convert('RGBA'))
    rng = np.random.RandomState(3)

    def bmp(width, height, bits, compression, extra, body, header=40):
        fields = struct.pack('<IiiHHIIiiII', header, width, height, 1, bits, compression, 0, 0, 0,
                             0, 0) + bytes(header - 40) + extra
        return (b'BM' + struct.pack('<IHHI', 14 + len(fields) + len(body), 0, 0, 14 + len(fields)) +
                fields + body)

    write('bmp_555.bmp', bmp(13, 9, 16, 0, b'', rng.bytes(28 * 9)))
    write('bmp_565.bmp', bmp(13, 9, 16, 3, struct.pack('<III', 0xf800, 0x7e0, 0x1f), rng.bytes(28 * 9)))
    write('bmp_4bit.bmp', bmp(13, 9, 4, 0, rng.bytes(64), rng.bytes(8 * 9)))
    write('bmp_top_down.bmp', bmp(13, -9, 24, 0, b'', rng.bytes(40 * 9)))
    masks = struct.pack('<III', 0xff, 0xff00, 0xff0000)
    write('bmp_masks32.bmp', bmp(13, 9, 32, 3, masks, rng.bytes(52 * 9)))
    write('bmp_v5.bmp', bmp(13, 9, 24, 0, b'', rng.bytes(40 * 9), header=124))
    os2 = struct.pack('<IHHHH', 12, 13, 9, 1, 8) + rng.bytes(768)
    write('bmp_os2.bmp', b'BM' + struct.pack('<IHHI', 14 + len(os2) + 144, 0, 0, 14 + len(os2)) +
          os2 + rng.bytes(16 * 9))


def pnms():
    rgb = picture(11, 7)
    rng = np.random.RandomState(4)
    write('pnm_p6.ppm', b'P6\n# a comment\n11 7\n255\n' + rgb.tobytes())
    write('pnm_p6_max100.ppm', b'P6 11 7 100\n' + bytes(v % 101 for v in rgb.tobytes()))
    write('pnm_p6_16bit.ppm', b'P6 11 7 65535\n' + rng.bytes(11 * 7 * 6))
    write('pnm_p5.pgm', b'P5 11 7 255\n' + rgb[..., 0].tobytes())
    write('pnm_p5_16bit.pgm', b'P5 11 7 1000\n' + rng.randint(0, 1001, 77).astype('>u2').tobytes())
    write('pnm_p4.pbm', b'P4 11 7\n' + rng.bytes(14))
    write('pnm_p3.ppm', b'P3 2 2 200\n0 1 2 100 199 200\n3 4 5\t6 7 8\n')
    write('pnm_p2.pgm', b'P2\n3 1\n# max\n15\n0 7 15\n')
    write('pnm_p2_16bit.pgm', b'P2 3 1 1000\n0 700 1000\n')
    write('pnm_p1.pbm', b'P1 5 2\n10101\n0 1 0 1 1\n')


def crc(array):
    return '-' if array is None else format(zlib.crc32(np.ascontiguousarray(array).tobytes()), '08x')


def corpora():
    """Seeds of the fuzz targets: small samples, whole and cut."""
    root = os.path.join(HERE, '..', '..', '..', '..', 'tests', 'corpus')
    chosen = dict(
        jpeg=['jpeg_420.jpg', 'jpeg_progressive.jpg', 'jpeg_ycck.jpg', 'jpeg_exif6_be.jpg', 'jpeg_gray.jpg'],
        png=['png_palette4bit.png', 'png_exif8_behind.png', 'png_interlaced.png', 'png_gray2bit.png',
             'png_gamma.png', 'png_gray_alpha16.png'],
        image=['webp_lossy.webp', 'webp_alpha_lossless.webp', 'bmp_palette.bmp', 'bmp_565.bmp', 'bmp_os2.bmp',
               'bmp_4bit.bmp', 'bmp_top_down.bmp', 'pnm_p1.pbm', 'pnm_p3.ppm', 'pnm_p4.pbm',
               'pnm_p5_16bit.pgm', 'jpeg_1x1.jpg', 'png_1x1.png'])
    for folder, names in chosen.items():
        os.makedirs(os.path.join(root, folder), exist_ok=True)
        for name in names:
            with open(os.path.join(HERE, name), 'rb') as f:
                data = f.read()
            for suffix, part in (('', data), ('.cut', data[:len(data) * 2 // 3])):
                with open(os.path.join(root, folder, name + suffix), 'wb') as f:
                    f.write(part)


def main():
    os.makedirs(HERE, exist_ok=True)
    for make in (jpegs, pngs, webps, bmps, pnms):
        make()
    cv2.imwrite(os.path.join(HERE, 'jpeg_by_opencv.jpg'), picture(33, 21)[..., ::-1])
    corpora()
    with open(os.path.join(HERE, '..', 'samples.txt'), 'w') as f:
        for name in sorted(os.listdir(HERE)):
            path = os.path.join(HERE, name)
            color = cv2.imread(path, cv2.IMREAD_COLOR)
            gray = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
            stored = cv2.imread(path, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
            height, width = (0, 0) if color is None else color.shape[:2]
            f.write(f'{name} {width} {height} {crc(color)} {crc(gray)} {crc(stored)}\n')


if __name__ == '__main__':
    main()
