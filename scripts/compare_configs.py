#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares our reading of config files with mmcv's or mmengine's own Config.fromfile.

usage: compare_configs.py [options] [NAME=FOLDER...]

The reference is a Python that has mmcv 1.x or mmengine: --python, or the variable
MMDEPLOY_REFERENCE_PYTHON (several are separated by ':'). All OpenMMLab packages installed there are
compared, and the folders named; a FOLDER is read by the last reference. Prints a Markdown table and
a line for each file that is not equal. Exit status 1 if a file is unequal that EXPECTED (below)
does not name.

  --bench PROGRAM    pyconfig_bench [build/bin/pyconfig_bench]
  --python PYTHON    a reference; may be given again
  --packages A,B     only these packages
  --install DIR      fetch the configs first: pip installs the pinned packages, without what they
                     depend on, to DIR/mmcv and DIR/mmengine (nothing else is changed)
  --keep DIR         keep the reference's answers there and use those of an earlier run
  --jobs N           readers at work at a time [2]
"""
import argparse
import concurrent.futures
import json
import math
import os
import subprocess
import sys
import warnings

PINNED = {
    'mmcv': ['mmcls==0.25.0', 'mmdet==2.28.2', 'mmsegmentation==0.30.0', 'mmocr==0.6.3', 'mmpose==0.29.0', 'mmedit==0.16.1',
             'mmrotate==0.3.4', 'mmaction2==0.24.1', 'mmdet3d==1.0.0rc6'],
    'mmengine': ['mmpretrain==1.2.0', 'mmdet==3.3.0', 'mmsegmentation==1.2.2', 'mmocr==1.0.1', 'mmpose==1.3.2', 'mmyolo==0.6.0'],
}
SUFFIXES = ('.py', '.json', '.yml', '.yaml')

# Unequal files and why: (part of "package: path", reason).
EXPECTED = [
    ('mmagic: configs/animatediff/', 'a random seed beyond 64 bits is read as the nearest float'),
    ('odinw/override_category.py', 'a program among the configs; its functions and modules are no values'),
]


# --- the reference's side: runs under the Python that has mmcv or mmengine -----------------------


def plain(value):
    """The JSON form: tuples as arrays, sets sorted, keys as strings, inf and nan as strings."""
    if type(value).__name__ in ('LazyAttr', 'LazyObject') and hasattr(value, 'module'):
        return f'{value.module}.{value}'
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in dict.items(value)}
    if isinstance(value, (list, tuple, range)):
        return [plain(v) for v in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(v) for v in value), key=lambda v: (str(type(v)), v))
    if isinstance(value, float) and not math.isfinite(value):
        return 'nan' if value != value else 'inf' if value > 0 else '-inf'
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if type(value).__module__ == 'datetime':
        return str(value)
    return getattr(value, '__name__', type(value).__name__)


def reference(path):
    """What the original makes of a config file, in the JSON form."""
    try:
        from mmengine.config import Config
    except ImportError:
        from mmcv import Config
    return plain(Config.fromfile(path, import_custom_modules=False).to_dict())


def answer_paths():
    """Worker: a path a line on stdin, a JSON line on stdout for each."""
    warnings.filterwarnings('ignore')
    out, sys.stdout = sys.stdout, sys.stderr
    for path in sys.stdin.read().splitlines():
        try:
            answer = {'value': reference(path)}
        except BaseException as error:  # a config is a program: it may raise anything
            answer = {'error': f'{type(error).__name__}: {str(error)[:160]}'}
        print(json.dumps(answer), file=out, flush=True)


def tell_packages():
    """Worker: which library this Python has, and its packages with their config folders."""
    import importlib.metadata as metadata
    names = {'mmaction2': 'mmaction', 'mmsegmentation': 'mmseg'}
    wanted = {p.split('==')[0] for list_ in PINNED.values() for p in list_} | {'mmagic'}
    found = {}
    for item in metadata.distributions():
        name = (item.metadata['Name'] or '').lower()
        folder = os.path.join(str(item.locate_file('')), names.get(name, name), '.mim')
        if name in wanted and os.path.isdir(folder):
            found.setdefault(name, [f'{name} {item.version}', folder])
    try:
        library = 'mmengine ' + metadata.version('mmengine')
    except metadata.PackageNotFoundError:
        library = 'mmcv'
    print(json.dumps({'library': library.split()[0], 'packages': sorted(found.values())}))


# --- our side ------------------------------------------------------------------------------------


def install(folder):
    for library, packages in PINNED.items():
        for package in packages:
            target = os.path.join(folder, library)
            done = subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--upgrade', '--target', target, package])
            if done.returncode:
                print(f'{package} cannot be installed; left out', file=sys.stderr)


class Reference:
    """A Python with mmcv or mmengine."""

    def __init__(self, python, options):
        self.python, self.keep, self.jobs = python, options.keep, options.jobs
        self.environment = dict(os.environ, PYTHONDONTWRITEBYTECODE='1')
        told = json.loads(self.call(['--worker-packages'], ''))
        if options.install:
            self.environment['PYTHONPATH'] = os.path.abspath(os.path.join(options.install, told['library']))
            told = json.loads(self.call(['--worker-packages'], ''))
        self.library, self.packages = told['library'], told['packages']

    def call(self, arguments, text):
        command = [self.python, os.path.abspath(__file__), *arguments]
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)
        if done.returncode:
            sys.exit(f'{self.python}: {done.stderr[-2000:]}')
        return done.stdout

    def read(self, name, paths):
        kept = os.path.join(self.keep, f'{self.library}-{name}.jsonl'.replace(' ', '-')) if self.keep else ''
        if kept and os.path.exists(kept):
            with open(kept, encoding='utf-8') as lines:
                known = dict(json.loads(line) for line in lines)
            if set(paths) <= set(known):
                return [known[path] for path in paths]
        parts = [paths[i::self.jobs] for i in range(self.jobs)]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            texts = pool.map(lambda part: self.call(['--worker'], '\n'.join(part)), parts)
        answers = {}
        for part, text in zip(parts, texts):
            answers.update(zip(part, map(json.loads, text.splitlines())))
        if kept:
            os.makedirs(self.keep, exist_ok=True)
            with open(kept, 'w', encoding='utf-8') as out:
                out.writelines(json.dumps([path, answers[path]]) + '\n' for path in paths)
        return [answers[path] for path in paths]


def read_ours(bench, paths):
    """For each path: (what it reads as or None, message, note about printing)."""
    done = subprocess.run([bench], input='\n'.join(paths) + '\n', stdout=subprocess.PIPE, text=True, check=True)
    lines = iter(done.stdout.split('\n'))
    for _ in paths:
        line = next(lines)
        if line[:1] == 'J':
            yield json.loads(line[2:]), '', next(lines)
        else:
            yield None, line[2:], ''


def difference(ours, theirs, where=''):
    """The first difference in words, or None. The order of keys counts."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs):
            missing, extra = [k for k in theirs if k not in ours], [k for k in ours if k not in theirs]
            return f'{where}: keys ' + (f'missing {missing} extra {extra}' if missing or extra else 'in another order')
        pairs = [(f'{where}.{key}', ours[key], theirs[key]) for key in ours]
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f'{where}: {len(ours)} items, not {len(theirs)}'
        pairs = [(f'{where}[{i}]', *both) for i, both in enumerate(zip(ours, theirs))]
    else:
        same = type(ours) is type(theirs) and ours == theirs
        return None if same else f'{where}: {ours!r:.60}, not {theirs!r:.60}'
    return next(filter(None, (difference(a, b, place) for place, a, b in pairs)), None)


