# SPDX-License-Identifier: Apache-2.0
"""yolox_dynamic.txt: YOLOX-tiny of mmdet 2.28.2 as MMDeploy 0.14 exports it with detection_onnxruntime_dynamic.py, without
weights, types and names of nodes:

    mmdeploy inspect end2end.onnx --text | python3 strip_graph.py >yolox_dynamic.txt
"""
import re
import sys

KEPT = ('%input', '%dets', '%labels')
names = {}


def shorten(match):
    name = match[0]
    return name if name in KEPT else names.setdefault(name, f'%{len(names)}')


for line in sys.stdin:
    line = line.strip()
    if line.startswith('%'):
        line = re.sub(r' (name|scope) "(?:[^"\\]|\\.)*"', '', line)
        line = re.sub(r' : [a-z0-9]+\[.*$', '', line)
    print(re.sub(r'%(?:"(?:[^"\\]|\\.)*"|[A-Za-z0-9_.:/-]+)', shorten, line))
