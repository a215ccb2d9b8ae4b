# SPDX-License-Identifier: Apache-2.0
# What is the same everywhere: engines and compilers are there or not.
mmdeploy backends | grep -E '^(backend|null|reference|coreml) '
mmdeploy backends --json | grep -o '{"name": "null"[^}]*}'
mmdeploy backends | cut -d ' ' -f 1 | grep -c -E '^(ascend|rknn|snpe|tensorrt|tvm)$'
echo ---
mmdeploy ops | grep -E '^(Conv|mmdeploy::AdaptiveAvgPool2d) ' | grep -o 'reference null'
mmdeploy ops | grep -E '^(Conv|NonZero) ' | cut -d ' ' -f 1
mmdeploy ops --backend null
mmdeploy ops --backend onnxruntime | grep -E '^(DeformConv|Scatter|mmdeploy::NMSMatch) '
mmdeploy ops --backend onnxruntime --json | grep -o '{"domain": "", "name": "Upsample"[^}]*}'
try mmdeploy ops --backend abacus 2>&1 | sed 's/;.*/;/'
try mmdeploy ops --plugin missing.so
