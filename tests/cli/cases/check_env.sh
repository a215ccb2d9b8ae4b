# SPDX-License-Identifier: Apache-2.0
mmdeploy check-env
mmdeploy check-env --json | grep -o '"[a-z]*": {"found": true'
