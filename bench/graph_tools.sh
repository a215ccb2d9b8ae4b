# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Part "graph" of run.sh: `mmdeploy optimize` against onnxsim, onnxslim and onnxoptimizer.

# The peers, in a Python of their own.
peer_graph_tools() {
  tools=$cache/bench/graph-tools-1
  [ ! -f "$tools/ready" ] || return 0
  say "fetching onnxsim 0.8.1, onnxslim 0.1.98, onnxoptimizer 0.4.2"
  python3 -m venv "$tools" || die "no python3-venv"
  "$tools/bin/pip" install --quiet --disable-pip-version-check --no-input --only-binary=:all: \
    onnxsim==0.8.1 onnxslim==0.1.98 onnxoptimizer==0.4.2 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6 ||
    die "could not fetch the graph tools"
  touch "$tools/ready"
}

# measure PEER IN OUT: "SECONDS KIB" of the whole process, or nothing when it fails.
measure() {
  rm -f "$3"
  case $1 in
    ours) seconds "$cli" optimize "$2" "$3" --verify none ;;
    cp) seconds cp "$2" "$3" ;;
    onnxoptimizer) seconds "$tools/bin/python" bench/onnxoptimizer_run.py "$2" "$3" ;;
    *) seconds "$tools/bin/$1" "$2" "$3" ;;
  esac || true
}

# export_ours NAME CONFIG KEYS [OPTION...]: our converter's export with random weights.
export_ours() {
  name=$1 config=$2 keys=codebases/mmcls/models/testdata/keys/mmcls/$3.txt
  shift 3
  [ -f "$work/$name.pth" ] || "$build/bin/bench_make_checkpoint" "$keys" "$work/$name.pth"
  [ -f "$work/$name/end2end.onnx" ] || convert "$name" "$config" "$name" "$@"
}

# export_peer NAME CONFIG: MMDeploy's own export of a detector.
export_peer() {
  [ ! -f "$work/peer-$1.onnx" ] || return 0
  [ -n "${MMDEPLOY_PEER_PYTHON:-}" ] && [ -n "${MMDEPLOY_PEER_ROOT:-}" ] || return 0
  "$MMDEPLOY_PEER_PYTHON" bench/peer_export.py "$MMDEPLOY_PEER_ROOT" "$2" "$MMDEPLOY_ASSETS/images/chelsea.png" \
    "$work/peer-$1.onnx" >"$work/peer.log" 2>&1 || say "$1: the peer's export failed; its log is build/bench/peer.log"
}

# graph_model KIND FILE SHAPES: all rows of one file. KIND "below" wants fewer nodes than the best peer, "equal" at most as many.
graph_model() {
  kind=$1 file=$2 shapes=$3
  [ -f "$file" ] || { say "no $file"; return 0; }
  name=$(basename "$file" .onnx)
  [ "$name" != end2end ] || name=$(basename "$(dirname "$file")")
  out=$work/graph
  mkdir -p "$out"
  for side in ours cp onnxsim onnxslim onnxoptimizer; do : >"$out/$side.txt"; done
  i=0
  while [ $i -lt "$rounds" ]; do
    measure ours "$file" "$out/ours.onnx" >>"$out/ours.txt"
    measure cp "$file" "$out/cp.onnx" >>"$out/cp.txt"
    i=$((i + 1))
  done
  for peer in onnxsim onnxslim onnxoptimizer; do measure $peer "$file" "$out/$peer.onnx" >>"$out/$peer.txt"; done
  "$tools/bin/python" bench/compare_onnx.py "$file" "$shapes" "$out/ours.onnx" "$out/onnxsim.onnx" "$out/onnxslim.onnx" \
    "$out/onnxoptimizer.onnx" >"$out/nodes.txt" 2>"$out/nodes.log" || die "compare_onnx.py failed; its log is $out/nodes.log"
  graph_rows
}

# of LINE COLUMN: of nodes.txt.
of() { sed -n "$1p" "$out/nodes.txt" | cut -d ' ' -f "$2-"; }

