# SPDX-License-Identifier: Apache-2.0
# Pictures on standard input, one or several; the profiler's table without its numbers.
need_engine
TASKS=$SOURCE/tests/tasks
detect() { mmdeploy run detector "$TASKS/packages/detection_yolox" "$@"; }
detect - --json --topk 1 --draw out <"$TASKS/photos/cat.png"
try detect - </dev/null
cat "$TASKS/photos/cat.png" "$TASKS/photos/cup.png" "$TASKS/photos/cat.png" >many
detect - --json --topk 1 --batch 2 --draw many_out --save many_out <many
# In small pieces; behind a picture something that is none; a broken one in the middle.
{ head -c 100 many; sleep 0.2; tail -c +101 many; } | detect - --json --topk 1 >pieces
detect - --json --topk 1 <many | cmp - pieces
{ cat "$TASKS/photos/cat.png"; echo the end; } | detect - --json --topk 1
{ cat "$TASKS/photos/cat.png"; head -c 2000 "$TASKS/photos/cup.png"; } >cut
try detect - --json --topk 1 <cut
try detect - --topk 1 --draw one.png <many
ls many_out
detect "$TASKS/photos/cat.png" --topk 1 --profile trace.json --json 2>table
grep -v -e '^+' table | cut -d'|' -f2,5 | tr -s ' '
grep -c '"ph": "b"' trace.json
detect "$TASKS/photos/cat.png" --topk 1 --profile --json 2>/dev/null | wc -l
ls
