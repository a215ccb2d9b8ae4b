# SPDX-License-Identifier: Apache-2.0
# Videos in and out, and what happens in them.
need_engine
TASKS=$SOURCE/tests/tasks
VIDEO=$SOURCE/src/media/testdata/videos/mpeg4.mp4
detect() { mmdeploy run detector "$TASKS/packages/detection_yolox" "$@"; }
results() { sed 's/"results".*/"results"/'; }
detect "$VIDEO" --json --draw out --streams 2 --batch 3 | results
detect out/mpeg4.mp4 --json --frames 2 --draw again.avi | results
detect "$VIDEO" "$TASKS/photos/cup.png" --json --save arrays --frames 1 | results
ls out arrays again.avi
# A clip of eight frames, of a video or of the folder that holds them.
mmdeploy run video-recognizer "$TASKS/packages/video_tsn" "$TASKS/photos/clip" --json
mmdeploy run video-recognizer "$TASKS/packages/video_tsn" "$VIDEO" --json --num-clips 8 | results
cp "$DATA/alpha.png" broken.mp4
try detect missing.mp4
try detect broken.mp4
try detect "$VIDEO" --draw out.txt/x.mp4 --frames 1 | results
try detect /dev/video99
