# SPDX-License-Identifier: Apache-2.0
for command in extract edit merge diff parity 'run onnx'; do
  mmdeploy $command --help
done
