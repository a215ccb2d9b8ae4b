#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the packages of this folder with our own converter.

    make_packages.py [--verify] MMDEPLOY    MMDEPLOY is the command line program of a build

--verify makes them again in a scratch folder and compares; it writes nothing here.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDENS = 'codebases/mmcls/models/testdata'
SOURCE = f'{GOLDENS}/mmcls/clshead'
FILES = ('deploy.json', 'pipeline.json', 'detail.json', 'end2end.onnx')


def convert(program, backend, folder):
    command = [program, 'convert', f'configs/mmcls/classification_{backend}_dynamic.py',
               f'{SOURCE}/config.py', f'{SOURCE}/checkpoint.pth', f'{GOLDENS}/photos/chelsea.jpg',
               '--work-dir', folder, '--dump-info', '--verify', 'none',
               '--classes', 'tests/packages/names.txt']
    # From the root, so that the paths in detail.json are those of the repository.
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def pack(folder, top, method, path):
    """A zip archive that does not depend on the time of day."""
    with zipfile.ZipFile(path, 'w') as archive:
        for name in FILES:
            info = zipfile.ZipInfo(top + name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.external_attr = 0o644 << 16
            with open(os.path.join(folder, name), 'rb') as file:
                archive.writestr(info, file.read())


def make(program, target):
    tiny = os.path.join(target, 'tiny')
    shutil.rmtree(tiny, ignore_errors=True)
    convert(program, 'reference', tiny)
    pack(tiny, 'tiny/', zipfile.ZIP_DEFLATED, os.path.join(target, 'tiny.zip'))
    with tempfile.TemporaryDirectory() as scratch:
        convert(program, 'onnxruntime', scratch)
        pack(scratch, '', zipfile.ZIP_STORED, os.path.join(target, 'tiny_onnxruntime.zip'))


def content(path):
    """Zip archives by what they hold: another zlib compresses to other bytes."""
    if not path.endswith('.zip'):
        with open(path, 'rb') as file:
            return file.read()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def verify(program):
    made = [f'tiny/{name}' for name in FILES] + ['tiny.zip', 'tiny_onnxruntime.zip']
    with tempfile.TemporaryDirectory() as scratch:
        make(program, scratch)
        stale = [name for name in made
                 if content(os.path.join(scratch, name)) != content(os.path.join(HERE, name))]
    if stale:
        sys.exit(f'make_packages.py: differs from what the converter makes: {", ".join(stale)}')


def main():
    words = [word for word in sys.argv[1:] if word != '--verify']
    if len(words) != 1:
        sys.exit(__doc__.strip())
    program = os.path.abspath(words[0])
    if '--verify' in sys.argv:
        verify(program)
    else:
        make(program, HERE)


if __name__ == '__main__':
    main()
