# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Parts "detectors" and "operators" of run.sh: full-size detectors of mmdet against MMDeploy 0.14's converter, and custom operators
# against its library inside the same ONNX Runtime. What needs the original is left out, and said, where MMDEPLOY_PEER_PYTHON and
# MMDEPLOY_PEER_ROOT do not name it.

figures=tests/integration/detector_figures/testdata

has_peer() { [ -n "${MMDEPLOY_PEER_PYTHON:-}" ] && [ -n "${MMDEPLOY_PEER_ROOT:-}" ]; }

# deploy_of MODEL: the deploy config, which both sides have under one name.
deploy_of() {
  case $1 in
    mask*) echo mmdet/instance-seg/instance-seg_onnxruntime_dynamic.py ;;
    *) echo mmdet/detection/detection_onnxruntime_dynamic.py ;;
  esac
}

# detector_words MODEL: our command; weights on which there are detections, or those that have the shapes alone.
detector_words() {
  echo "$cli convert configs/$(deploy_of "$1") $figures/$1.py $work/$1.pth $MMDEPLOY_ASSETS/images/chelsea.png" \
    "--work-dir $work/$1 --dump-info --verify none"
}

# prepare_detector MODEL: the checkpoint. Weights on which there are detections need the original's stack.
prepare_detector() {
  if has_peer; then
    [ -f "$work/calibrated-$1/checkpoint.pth" ] || "$MMDEPLOY_PEER_PYTHON" scripts/parity/full_size.py weights "$1" "$work/calibrated-$1" \
      >"$work/peer.log" 2>&1 || die "$1: no weights; the log is build/bench/peer.log"
    cp "$work/calibrated-$1/checkpoint.pth" "$work/$1.pth"
  else
    "$cli" checkpoint convert $figures/"$1".pth "$work/$1.pth" >/dev/null
  fi
}

# detector_conversion MODEL RECORDED: time and memory of the whole process.
detector_conversion() {
  : >"$work/detector.txt"
  i=0
  while [ $i -lt "$rounds" ]; do
    # shellcheck disable=SC2046 # words
    seconds $(detector_words "$1") >>"$work/detector.txt"
    i=$((i + 1))
  done
  peer=$2 note="deploy.py's recorded time"
  if has_peer; then
    begin=$(date +%s%N)
    "$MMDEPLOY_PEER_PYTHON" "$MMDEPLOY_PEER_ROOT/tools/deploy.py" "$MMDEPLOY_PEER_ROOT/configs/$(deploy_of "$1")" "$figures/$1.py" \
      "$work/$1.pth" "$MMDEPLOY_ASSETS/images/chelsea.png" --work-dir "$work/peer-$1" --device cpu --dump-info >"$work/peer.log" 2>&1 ||
      say "$1: deploy.py failed; its log is build/bench/peer.log"
    peer=$(echo "$begin $(date +%s%N)" | awk '{ print ($2 - $1) / 1e9 }') note="deploy.py, one run"
  fi
  row "$1: convert against $note" "$(cut -d ' ' -f 1 "$work/detector.txt" | median)" "$peer" s 0.02
  row "$1: peak memory against 2x the checkpoint + 50 MB" \
    "$(cut -d ' ' -f 2 "$work/detector.txt" | median | awk '{ print $1 * 1.024 / 1000 }')" \
    "$(stat -c %s "$work/$1.pth" | awk '{ print 2 * $1 / 1e6 + 50 }')" MB 1
}

# detector_nodes MODEL RECORDED: against what onnxslim leaves of the original's, as recorded.
detector_nodes() {
  nodes=$("$cli" inspect "$work/$1/end2end.onnx" | awk '$1 == "nodes" { print $2 }')
  row "$1: nodes against the original's behind onnxslim" "$nodes" "$2" "" 0.8
}

# detector_post_processing MODEL: what stands behind the dense head.
detector_post_processing() {
  if ! has_peer || [ ! -f "$work/peer-$1/end2end.onnx" ]; then
    say "$1: without the original's network its post-processing is not compared"
    return 0
  fi
  "$MMDEPLOY_PEER_PYTHON" bench/post_processing.py "$work/$1/end2end.onnx" "$work/peer-$1/end2end.onnx" \
    "$work/calibrated-$1/input.npy" "$rounds" >"$work/post.txt" 2>"$work/peer.log" || die "$1: post_processing.py failed; see build/bench/peer.log"
  read -r nodes peer_nodes ms peer_ms _ <"$work/post.txt"
  row "$1: post-processing nodes, files as written" "$nodes" "$peer_nodes" "" 0.3333
  row "$1: post-processing, one thread, profile" "$ms" "$peer_ms" ms 0.8
}

part_detectors() {
  say "detectors at full size"
  has_peer || say "MMDEPLOY_PEER_PYTHON and MMDEPLOY_PEER_ROOT are not set: recorded times of deploy.py, no post-processing"
  while read -r model recorded nodes; do
    prepare_detector "$model"
    detector_conversion "$model" "$recorded"
    detector_nodes "$model" "$nodes"
    detector_post_processing "$model"
  done <<EOF
retinanet_r50 70.2 748
faster_rcnn_r50 34.7 982
mask_rcnn_r50 42.8 1152
EOF
}

# The original's library is in the wheel mmdeploy 1.3.1.
peer_operators() {
  operators=$cache/bench/mmdeploy-1.3.1/mmdeploy/lib/libmmdeploy_onnxruntime_ops.so
  [ ! -f "$operators" ] || return 0
  say "fetching mmdeploy 1.3.1"
  partial=$cache/bench/.partial.$$
  mkdir -p "$partial" "$cache/bench/mmdeploy-1.3.1"
  python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: --dest "$partial" \
    --platform manylinux2014_x86_64 --implementation py --abi none mmdeploy==1.3.1 || die "could not fetch mmdeploy 1.3.1"
  unzip -q -o "$partial"/mmdeploy-*.whl 'mmdeploy/lib/*' -d "$cache/bench/mmdeploy-1.3.1"
  rm -rf "$partial"
}

part_operators() {
  say "custom operators, both libraries in one ONNX Runtime"
  peer_operators
  python=${MMDEPLOY_PEER_PYTHON:-}
  [ -n "$python" ] || { peer_graph_tools && python=$tools/bin/python; }
  cmake --build --preset release --target mmdeploy_onnxruntime_ops >/dev/null
  "$python" bench/custom_ops.py "$root/$build/lib/libmmdeploy_onnxruntime_ops.so" "$operators" "$((3 * rounds))" >"$work/operators.txt"
  while read -r name ms peer_ms gap; do
    row "$name (difference $gap)" "$ms" "$peer_ms" ms 0.2
  done <"$work/operators.txt"
}
