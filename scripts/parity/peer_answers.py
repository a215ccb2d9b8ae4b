# SPDX-License-Identifier: Apache-2.0
"""peer_answers.py PACKAGE TASK STEM BOXES PHOTO...: STEM.json and STEM.npz with what mmdeploy-runtime answers."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '../../tests/tasks/generator'))

import answers  # noqa: E402
import cv2  # noqa: E402
import mmdeploy_runtime as runtime  # noqa: E402
import sdk  # noqa: E402


def main():
    package, task, stem, boxes, *photos = sys.argv[1:]
    if task == 'Classifier':
        machine = runtime.Classifier(package, 'cpu', 0)
        seen = [machine(cv2.imread(photos[0])) for _ in range(3)]
        answers.save(stem, answers.labels(max(seen, key=len)))
    else:
        machine = getattr(runtime, task)(package, 'cpu', 0)
        answers.save(stem, sdk.steady(machine, task, photos, json.loads(boxes)))


if __name__ == '__main__':
    main()
