# SPDX-License-Identifier: Apache-2.0
"""mmdeploy-runtime 1.3.1's pose tracker on a clip out of order, so that people are lost and found again.

    python make_recovery_golden.py

writes recovery.json in the form of tests/tasks/goldens/pose-tracker/sdk.json, with "photos".
"""
import json
import os

import cv2
import mmdeploy_runtime as runtime

HERE = os.path.dirname(os.path.abspath(__file__))
TASKS = os.path.join(HERE, '../../../tasks')
ORDER = [1, 1, 4, 2, 7, 3, 3, 8, 5, 1]
# What differs from the defaults: low thresholds, as the nets know no people; boxes grow, so that they meet again.
SETTINGS = dict(det_interval=1, det_thr=.3, det_nms_thr=.6, det_min_bbox_size=4, pose_min_keypoints=12,
                pose_max_num_bboxes=4, pose_bbox_scale=2.0, pose_nms_thr=.6, track_iou_thr=.1, track_max_missing=3)


def track(tracker, photos):
    state = tracker.create_state(**SETTINGS)
    frames = []
    for photo in photos:
        frames.append([dict(track_id=int(number), bbox=[float('%.9g' % v) for v in box],
                            keypoints=[[float('%.9g' % v) for v in p] for p in points])
                       for points, box, number in zip(*tracker(state, cv2.imread(os.path.join(TASKS, photo))))])
    return frames


def main():
    packages = [f'{TASKS}/packages/pose-tracker_{name}_1x' for name in ('rtmdet', 'rtmpose')]
    tracker = runtime.PoseTracker(*packages, 'cpu', 0)
    photos = [f'photos/clip/img_{k:05}.png' for k in ORDER]
    seen = []  # the runtime's Python classes lose an answer now and then
    while len(seen) < 2 or seen.count(seen[-1]) < 2:
        seen.append(track(tracker, photos))
        assert len(seen) < 10
    with open(f'{HERE}/recovery.json', 'w') as file:
        file.write('{\n "settings": %s,\n "photos": %s,\n "frames": [\n' % (json.dumps(SETTINGS), json.dumps(photos)))
        file.write(',\n'.join('  ' + json.dumps(f) for f in seen[-1]) + '\n ]\n}\n')
    print([[p['track_id'] for p in f] for f in seen[-1]])


main()
