#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All sources are formatted.
exec "$(dirname "$0")/../format.sh" --check
