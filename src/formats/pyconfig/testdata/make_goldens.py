#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes FILE.golden beside each config named, as mmcv 1.7.2 or mmengine 0.10 (whichever this Python
has) reads it. mmcv: child.py chosen.py expressions.py texts.py language.py data.json not_finite.json yaml/child.yaml;
mmengine: v1_base.py lazy/child.py lazy/merge.py lazy/functions.py."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../scripts'))
from compare_configs import reference  # noqa: E402

for path in sys.argv[1:]:
    with open(path + '.golden', 'w', encoding='utf-8') as out:
        json.dump(reference(path), out, indent=1, ensure_ascii=False)
        out.write('\n')
