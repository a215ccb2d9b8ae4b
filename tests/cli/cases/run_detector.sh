# SPDX-License-Identifier: Apache-2.0
# Boxes, masks, limits, batches, pictures drawn.
need_engine
TASKS=$SOURCE/tests/tasks
detect() { mmdeploy run detector "$TASKS/packages/detection_yolox" "$@" --json; }
detect "$TASKS/photos/cat.png" --topk 2
detect "$TASKS/photos/cat.png" "$TASKS/photos/cup.png" --score-thr 0.38 --batch 2 --streams 2 >batch
detect "$TASKS/photos/cat.png" --score-thr 0.38 >single
detect "$TASKS/photos/cup.png" --score-thr 0.38 >>single
cmp single batch
grep -o label_id single | wc -l
mmdeploy run detector "$TASKS/packages/instance-seg_mask-rcnn" "$TASKS/photos/cat.png" --json --topk 2 --save out --draw drawn
head -c 128 out/cat.instance_masks.npy | tr -d '\223\000-\010' | cut -c7-80
wc -c <out/cat.instance_masks.npy
ls out drawn
try mmdeploy run detector "$TASKS/packages/segmentation_fcn" "$TASKS/photos/cat.png"
try detect "$TASKS/photos/cat.png" --score-thr 2
try detect "$TASKS/photos/cat.png" --palette pastel --draw drawn
echo --- classes: the package has no names
short() { sed 's/, "bbox[^]]*]//g; s/.*"results"/"results"/'; }
detect "$TASKS/photos/cat.png" --topk 3 | short
detect "$TASKS/photos/cat.png" --topk 1 --classes 1,2 | short
printf 'cat\r\ndog\ncow\npig\n' >names.txt
detect "$TASKS/photos/cat.png" --topk 1 --classes dog,cow --class-names names.txt --draw named.png --palette '#ff0000,#00ff00' | short
ls named.png
try detect "$TASKS/photos/cat.png" --classes hen --class-names names.txt 2>&1 | tail -n 2
try detect "$TASKS/photos/cat.png" --classes hen 2>&1 | tail -n 2
try detect "$TASKS/photos/cat.png" --class-names missing.txt
try detect "$TASKS/photos/cat.png" --draw drawn --palette '#ff'
