# SPDX-License-Identifier: Apache-2.0
# Without the engines that not every build has.
mmdeploy check-env | awk '/^[^ ]/ { is_other = /^(openvino|ncnn|torchscript|tvm):/ } !is_other'
mmdeploy check-env --json | grep -o '"\(null\|reference\)": {"found": true'
