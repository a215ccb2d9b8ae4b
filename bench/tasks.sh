# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Parts "tasks" and "folder" of run.sh.
# Part "tasks": what stands before and behind the network of each task, against the original's SDK. The networks answer
# constants (make_task_packages.py), so that only these stages differ; both sides load the peer's libonnxruntime 1.15.1.

# A Python with onnx: the one of the part "graph".
task_packages() {
  [ ! -f "$work/tasks/text/end2end.onnx" ] || return 0
  peer_graph_tools
  "$tools/bin/python" bench/make_task_packages.py "$work/tasks" || die "the packages of the tasks could not be made"
}

# task_stages WHICH PROFILE: median milliseconds a call of the scopes WHICH, names joined by |.
task_stages() {
  awk -v which="^($1)\$" '
    /^----$/ { events = 1; next }
    !events { name[$2] = $1; next }
    $2 == 0 { begin[$1 " " $3] = $4; next }
    { if (name[$1] ~ which) sum[$3] += $4 - begin[$1 " " $3] }
    END { for (i in sum) if (i >= 10) print sum[i] / 1000 }' "$2" | median
}

# task NAME API HEIGHT WIDTH SCOPES TARGET: one row.
task() {
  for side in ours peer; do : >"$work/task-$side.txt"; done
  i=0
  while [ $i -lt "$rounds" ]; do
    for side in ours peer; do
      library=$ours
      [ $side = ours ] || library=$peer/libmmdeploy.so.1
      MMDEPLOY_ONNXRUNTIME_LIBRARY=$peer/libonnxruntime.so.1.15.1 "$build/bin/bench_task" "$library" "$2" "$work/tasks/$1" \
        "$3" "$4" 30 "$work/profile.txt" >/dev/null 2>"$work/task.log" || die "$1: $side failed; its log is build/bench/task.log"
      task_stages "$5" "$work/profile.txt" >>"$work/task-$side.txt"
    done
    i=$((i + 1))
  done
  row "$1 $4x$3: $5" "$(median <"$work/task-ours.txt")" "$(median <"$work/task-peer.txt")" ms "$6"
}

part_tasks() {
  say "stages of the tasks, networks that answer constants"
  peer_sdk
  task_packages
  task detection detector 427 640 'Compose|postprocess' 0.5
  task segmentation segmentor 1024 2048 'Compose|postprocess' 0.5
  task pose pose_detector 427 640 'Compose|postprocess' 0.5
  task masks detector 800 1333 postprocess 0.3333
  task text text_detector 736 1280 postprocess 0.3333
}

# The photos of the assets ten times over.
folder_photos() {
  photos=$work/photos
  [ ! -d "$photos" ] || return 0
  mkdir -p "$photos.partial"
  for i in 0 1 2 3 4 5 6 7 8 9; do
    for photo in "$MMDEPLOY_ASSETS"/images/imagenet_*.jpg; do cp "$photo" "$photos.partial/${i}_${photo##*/}"; done
  done
  mv "$photos.partial" "$photos"
}

# folder_ours OUT OPTION...: seconds of the whole program.
folder_ours() {
  out=$1
  shift
  begin=$(date +%s%N)
  MMDEPLOY_ONNXRUNTIME_LIBRARY=$peer/libonnxruntime.so.1.15.1 taskset -c 0,1 "$cli" run classifier "$work/mobilenet_v2" "$photos" \
    --json "$@" >/dev/null 2>"$work/folder.log" || die "run failed; its log is build/bench/folder.log"
  echo "$begin $(date +%s%N)" | awk '{ print ($2 - $1) / 1e9 }' >>"$out"
}

# folder_peer OUT STREAMS: seconds without the start of Python.
folder_peer() {
  PYTHONPATH=$opencv:$cache/bench/mmdeploy-runtime-1.3.1 taskset -c 0,1 python3 bench/peer_folder.py "$work/mobilenet_v2" "$photos" \
    "$2" 2>/dev/null | sed -n 's/^seconds=//p' >>"$1"
}

part_folder() {
  say "a folder of 200 JPEGs with MobileNetV2, decoding included, two processors, each side's best setting"
  peer_sdk
  peer_opencv
  folder_photos
  for setting in ours-1 ours-2 ours-4 peer-1 peer-2; do : >"$work/folder-$setting.txt"; done
  i=0
  while [ $i -lt "$rounds" ]; do
    folder_ours "$work/folder-ours-1.txt" --streams 1 --threads 1
    folder_peer "$work/folder-peer-1.txt" 1
    folder_ours "$work/folder-ours-2.txt" --streams 2
    folder_peer "$work/folder-peer-2.txt" 2
    folder_ours "$work/folder-ours-4.txt" --streams 4 --threads 1
    i=$((i + 1))
  done
  best() { for name in "$@"; do median <"$work/folder-$name.txt"; done | sort -g | head -n 1; }
  row "200 JPEGs, MobileNetV2" "$(best ours-1 ours-2 ours-4)" "$(best peer-1 peer-2)" s 0.7692
  row "the same: 4 streams against 1 with one thread" "$(best ours-4)" "$(best ours-1)" s 0.5556
}
