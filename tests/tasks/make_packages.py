#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes packages/ and goldens/ with the original converters, code bases and runtime.

    make_packages.py [NAME ...]     all of generator/table.py, or some of it
    make_packages.py --photos       photos/ (wants the 0.x Python)

Environment: PYTHON_0X (0.x code bases, MMDeploy 0.14.0), PYTHON_1X (1.x code bases, MMDeploy
1.3.1), PYTHON_SDK (mmdeploy-runtime 1.3.1, OpenCV), ORIGINAL (a folder with mmdeploy-0.14.0/configs
and mmdeploy-1.3.1/configs of the original's tags), WORK (a scratch folder).
"""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = os.path.join(HERE, 'generator')
sys.path.insert(0, PARTS)

from jsontext import save_json  # noqa: E402
from table import PACKAGES  # noqa: E402

FILES = ('deploy.json', 'pipeline.json', 'detail.json', 'end2end.onnx', 'dict_file.txt')


def run(python, *arguments, folder):
    # A set's order shows in meta_keys; one thread makes sums come out the same each time.
    env = dict(os.environ, PYTHONHASHSEED='0', OMP_NUM_THREADS='1', PYTHONDONTWRITEBYTECODE='1')
    return subprocess.run([python, *arguments], cwd=folder, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def stage(verb, name, spec, folder):
    python = os.environ['PYTHON_0X' if spec['stack'] == 0 else 'PYTHON_1X']
    done = run(python, os.path.join(PARTS, 'model.py'), verb, name, os.environ['ORIGINAL'],
               folder=folder)
    with open(os.path.join(folder, verb + '.log'), 'w') as f:
        f.write(done.stdout)
    if done.returncode:
        sys.exit(f'{name}: {verb} failed:\n' + done.stdout[-3000:])
    print(*[line for line in done.stdout.splitlines() if line.startswith(name)], sep='\n')


def ask_runtime(package, stem, spec, boxes, folder):
    """The runtime's answer, or what it said before it gave up."""
    photos = [os.path.join(HERE, p) for p in spec['photos']]
    for _ in range(3):  # one crash may be chance, see README.md
        done = run(os.environ['PYTHON_SDK'], os.path.join(PARTS, 'sdk.py'), package, spec['task'],
                   stem, json.dumps(boxes), *photos, folder=folder)
        if done.returncode == 0:
            return
    said = [line.split('] ', 4)[-1] for line in done.stdout.splitlines()
            if '[error]' in line or 'what():' in line or 'Error' in line]
    with open(os.path.join(folder, stem + '.json'), 'w') as f:
        json.dump({'error': said[0].strip()[:120] if said else f'exit {done.returncode}'}, f)
        f.write('\n')


def heads(spec, folder):
    """Each head case of model.py, with the runtime's answer."""
    with open(os.path.join(folder, 'heads.json')) as f:
        cases = json.load(f)
    for case in cases:
        box, boxes = case.pop('box'), spec.get('boxes', [])
        if spec['task'] == 'PoseDetector':
            boxes = case['boxes'] = [boxes[box]]
        stem = f"head_{case['name']}"
        ask_runtime(f"heads/{case['name']}", stem, spec, boxes, folder)
        metas = os.path.join(folder, stem + '.metas.json')
        if os.path.exists(metas):
            with open(metas) as f:
                case['img_metas'] = json.load(f)
        with open(os.path.join(folder, stem + '.json')) as f:
            case['answer'] = json.load(f)
        if os.path.exists(os.path.join(folder, stem + '.npz')):
            case['arrays'] = stem + '.npz'
    return cases


def collect(name, spec, folder):
    package, golden = (os.path.join(HERE, part, name) for part in ('packages', 'goldens'))
    for target in (package, golden):
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(target)
    for file in FILES:
        if os.path.exists(os.path.join(folder, file)):
            shutil.copy(os.path.join(folder, file), package)
    with open(os.path.join(folder, 'versions.json')) as f:
        versions = json.load(f)
    meta = {'task': spec['task'], 'codebase': spec['codebase'], 'config': spec['config'],
            'photos': spec['photos'], 'seed': spec.get('seed', 0), 'versions': versions}
    if spec.get('boxes'):
        meta['clip' if spec['task'] == 'VideoRecognizer' else 'boxes'] = spec['boxes']
    save_json(os.path.join(golden, 'meta.json'), meta)
    save_json(os.path.join(golden, 'head.json'), {'cases': heads(spec, folder)})
    for file in os.listdir(folder):
        stem, end = os.path.splitext(file)
        if stem in ('pytorch', 'exported', 'sdk', 'net_output', 'edges') or \
                stem.startswith(('head_', 'codebase_')) and end == '.npz':
            shutil.copy(os.path.join(folder, file), golden)
    for what in (package, golden):
        size = sum(os.path.getsize(os.path.join(what, f)) for f in os.listdir(what))
        print(f'{os.path.relpath(what, HERE)}: {size / 1000:.0f} kB')


def make(name):
    spec = PACKAGES[name]
    folder = os.path.join(os.environ['WORK'], name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    stage('weights', name, spec, folder)
    stage('export', name, spec, folder)
    package = os.path.join(folder, 'package')
    os.makedirs(package)
    for file in FILES:
        if os.path.exists(os.path.join(folder, file)):
            shutil.copy(os.path.join(folder, file), package)
    ask_runtime('package', 'sdk', spec, spec.get('boxes', []), folder)
    collect(name, spec, folder)


def tracker():
    """The runtime's tracker on both pose-tracker packages and all frames."""
    folder = os.path.join(HERE, 'goldens', 'pose-tracker')
    os.makedirs(folder, exist_ok=True)
    nets = [os.path.join(HERE, 'packages', f'pose-tracker_{k}_1x') for k in ('rtmdet', 'rtmpose')]
    photos = sorted(os.listdir(os.path.join(HERE, 'photos/clip')))
    done = run(os.environ['PYTHON_SDK'], os.path.join(PARTS, 'sdk_tracker.py'), *nets,
               os.path.join(folder, 'sdk.json'),
               *[os.path.join(HERE, 'photos/clip', p) for p in photos], folder=HERE)
    if done.returncode:
        sys.exit('pose-tracker:\n' + done.stdout)
    save_json(os.path.join(folder, 'meta.json'), {
        'task': 'PoseTracker', 'packages': [os.path.basename(n) for n in nets],
        'photos': [f'photos/clip/{p}' for p in photos]})


def main():
    names = sys.argv[1:]
    if names == ['--photos']:
        done = run(os.environ['PYTHON_0X'], os.path.join(PARTS, 'photos.py'), folder=HERE)
        sys.exit(done.stdout if done.returncode else 0)
    for name in names or PACKAGES:
        make(name)
    if any(name.startswith('pose-tracker') for name in names or PACKAGES):
        tracker()


if __name__ == '__main__':
    main()
