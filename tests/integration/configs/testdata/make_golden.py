# SPDX-License-Identifier: Apache-2.0
"""Records what MMDeploy's own deploy configs say: make_golden.py CONFIGS_0X CONFIGS_1X > golden.json

Needs mmcv 1.x. COMPLETE are the folders of which we have every file; of the others only the files that we have are recorded.
"""
import json
import pathlib
import sys

from mmcv import Config

OURS = pathlib.Path(__file__).resolve().parents[4] / 'configs'
COMPLETE = ['_base_', 'mmdet']


def plain(value):
    """As JSON: tuples are lists, keys are strings."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def wanted(tree):
    for path in sorted(tree.rglob('*.py')):
        name = path.relative_to(tree).as_posix()
        if name.split('/')[0] in COMPLETE or (OURS / name).exists():
            yield name, path


def main():
    sections, files = [], {}
    for tree in sys.argv[1:]:
        for name, path in wanted(pathlib.Path(tree)):
            if name in files:
                continue
            files[name] = {}
            for key, value in plain(Config.fromfile(str(path))._cfg_dict.to_dict()).items():
                if value not in sections:
                    sections.append(value)
                files[name][key] = sections.index(value)
    lines = ['"sections": [\n' + ',\n'.join(json.dumps(s, sort_keys=True) for s in sections) + ']']
    lines += ['"files": {\n' + ',\n'.join(f'"{name}": {json.dumps(files[name])}' for name in sorted(files)) + '}']
    print('{' + ',\n'.join(lines) + '}')


if __name__ == '__main__':
    main()
