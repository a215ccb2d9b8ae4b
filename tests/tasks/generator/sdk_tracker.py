# SPDX-License-Identifier: Apache-2.0
"""The runtime's pose tracker over frames: sdk_tracker.py DETECTOR POSE OUT.json PHOTO..."""
import sys

import answers
import cv2
import mmdeploy_runtime as runtime
from jsontext import save_json

# What differs from the defaults: low thresholds, as the nets know no people.
SETTINGS = dict(det_interval=3, det_thr=.3, det_nms_thr=.6, det_min_bbox_size=4,
                pose_min_keypoints=3, pose_max_num_bboxes=4, pose_nms_thr=.6,
                track_iou_thr=.3, track_max_missing=3)


def track(tracker, photos):
    state = tracker.create_state(**SETTINGS)
    frames = []
    for photo in photos:
        people = []
        for points, box, number in zip(*tracker(state, cv2.imread(photo))):
            people.append({'track_id': int(number), 'bbox': answers.numbers(box),
                           'keypoints': [answers.numbers(p) for p in points]})
        frames.append(people)
    return frames


def main():
    detector, pose, out, *photos = sys.argv[1:]
    tracker = runtime.PoseTracker(detector, pose, 'cpu', 0)
    seen = []
    while seen.count(track(tracker, photos)) < 2:  # see steady() of sdk.py
        seen.append(track(tracker, photos))
        assert len(seen) < 10
    frames = max(seen, key=seen.count)
    save_json(out, {'settings': SETTINGS, 'frames': frames})
    print([[p['track_id'] for p in f] for f in frames])


if __name__ == '__main__':
    main()
