#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The include law holds; see docs/architecture.md.
cd "$(dirname "$0")/../.." || exit 1
exec python3 scripts/check_includes.py
