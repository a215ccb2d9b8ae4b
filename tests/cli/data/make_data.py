# SPDX-License-Identifier: Apache-2.0
"""Makes the pictures and archives of this folder: python make_data.py. Needs Pillow, NumPy and OpenCV."""
import io
import os
import zipfile

import cv2
import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


def scene(height, width):
    """A picture with some structure: colour ramps and a disc."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    disc = ((x - width * 0.6)**2 + (y - height * 0.4)**2) < (height * 0.25)**2
    image = np.stack([255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1), 128 + 0 * x], axis=-1)
    image[disc] = (250, 120, 30)
    return image.round().astype(np.uint8)


def main():
    rgb = scene(60, 80)
    image = Image.fromarray(rgb)
    image.convert('L').save(path('gray.png'), optimize=True)
    Image.fromarray(rgb[:1, :1]).save(path('one_pixel.png'))
    Image.fromarray(scene(1, 30000)).save(path('wide.png'), optimize=True)
    image.convert('CMYK').save(path('cmyk.jpg'), quality=90)
    cv2.imwrite(path('deep.png'), rgb[:, :, ::-1].astype(np.uint16) * 257)
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 100, np.uint8)])
    Image.fromarray(alpha, 'RGBA').save(path('alpha.png'), optimize=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path('exif.jpg'), quality=90, exif=exif)
    np.savez_compressed(path('zeros.npz'), input=np.zeros((1, 3, 64, 64), 'f4'), output=np.zeros((1, 12), 'f4'))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, 'w') as file:
        file.writestr(zipfile.ZipInfo('../deploy.json'), '{}')
    with open(path('dotdot.zip'), 'wb') as file:
        file.write(archive.getvalue())


if __name__ == '__main__':
    main()
