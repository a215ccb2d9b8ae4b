# SPDX-License-Identifier: Apache-2.0
from mmengine.config import read_base

with read_base():
    from .functions_base import *
    from .functions_base import doubled as twice

c = doubled(b)
hook = dict(type=sampler['type'], key=doubled, short=short)
