# SPDX-License-Identifier: Apache-2.0
for command in extract edit diff 'run onnx'; do
  mmdeploy $command --help
done
