#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [PART...]: measures against the peers and prints a ratio from the same run. Parts: convert preprocess sdk tasks folder
# video load size reference graph detectors operators openvino ncnn torchscript (all by default). Medians of interleaved runs; ROUNDS
# (default 7) of each. See bench/README.md.
set -eu
. "$(dirname "$0")/../scripts/lib.sh"

rounds=${ROUNDS:-7}
build=build/release
work=$root/build/bench
results=$work/results.txt
cache=$(cache_folder)
ours=$root/$build/lib/libmmdeploy.so.0
cli=$root/$build/bin/mmdeploy

# median: of the numbers on standard input, one a line.
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# value KEY FILE: the numbers of KEY=NUMBER in FILE.
value() { tr ' ' '\n' <"$2" | sed -n "s/^$1=//p"; }

# row WHAT OURS PEER UNIT TARGET: prints the ratio and whether it is reached.
row() {
  awk -v what="$1" -v ours="$2" -v peer="$3" -v unit="$4" -v target="$5" 'BEGIN {
    ratio = ours / peer
    printf "%-62s %10.3f %10.3f %-4s ratio %7.4f  target <= %6.4f  %s\n", what, ours, peer, unit, ratio, target,
           ratio <= target ? "reached" : "NOT REACHED" }' | tee -a "$results"
}

# The peer's SDK, a wheel that is unpacked and not installed.
peer_sdk() {
  peer=$cache/bench/mmdeploy-runtime-1.3.1/mmdeploy_runtime
  [ ! -f "$peer/libmmdeploy.so.1" ] || return 0
  say "fetching mmdeploy-runtime 1.3.1"
  partial=$cache/bench/.partial.$$
  mkdir -p "$partial"
  python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
    --implementation cp --python-version 3.11 --platform manylinux2014_x86_64 --dest "$partial" mmdeploy-runtime==1.3.1 ||
    die "could not fetch mmdeploy-runtime 1.3.1"
  mkdir -p "$cache/bench/mmdeploy-runtime-1.3.1"
  unzip -q -o "$partial"/mmdeploy_runtime-*.whl -d "$cache/bench/mmdeploy-runtime-1.3.1"
  rm -rf "$partial"
}

# The peer's image library in a Python of its own.
peer_opencv() {
  opencv=$cache/bench/opencv-4.7.0.72
  [ ! -f "$opencv/ready" ] || return 0
  say "fetching opencv-python-headless 4.7.0.72"
  python3 -m pip install --quiet --disable-pip-version-check --no-input --target "$opencv" --only-binary=:all: \
    opencv-python-headless==4.7.0.72 'numpy<2' pillow==9.5.0 || die "could not fetch opencv-python-headless 4.7.0.72"
  touch "$opencv/ready"
}

prepare() {
  eval "$(scripts/assets.sh --print-env)"
  cmake_build release >/dev/null
  cmake --build --preset release --target bench_programs >/dev/null
  mkdir -p "$work"
  keys=codebases/mmcls/models/testdata/keys/mmcls
  [ -f "$work/resnet18.pth" ] || "$build/bin/bench_make_checkpoint" $keys/resnet18.txt "$work/resnet18.pth"
  [ -f "$work/mobilenet_v2.pth" ] || "$cli" checkpoint rename --rules demo/torchvision_mobilenet_v2.rules \
    "$MMDEPLOY_ASSETS/checkpoints/mobilenet_v2-b0353104.pth" "$work/mobilenet_v2.pth" >/dev/null
  # The same pictures for both sides: resized as OpenCV does it, since the original's SDK knows no other way.
  convert resnet18 bench/resnet18_8xb32_in1k.py resnet18
  convert mobilenet_v2 demo/mobilenet-v2_8xb32_in1k.py mobilenet_v2 --cfg-options data.test.pipeline.1.backend=cv2
  [ -f "$work/photo.raw" ] || head -c $((640 * 427 * 3)) /dev/urandom >"$work/photo.raw"
}

# convert NAME CONFIG CHECKPOINT [OPTION...]: a package, without verification.
convert() {
  name=$1 config=$2 checkpoint=$work/$3.pth
  shift 3
  "$cli" convert configs/mmcls/classification_onnxruntime_dynamic.py "$config" "$checkpoint" \
    "$MMDEPLOY_ASSETS/images/chelsea.png" --work-dir "$work/$name" --dump-info --verify none "$@" >/dev/null
}

# seconds COMMAND...: wall time and peak memory of one run, "SECONDS KIB".
seconds() { /usr/bin/time -f '%e %M' -o "$work/time" "$@" >/dev/null 2>&1 && cat "$work/time"; }