graph_rows() {
  size=$(stat -L -c %s "$file")
  time=$(cut -d ' ' -f 1 "$out/ours.txt" | median) copy=$(cut -d ' ' -f 1 "$out/cp.txt" | median)
  memory=$(cut -d ' ' -f 2 "$out/ours.txt" | median)
  verified=$("$cli" optimize "$file" "$out/verified.onnx" | tail -n 2 | tr '\n' ' ')
  best=$(sed -n '3,5p' "$out/nodes.txt" | cut -d ' ' -f 1 | grep -v '^-' | sort -g | head -n 1)
  slim=$(cut -d ' ' -f 1 "$out/onnxslim.txt")
  {
    echo "$name: $(of 1 1 | cut -d ' ' -f 1) nodes, $size bytes; ours: $(of 2 1)"
    line=3
    for peer in onnxsim onnxslim onnxoptimizer; do
      echo "  $peer: $(of $line 1), $(awk '{ printf "%s s, %.0f MB", $1, $2 / 1000 }' "$out/$peer.txt")"
      line=$((line + 1))
    done
    echo "  $verified"
  } | tee -a "$results"
  case $(of 2 2) in
    not-run) echo "  ONNX Runtime cannot run the file" ;;
    *e-0[4-9] | *e-[1-9][0-9] | 0.0e+00) ;;
    *) echo "$name: WRONG RESULT: $(of 2 2)" | tee -a "$results" ;;
  esac
  [ -z "$best" ] || row "$name: nodes, against the best peer" "$(of 2 1 | cut -d ' ' -f 1)" "$best" "" "$([ "$kind" = below ] && echo 0.9999 || echo 1)"
  row "$name: time, against onnxslim / 20, 2x cp, 15 ms" "$time" \
    "$(echo "${slim:-0} $copy" | awk '{ limit = 0.015; if ($1 / 20 > limit) limit = $1 / 20; if (2 * $2 > limit) limit = 2 * $2; print limit }')" s 1
  row "$name: peak memory, against 1.5x the file + 16 MB" "$(echo "$memory" | awk '{ print $1 * 1.024 / 1000 }')" \
    "$(echo "$size" | awk '{ print 1.5 * $1 / 1e6 + 16 }')" MB 1
}

# A file of 500 MB: reading and writing is all there is to do.
graph_disk() {
  say "500 MB of weights, read and written, against cp"
  [ -f "$work/weights.onnx" ] || "$tools/bin/python" bench/make_onnx.py 500000000 "$work/weights.onnx"
  : >"$work/disk-ours.txt"
  : >"$work/disk-cp.txt"
  i=0
  while [ $i -lt "$rounds" ]; do
    measure ours "$work/weights.onnx" "$work/weights-ours.onnx" >>"$work/disk-ours.txt"
    measure cp "$work/weights.onnx" "$work/weights-cp.onnx" >>"$work/disk-cp.txt"
    i=$((i + 1))
  done
  rm -f "$work/weights-ours.onnx" "$work/weights-cp.onnx"
  row "500 MB read and written, against cp" "$(cut -d ' ' -f 1 "$work/disk-ours.txt" | median)" \
    "$(cut -d ' ' -f 1 "$work/disk-cp.txt" | median)" s 1.2
  row "500 MB, peak memory, against 1.5x the file + 16 MB" "$(cut -d ' ' -f 2 "$work/disk-ours.txt" | median | awk '{ print $1 * 1.024 / 1000 }')" 766 MB 1
}

part_graph() {
  say "optimize, against onnxsim, onnxslim and onnxoptimizer"
  peer_graph_tools
  networks=$MMDEPLOY_ASSETS/networks
  export_ours resnet50 bench/resnet18_8xb32_in1k.py resnet50 --cfg-options model.backbone.depth=50 model.head.in_channels=2048
  export_ours vit_base_p16 bench/vit_base_p16_in1k.py vit-base-p16
  graph_model equal "$work/resnet50/end2end.onnx" -
  graph_model equal "$work/mobilenet_v2/end2end.onnx" -
  graph_model equal "$work/vit_base_p16/end2end.onnx" input=1x3x224x224
  graph_model below "$networks/yolox_nano.onnx" -
  graph_model below "$networks/yolov8n_320n.onnx" -
  graph_model below "$networks/ppocrv4_det.onnx" -
  graph_model below "$networks/ppocrv4_rec.onnx" x=1x3x48x64
  graph_model below "$networks/ppocr_cls.onnx" x=1x3x48x192
  graph_model equal "$networks/silero_vad.onnx" input=1x512,state=2x1x128,sr=16000
  export_peer retinanet_r50 retinanet/retinanet_r50_fpn_1x_coco.py
  export_peer yolox_nano yolox/yolox_nano_8x8_300e_coco.py
  export_peer faster_rcnn_r50 faster_rcnn/faster_rcnn_r50_fpn_1x_coco.py
  for file in "$work"/peer-*.onnx; do
    [ ! -f "$file" ] || graph_model below "$file" input=1x3x320x320
  done
  for file in "${MMDEPLOY_BENCH_NETWORKS:-/nonexistent}"/*.onnx; do
    [ ! -f "$file" ] || graph_model equal "$file" -
  done
  graph_disk
}
