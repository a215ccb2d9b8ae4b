#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every #include of our sources against the include law (docs/architecture.md)."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# A layer may include itself, what it names, and what those may include.
LAW = {
    'base': [],
    'tensor': ['base'],
    'value': ['tensor'],
    'kernels': ['base'],
    'formats': ['value'],
    'runtime': ['value'],
    'graph': ['value'],
    'ops': ['graph', 'kernels'],
    'nn': ['ops'],
    'passes': ['ops'],
    'frontends': ['formats', 'nn'],
    'writers': ['formats', 'graph'],
    'media': ['value', 'kernels'],
    'pipeline': ['runtime', 'kernels', 'formats'],
    'sdk': ['pipeline'],
    'convert': ['frontends', 'passes', 'writers', 'pipeline', 'media'],
    'postprocess': ['value', 'kernels'],
    'models': ['nn', 'frontends', 'value'],
    'registry_run': ['postprocess', 'pipeline', 'value'],
    'registry_convert': ['models', 'target', 'convert'],
    'agreed': ['base'],
    'target': ['passes', 'writers', 'formats', 'agreed'],
    'module': ['value', 'kernels', 'agreed'],
    'module_reference': ['value', 'kernels', 'ops', 'formats', 'frontends', 'agreed'],
    'null': [],
    'tools': [],
}
# Who may include include/mmdeploy/plugin/; base only the header whose types it converts.
PLUGIN = {'runtime', 'pipeline', 'graph', 'ops', 'convert', 'target', 'agreed', 'module', 'module_reference', 'null',
          'registry_run', 'registry_convert', 'sdk'}
# Where a path "layer/..." of an include does not begin with the layer's own name.
SKIPPED = re.compile(r'(_test|_fuzz|_bench|_testing)\.[ch]$|golden_support\.h$')


def reach(layer):
    seen, todo = {layer}, [layer]
    while todo:
        for below in LAW[todo.pop()]:
            if below not in seen:
                seen.add(below)
                todo.append(below)
    return seen


def layer_of(path):
    """The layer of a source file, as a key of LAW; None where the law does not look."""
    parts = path.split('/')
    if parts[0] == 'src':
        return parts[1]
    if parts[0] == 'tools':
        return 'tools'
    if parts[0] == 'codebases':
        if parts[1].startswith('registry_'):
            return parts[1].split('.')[0]
        return 'postprocess' if parts[2] == 'postprocess' else 'models'
    if parts[0] == 'backends':
        if parts[1].startswith('registry_'):
            return parts[1].split('.')[0]
        if parts[1] == 'module.h':
            return 'agreed'
        if len(parts) == 2:
            return 'target'
        if parts[1] == 'conformance':
            return None
        if parts[1] == 'null':
            return 'null'
        if len(parts) == 3:  # what the two sides of a backend agree on
            return 'agreed'
        if parts[2] == 'target':
            return 'target'
        return 'module_reference' if parts[1] == 'reference' else 'module'
    return None


def target_layer(include):
    """The layer that an include names, or 'public' / 'plugin' / None for others (system headers)."""
    if include.startswith('mmdeploy/plugin/'):
        return 'plugin'
    if include.startswith('mmdeploy/'):
        return 'public'
    first = include.split('/')[0]
    if first in ('codebases', 'backends'):
        return layer_of(include)
    return first if os.path.isdir(os.path.join(ROOT, 'src', first)) else None


def allowed(layer, include):
    target = target_layer(include)
    if target is None or target == 'public':
        return True
    if target == 'plugin':
        return layer in PLUGIN or (layer in ('base', 'frontends') and include.endswith('plugin/common.h'))
    return target in reach(layer)


def sources():
    for top in ('src', 'codebases', 'backends', 'tools'):
        for folder, _, files in os.walk(os.path.join(ROOT, top)):
            for name in files:
                if name.endswith(('.c', '.h', '.inc')) and not SKIPPED.search(name):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def main():
    bad = 0
    count = 0
    for path in sorted(sources()):
        layer = layer_of(path)
        if layer is None:
            continue
        if layer not in LAW:
            print(f'{path}: the folder has no row in the include law')
            bad += 1
            continue
        with open(os.path.join(ROOT, path), encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if not match:
                    continue
                count += 1
                if not allowed(layer, match.group(1)):
                    print(f'{path}:{number}: {layer} may not include "{match.group(1)}"')
                    bad += 1
    print(f'{count} includes, {bad} against the law')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
