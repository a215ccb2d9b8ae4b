# SPDX-License-Identifier: Apache-2.0
# A picture on standard input; the profiler's table without its numbers.
need_engine
TASKS=$SOURCE/tests/tasks
detect() { mmdeploy run detector "$TASKS/packages/detection_yolox" "$@"; }
detect - --json --topk 1 --draw out <"$TASKS/photos/cat.png"
try detect - </dev/null
detect "$TASKS/photos/cat.png" --topk 1 --profile trace.json --json 2>table
grep -v -e '^+' table | cut -d'|' -f2,5 | tr -s ' '
grep -c '"ph": "b"' trace.json
detect "$TASKS/photos/cat.png" --topk 1 --profile --json 2>/dev/null | wc -l
ls
