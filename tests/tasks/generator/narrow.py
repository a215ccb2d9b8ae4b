# SPDX-License-Identifier: Apache-2.0
"""Narrower than a config can ask for: some channels stand in the code bases' code."""
import types

import torch


def sixteenth(n):
    return n // 16 if n >= 64 else n


class Layers(types.SimpleNamespace):
    """torch.nn for the backbone's file."""

    def __getattr__(self, name):
        return getattr(torch.nn, name)

    @staticmethod
    def Conv2d(inputs, outputs, *rest):
        return torch.nn.Conv2d(sixteenth(inputs), sixteenth(outputs), *rest)

    @staticmethod
    def BatchNorm2d(channels):
        return torch.nn.BatchNorm2d(sixteenth(channels))


def crnn(codebase_line):
    """A sixteenth of the channels."""
    if codebase_line == 0:
        from mmocr.models.textrecog.backbones import very_deep_vgg as backbone
    else:
        from mmocr.models.textrecog.backbones import mini_vgg as backbone
    from mmocr.models.textrecog.decoders import crnn_decoder as decoder
    backbone.nn = Layers()
    full = decoder.BidirectionalLSTM
    decoder.BidirectionalLSTM = lambda inputs, hidden, outputs: full(
        sixteenth(inputs), sixteenth(hidden), sixteenth(outputs))


def psenet(codebase_line):
    """FPNF's last convolution expects 1024 channels, whatever its inputs have."""
    del codebase_line
    from mmocr.models.textdet.necks import fpnf
    full = fpnf.ConvModule
    fpnf.ConvModule = lambda inputs, outputs, *rest, **more: full(
        4 * outputs if inputs == 1024 else inputs, outputs, *rest, **more)