def files_of(folder):
    for directory, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            in_configs = '/configs/' in f'{directory}/' or name == 'model-index.yml' or '/.mim' not in directory
            if name.endswith(SUFFIXES) and in_configs:
                yield os.path.join(directory, name)


def compare(name, folder, reference_, bench):
    """Counts of one package, and its lines (path, why)."""
    paths = list(files_of(folder))
    counts = dict(files=len(paths), valid=0, read=0, equal=0, printed=0)
    lines = []
    for path, theirs, (ours, message, note) in zip(paths, reference_.read(name, paths), read_ours(bench, paths)):
        short = f'{name.split()[0]}: {os.path.relpath(path, folder)}'
        if 'error' in theirs:
            why = message or 'we read it'
            lines.append(('refused', short, f'{theirs["error"]}; ours: {why.replace(os.path.dirname(path) + "/", "")}'))
            continue
        found = f'unread: {message}' if ours is None else difference(ours, theirs['value'])
        counts['valid'] += 1
        counts['read'] += ours is not None
        counts['equal'] += not found
        counts['printed'] += note == 'P ok'
        if found:
            lines.append(('unequal', short, found))
        elif note != 'P ok':
            lines.append(('print', short, note[2:]))
    return counts, lines


def reason_of(short):
    return next((reason for part, reason in EXPECTED if part in short), None)


def report(rows, lines):
    total = {key: sum(counts[key] for _, counts in rows) for key in rows[0][1]}
    print('| package | files | refused by the original | read | equal | % | printed and read back |')
    print('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
    for name, c in [*rows, ('all', total)]:
        share = 100 * c['equal'] / max(c['valid'], 1)
        print(f'| {name} | {c["files"]} | {c["files"] - c["valid"]} | {c["read"]} | {c["equal"]} | {share:.1f} | {c["printed"]} |')
    for kind in ('unequal', 'print', 'refused'):
        for _, short, why in (line for line in lines if line[0] == kind):
            print(f'{kind}: {short}: {why}' + (f' [{reason_of(short)}]' if reason_of(short) else ''))
    return any(kind == 'unequal' and not reason_of(short) for kind, short, _ in lines)


def main():
    if '--worker' in sys.argv:
        return answer_paths()
    if '--worker-packages' in sys.argv:
        return tell_packages()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--bench', default='build/bin/pyconfig_bench')
    parser.add_argument('--python', action='append')
    parser.add_argument('--packages', default='')
    parser.add_argument('--install', metavar='DIR')
    parser.add_argument('--keep', metavar='DIR')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('folders', nargs='*', metavar='NAME=FOLDER')
    options = parser.parse_args()
    pythons = options.python or [p for p in os.environ.get('MMDEPLOY_REFERENCE_PYTHON', '').split(':') if p]
    if not pythons:
        parser.error('no reference: --python or MMDEPLOY_REFERENCE_PYTHON names a Python with mmcv or mmengine')
    if options.install:
        install(options.install)
    references = [Reference(python, options) for python in pythons]
    wanted = [(name, folder, r) for r in references for name, folder in r.packages]
    wanted += [(*folder.split('=', 1), references[-1]) for folder in options.folders]
    only = options.packages.split(',') if options.packages else None
    rows, lines = [], []
    for name, folder, reference_ in wanted:
        if only and name.split()[0] not in only:
            continue
        counts, found = compare(name, folder, reference_, options.bench)
        rows.append((name, counts))
        lines += found
        print(f'{name}: {counts["equal"]} of {counts["valid"]} equal', file=sys.stderr)
    if not rows:
        parser.error('no package found')
    return report(rows, lines)


if __name__ == '__main__':
    sys.exit(main())
