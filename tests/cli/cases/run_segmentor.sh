# SPDX-License-Identifier: Apache-2.0
# Label maps; a restored picture; in one piece and in tiles.
need_engine
TASKS=$SOURCE/tests/tasks
mmdeploy run segmentor "$TASKS/packages/segmentation_fcn" "$TASKS/photos/cat.png" --json --save out --draw drawn.png
head -c 128 out/cat.mask.npy | tr -d '\223\000-\010' | cut -c7-80
wc -c <out/cat.mask.npy
mmdeploy run segmentor "$TASKS/packages/segmentation_fcn" "$TASKS/photos/cat.png" --tile 128x96 --json | tr ',' '\n' | grep -c pixels
restore() { mmdeploy run restorer "$TASKS/packages/restoration_esrgan" "$TASKS/photos/cat.png" "$@"; }
restore --save whole
restore --save tiled --tile 64x64,16 --batch 3 --json
cmp whole/cat.image.npy tiled/cat.image.npy
cmp whole/cat.image.png tiled/cat.image.png
ls out whole .
try restore --tile 64
try restore --tile 64x64,64
