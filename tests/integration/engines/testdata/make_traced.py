# SPDX-License-Identifier: Apache-2.0
"""Writes traced.pt (PyTorch 1.13) and prints the first results for 0, 1, 2 … as a picture of 5 x 6."""
import os

import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, padding=1, bias=False)
        torch.nn.init.constant_(self.conv.weight, 0.1)

    def forward(self, x):
        y = torch.relu(self.conv(x))
        return y, y.sum(dim=(2, 3))


x = torch.arange(90.0).reshape(1, 3, 5, 6)
net = torch.jit.trace(Net().eval(), x)
torch.jit.save(net, os.path.join(os.path.dirname(os.path.abspath(__file__)), "traced.pt"))
y, s = net(x)
print(y.flatten()[:3].tolist(), s.flatten()[0].item())
