#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare_sdk.sh BUILD [--update] [NAME…]  our SDK of the build folder BUILD against mmdeploy-runtime 1.3.1; README.md says how
set -eu
cd "$(dirname "$0")/../.."
build=${1:?a build folder}
shift

eval "$(scripts/assets.sh --print-env)"
python=${MMDEPLOY_SDK_PYTHON:-}
if [ -z "$python" ]; then
  folder=$(dirname "$MMDEPLOY_ASSETS")/parity-sdk-1.3.1
  python=$folder/bin/python
  if ! "$python" -c 'import mmdeploy_runtime, cv2' 2>/dev/null; then
    echo "== making a Python environment with mmdeploy-runtime 1.3.1"
    rm -rf "$folder"
    "${MMDEPLOY_PARITY_PYTHON:-python3.11}" -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: \
      mmdeploy-runtime==1.3.1 opencv-python-headless==4.7.0.72 numpy==1.26.4
  fi
fi
cmake --build "$build" --target task_answers mmd_backend_onnxruntime mmd_backend_reference >/dev/null
exec "$python" scripts/parity/compare_sdk.py "$build" "$@"
