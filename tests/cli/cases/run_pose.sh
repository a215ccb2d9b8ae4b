# SPDX-License-Identifier: Apache-2.0
# Key points: in given boxes, in those of a detector, in the whole picture.
need_engine
TASKS=$SOURCE/tests/tasks
POSE=$TASKS/packages/pose-tracker_rtmpose_1x
count() { sed 's/"keypoints": \[\(\[[^]]*\],* *\)*\]/KEYPOINTS/g'; }
pose() { mmdeploy run pose-detector "$POSE" "$TASKS/photos/cat.png" --json "$@"; }
pose --bbox 10,10,100,100.5 | cut -c1-250
pose --bbox '10,10,100,100;50,50,120,150' --draw out | count
pose | count
mmdeploy run pose "$POSE" "$TASKS/photos/clip/img_00001.png" --detector "$TASKS/packages/pose-tracker_rtmdet_1x" --json | count | cut -c1-200
mmdeploy run pose-tracker "$TASKS/packages/pose-tracker_rtmdet_1x" "$POSE" "$TASKS/photos/clip" --json --draw out | count |
  grep -o 'img.*' | cut -c1-140
ls out
try pose --bbox 10,10,5,100
try pose --bbox 10,10,100,100 --detector x
try pose --skeleton octopus --draw out
