# SPDX-License-Identifier: Apache-2.0
# Texts: found, read, and both.
need_engine
TASKS=$SOURCE/tests/tasks
FIND=$TASKS/packages/text-detection_dbnet READ=$TASKS/packages/text-recognition_crnn
mmdeploy run text-detector "$FIND" "$TASKS/photos/page.png" --json --score-thr 0.83
mmdeploy run text-recognizer "$READ" "$TASKS/photos/word.png" --json
mmdeploy run ocr "$FIND" "$READ" "$TASKS/photos/page.png" --json --topk 2 --draw out
# Texts are read when the tiles are joined, which puts them in order.
read_page() { mmdeploy run ocr "$FIND" "$READ" "$TASKS/photos/page.png" --json "$@" | sed 's/, {/\n{/g; s/\]}$//'; }
read_page | sed 's/.*results": \[//' | sort >whole
read_page --tile 1000x1000 | sed 's/.*results": \[//' | sort | cmp - whole
read_page --tile 120x100,40 | grep '"polygon"' | grep -vc '"text"'
ls out
try mmdeploy run ocr "$READ" "$FIND" "$TASKS/photos/page.png"
try mmdeploy run ocr "$FIND" "$TASKS/photos/page.png"
