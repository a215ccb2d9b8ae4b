# SPDX-License-Identifier: Apache-2.0
import torch.nn as nn
from mmengine.config import read_base

with read_base():
    from .base import *
    from .base import schedule as plan

model.update(norm=dict(num_groups=16), act=dict(type=nn.ReLU))
model.extra = [dict(a=1)]
plan[0]['begin'] = 1
