# SPDX-License-Identifier: Apache-2.0
import math
from copy import deepcopy
from math import pi

from mmengine.dataset import DefaultSampler


def doubled(x):
    return x * 2


def _hidden():
    return deepcopy([math.floor(pi)])


short = lambda x: x
a = _hidden()
b = doubled(3)
sampler = dict(type=DefaultSampler)
