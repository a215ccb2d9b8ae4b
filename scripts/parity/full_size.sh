#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# full_size.sh BUILD  detectors at full size with random weights, our answers against PyTorch's; README.md says how
set -eu
cd "$(dirname "$0")/../.."
build=${1:?a build folder}
eval "$(scripts/assets.sh --print-env)"
status=77

# compare PYTHON WHAT NAME...: with the Python that the variable WHAT names.
compare() {
  python=$1 what=$2
  shift 2
  if [ -z "$python" ]; then
    echo "$what is not set: $* are not compared"
    return 0
  fi
  [ $status -ne 77 ] || status=0
  "$python" scripts/parity/full_size.py compare "$build" "$build/full-size" "$@" || status=1
}

compare "${MMDEPLOY_PEER_PYTHON:-}" "MMDEPLOY_PEER_PYTHON (mmdet 2)" retinanet_r50 faster_rcnn_r50 mask_rcnn_r50
compare "${MMDEPLOY_PEER_PYTHON_1X:-}" "MMDEPLOY_PEER_PYTHON_1X (mmdet 3)" rtmdet_s
exit $status
