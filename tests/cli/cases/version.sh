# SPDX-License-Identifier: Apache-2.0
mmdeploy --version
# It opens none of the sister libraries.
LD_DEBUG=files mmdeploy --version 2>&1 | grep -E 'libmmdeploy_(convert|media)'
exit 0
