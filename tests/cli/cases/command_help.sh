# SPDX-License-Identifier: Apache-2.0
for command in export inspect 'config print' 'checkpoint rename' passes check-env 'run classifier'; do
  mmdeploy $command --help
done
mmdeploy checkpoint --help
mmdeploy run --help
