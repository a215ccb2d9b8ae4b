# SPDX-License-Identifier: Apache-2.0
from_base = dict(a=1)
half = 0
