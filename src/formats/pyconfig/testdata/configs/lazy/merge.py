# SPDX-License-Identifier: Apache-2.0
from mmengine.config import read_base

with read_base():
    from .base import *

model.merge(dict(norm=dict(_delete_=True, type='LN'), fresh=dict(_delete_=True, a=dict(b=1)), extra=dict(c=[1])))
model.merge(dict(extra=dict(d=2)))