part_convert() {
  say "config + checkpoint to package, --verify none, whole process"
  for model in resnet18 mobilenet_v2; do
    : >"$work/convert.txt"
    i=0
    while [ $i -lt "$rounds" ]; do
      begin=$(date +%s%N)
      case $model in
        resnet18) convert resnet18 bench/resnet18_8xb32_in1k.py resnet18 ;;
        *) convert mobilenet_v2 demo/mobilenet-v2_8xb32_in1k.py mobilenet_v2 ;;
      esac
      echo "$begin $(date +%s%N)" | awk '{ print ($2 - $1) / 1e9 }' >>"$work/convert.txt"
      i=$((i + 1))
    done
    mine=$(median <"$work/convert.txt")
    peer=17
    note="recorded floor of deploy.py"
    if [ -n "${MMDEPLOY_PEER_PYTHON:-}" ] && [ -n "${MMDEPLOY_PEER_ROOT:-}" ]; then
      config=$(find "$(dirname "$MMDEPLOY_PEER_PYTHON")/.." -path "*mmcls/.mim/configs/$(
        [ $model = resnet18 ] && echo resnet/resnet18_8xb32_in1k || echo mobilenet_v2/mobilenet-v2_8xb32_in1k).py")
      begin=$(date +%s%N)
      "$MMDEPLOY_PEER_PYTHON" "$MMDEPLOY_PEER_ROOT/tools/deploy.py" \
        "$MMDEPLOY_PEER_ROOT/configs/mmcls/classification_onnxruntime_dynamic.py" "$config" "$work/$model.pth" \
        "$MMDEPLOY_ASSETS/images/chelsea.png" --work-dir "$work/peer-$model" --device cpu --dump-info >"$work/peer.log" 2>&1 ||
        say "deploy.py failed; its log is build/bench/peer.log"
      peer=$(echo "$begin $(date +%s%N)" | awk '{ print ($2 - $1) / 1e9 }')
      note="deploy.py, one run"
    else
      say "MMDEPLOY_PEER_PYTHON and MMDEPLOY_PEER_ROOT are not set: deploy.py is not run, its recorded floor of 17 s is used"
    fi
    row "$model: convert against $note" "$mine" "$peer" s 0.02
    size=$(stat -c %s "$work/$model.pth")
    peak=$(/usr/bin/time -f %M "$cli" convert configs/mmcls/classification_onnxruntime_dynamic.py \
      "$([ $model = resnet18 ] && echo bench/resnet18_8xb32_in1k.py || echo demo/mobilenet-v2_8xb32_in1k.py)" \
      "$work/$model.pth" "$MMDEPLOY_ASSETS/images/chelsea.png" --work-dir "$work/$model" --dump-info --verify none \
      2>&1 >/dev/null | tail -n 1)
    row "$model: peak memory against 2x the checkpoint + 30 MB" "$(echo "$peak" | awk '{ print $1 / 1000 }')" \
      "$(echo "$size" | awk '{ print 2 * $1 / 1e6 + 30 }')" MB 1
  done
}

part_preprocess() {
  say "640x427 photo to network input, one thread, against OpenCV 4.7"
  peer_opencv
  : >"$work/fused.txt"
  : >"$work/opencv.txt"
  i=0
  while [ $i -lt "$rounds" ]; do
    "$build/bin/fused_bench" >>"$work/fused.txt"
    PYTHONPATH=$opencv python3 src/kernels/testdata/fused_bench.py >>"$work/opencv.txt"
    i=$((i + 1))
  done
  best=$(awk '/cv2 bilinear 256/ { isa = $(NF - 2) } END { print isa }' "$work/fused.txt")
  ms() { grep "$1" "$2" | sed 's/ ms.*//' | awk '{ print $NF }' | median; }
  row "to 224x224 NCHW float, cv2 bilinear ($best)" "$(grep "$best" "$work/fused.txt" >"$work/best.txt"; ms 'cv2.*224' "$work/best.txt")" \
    "$(ms 'cv2.*224' "$work/opencv.txt")" ms 0.3333
  row "to 800x1216 padded NCHW float ($best)" "$(ms 'cv2.*1216' "$work/best.txt")" "$(ms 'cv2.*1216' "$work/opencv.txt")" ms 0.25
}

# stages PROFILE: median microseconds of pre- plus post-processing a call.
stages() {
  awk '
    /^----$/ { events = 1; next }
    !events { name[$2] = $1; next }
    $2 == 0 { begin[$1 " " $3] = $4; next }
    { if (name[$1] == "Compose" || name[$1] == "postprocess") sum[$3] += $4 - begin[$1 " " $3] }
    END { for (i in sum) if (i >= 10) print sum[i] }' "$1" | median
}

