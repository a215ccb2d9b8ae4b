# SPDX-License-Identifier: Apache-2.0
from mmengine.model import PretrainedInit

from torch.nn import GroupNorm

norm_cfg = dict(type=GroupNorm, num_groups=32)
model = dict(norm=norm_cfg, init=dict(type=PretrainedInit, checkpoint='x.pth'))
schedule = [dict(begin=0), dict(begin=5)]
