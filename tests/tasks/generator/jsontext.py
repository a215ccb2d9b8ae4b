# SPDX-License-Identifier: Apache-2.0
"""JSON with one line for each list without objects in it."""
import json


def text_of(value, indent=0):
    pad = ' ' * (indent + 1)
    if isinstance(value, dict):
        rows = [f'{pad}{json.dumps(k)}: {text_of(v, indent + 1)}' for k, v in value.items()]
        flat = '{' + ', '.join(r.strip() for r in rows) + '}'
        return flat if len(flat) < 120 and '\n' not in flat else \
            '{\n' + ',\n'.join(rows) + '\n' + ' ' * indent + '}'
    if isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value):
        rows = [pad + text_of(v, indent + 1) for v in value]
        return '[\n' + ',\n'.join(rows) + '\n' + ' ' * indent + ']'
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def save_json(path, value):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text_of(value) + '\n')
