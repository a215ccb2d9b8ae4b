# SPDX-License-Identifier: Apache-2.0
# Writes the golden files of json_test.c with Python's json: sample.json (indent=4),
# sample_line.json (one line). Usage: python make_json.py
import json

sample = {
    'empty': [[], {}, ''], 'numbers': [0, -1, 1.0, 0.1, 1e-05, 1e+16, 1e22, -2.5e-300, 9223372036854775807],
    'text': 'quote " slash \\ tab \t line \n return \r bell \x07 \x7f caf\u00e9 \u4e2d \U0001f600 </script>',
    'nested': {'a': {'b': {'c': [1, [2, [3, [None, True, False]]]]}}},
    'transforms': [{'type': 'Resize', 'size': [256, -1], 'keep_ratio': True},
                   {'type': 'Normalize', 'mean': [123.675, 116.28, 103.53], 'std': [58.395, 57.12, 57.375]}],
    '': 'empty key', 'caf\u00e9 "': 1,
}
with open('sample.json', 'w', encoding='utf-8') as f:
    json.dump(sample, f, indent=4, ensure_ascii=False)
with open('sample_line.json', 'w', encoding='utf-8') as f:
    json.dump(sample, f, ensure_ascii=False)
