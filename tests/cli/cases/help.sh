# SPDX-License-Identifier: Apache-2.0
mmdeploy --help
