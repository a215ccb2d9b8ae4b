# SPDX-License-Identifier: Apache-2.0
# Key points: in given boxes, in those of a detector, in the whole picture.
need_engine
TASKS=$SOURCE/tests/tasks
POSE=$TASKS/packages/pose-tracker_rtmpose_1x
# Here, so that the length of a path does not count where lines are cut.
cp "$TASKS/photos/cat.png" .
cp -r "$TASKS/photos/clip" .
# Digits behind the point differ between processors, and so would the place of a cut.
short() { sed -E 's/([0-9])\.[0-9e-]+/\1/g' | cut -c1-"$1"; }
count() { sed 's/"keypoints": \[\(\[[^]]*\],* *\)*\]/KEYPOINTS/g'; }
pose() { mmdeploy run pose-detector "$POSE" cat.png --json "$@"; }
pose --bbox 10,10,100,100.5 | short 200
pose --bbox '10,10,100,100;50,50,120,150' --draw out | count
pose | count
mmdeploy run pose "$POSE" clip/img_00001.png --detector "$TASKS/packages/pose-tracker_rtmdet_1x" --json | count | short 200
# Several pictures a call: the same answers.
people() { mmdeploy run pose "$POSE" clip --detector "$TASKS/packages/pose-tracker_rtmdet_1x" --score-thr 0.2 --json "$@"; }
people >singles
people --batch 3 >batches
cmp singles batches
mmdeploy run pose "$POSE" clip --bbox '10,10,100,100;50,50,120,150' --json --batch 4 | count | short 80
mmdeploy run pose-tracker "$TASKS/packages/pose-tracker_rtmdet_1x" "$POSE" clip --json --draw out | count |
  grep -o 'img.*' | short 120
ls out
try pose --bbox 10,10,5,100
try pose --bbox 10,10,100,100 --detector x
try pose --skeleton octopus --draw out