part_sdk() {
  say "classifier calls, both with the peer's libonnxruntime 1.15.1"
  peer_sdk
  for model in resnet18 mobilenet_v2; do
    for side in ours peer; do : >"$work/stages-$side.txt"; : >"$work/calls-$side.txt"; done
    i=0
    while [ $i -lt "$rounds" ]; do
      for side in ours peer; do
        library=$ours
        [ $side = ours ] || library=$peer/libmmdeploy.so.1
        MMDEPLOY_ONNXRUNTIME_LIBRARY=$peer/libonnxruntime.so.1.15.1 "$build/bin/bench_sdk" "$library" "$work/$model" \
          "$work/photo.raw" 427 640 60 "$work/profile.txt" >/dev/null 2>&1
        stages "$work/profile.txt" >>"$work/stages-$side.txt"
        MMDEPLOY_ONNXRUNTIME_LIBRARY=$peer/libonnxruntime.so.1.15.1 taskset -c 1 "$build/bin/bench_sdk" "$library" "$work/$model" \
          "$work/photo.raw" 427 640 40 2>/dev/null >>"$work/calls-$side.txt"
      done
      i=$((i + 1))
    done
    row "$model: pre- plus post-processing stages" "$(median <"$work/stages-ours.txt" | awk '{ print $1 / 1000 }')" \
      "$(median <"$work/stages-peer.txt" | awk '{ print $1 / 1000 }')" ms 0.5
    row "$model: one core, whole call" "$(value median_ms "$work/calls-ours.txt" | median)" \
      "$(value median_ms "$work/calls-peer.txt" | median)" ms 0.55
  done
}

part_load() {
  say "package to first answer, whole program; peak memory"
  peer_sdk
  for model in resnet18 mobilenet_v2; do
    for side in ours peer bare; do : >"$work/first-$side.txt"; done
    i=0
    while [ $i -lt "$rounds" ]; do
      MMDEPLOY_ONNXRUNTIME_LIBRARY=$peer/libonnxruntime.so.1.15.1 "$build/bin/bench_sdk" "$ours" "$work/$model" \
        "$work/photo.raw" 427 640 1 2>/dev/null >>"$work/first-ours.txt"
      "$build/bin/bench_sdk" "$peer/libmmdeploy.so.1" "$work/$model" "$work/photo.raw" 427 640 1 2>/dev/null >>"$work/first-peer.txt"
      "$build/bin/bench_ort" "$peer/libonnxruntime.so.1.15.1" "$work/$model/end2end.onnx" "$(nproc)" 1 >>"$work/first-bare.txt"
      i=$((i + 1))
    done
    row "$model: package to first answer" "$(value first_ms "$work/first-ours.txt" | median)" \
      "$(value first_ms "$work/first-peer.txt" | median)" ms 0.8
    row "$model: peak memory against bare ONNX Runtime + 5 MB" \
      "$(value peak_kib "$work/first-ours.txt" | median | awk '{ print $1 * 1.024 / 1000 }')" \
      "$(value peak_kib "$work/first-bare.txt" | median | awk '{ print $1 * 1.024 / 1000 + 5 }')" MB 1
  done
}

part_size() {
  say "libmmdeploy, stripped"
  strip -o "$work/libmmdeploy.stripped" "$ours"
  row "libmmdeploy.so, stripped" "$(stat -c %s "$work/libmmdeploy.stripped" | awk '{ print $1 / 1e6 }')" 41.29 MB 0.0484
  readelf -d "$ours" | sed -n 's/.*NEEDED.*\[\(.*\)\]/  needs \1/p' | tee -a "$results"
}

# shellcheck source=bench/graph_tools.sh
. "$root/bench/graph_tools.sh"
# shellcheck source=bench/networks.sh
. "$root/bench/networks.sh"
# shellcheck source=bench/tasks.sh
. "$root/bench/tasks.sh"
# shellcheck source=bench/video.sh
. "$root/bench/video.sh"
# shellcheck source=bench/detectors.sh
. "$root/bench/detectors.sh"
# shellcheck source=bench/openvino.sh
. "$root/bench/openvino.sh"
# shellcheck source=bench/ncnn.sh
. "$root/bench/ncnn.sh"
# shellcheck source=bench/torchscript.sh
. "$root/bench/torchscript.sh"

[ $# -gt 0 ] || set -- convert preprocess sdk tasks folder video load size reference graph detectors operators openvino ncnn torchscript
mkdir -p "$work"
: >"$results"
prepare
for part in "$@"; do "part_$part"; done
say "the rows are in build/bench/results.txt"
