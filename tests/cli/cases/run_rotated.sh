# SPDX-License-Identifier: Apache-2.0
# Rotated boxes, also of tiles: no object twice.
need_engine
TASKS=$SOURCE/tests/tasks
rotated() { mmdeploy run rotated-detector "$TASKS/packages/rotated-detection_retinanet" "$TASKS/photos/cup.png" --json "$@"; }
rotated --topk 2 --draw out
rotated --tile 1000x1000 --topk 2 >tile
rotated --topk 2 >whole
cmp whole tile
rotated --tile 100x100,50 --topk 3 | grep -o rbox | wc -l
ls out
