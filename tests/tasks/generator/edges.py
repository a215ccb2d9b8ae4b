# SPDX-License-Identifier: Apache-2.0
"""Net outputs that no photo gives: what a head makes of nothing, of too much and of no numbers."""
import numpy as np


def changed(outputs, key, function):
    """|outputs| with another array; the rest is shared."""
    array = outputs[key].copy()
    out = function(array)
    return dict(outputs, **{key: array if out is None else out})


def setter(index, value):
    def function(array):
        array[index] = value
    return function


def cut(outputs, count):
    return {k: v[:, :count] for k, v in outputs.items()}


def detector(outputs):
    last = (Ellipsis, outputs['dets'].shape[-1] - 1)
    width = outputs['dets'].shape[-1] - 1

    def strange(dets):
        rows = [[-50, -40, -20, -10], [900, 900, 990, 980], [30, 20, 30, 20], [60, 50, 40, 30],
                [-20, -20, 2000, 2000], [10, 10, 10.4, 10.4], [0, 0, 1, 1]]
        for i, row in enumerate(rows):
            dets[0, i, :width] = (row + [.3])[:width]

    def no_numbers(dets):
        dets[0, 0, 0], dets[0, 1, last[1]], dets[0, 2, 2] = np.nan, np.nan, np.inf

    cases = {'none': changed(outputs, 'dets', setter(last, 0)), 'empty': cut(outputs, 0),
             'one': cut(outputs, 1), 'strange': changed(outputs, 'dets', strange)}
    if 'masks' not in outputs:
        cases['nan'] = changed(outputs, 'dets', no_numbers)
    return cases


def segmentor(outputs):
    return {'pixel': {'output': outputs['output'][:, :, :1, :1]},
            'row': {'output': outputs['output'][:, :, :1]}}


def text_detector(outputs):
    x = outputs['output']
    logits = x.ndim == 4 and x.shape[1] > 3

    def blob(array):
        array[...] = -6 if logits else 0
        array[..., 8:20, 10:40] = 6 if logits else .9
        array[..., 30:33, 10:13] = 6 if logits else .9

    cases = {'none': changed(outputs, 'output', setter(Ellipsis, -9 if logits else 0)),
             'blob': changed(outputs, 'output', blob)}
    if not logits:
        cases['all'] = changed(outputs, 'output', setter(Ellipsis, .9))
    return cases


def text_recognizer(outputs):
    shape = outputs['output'].shape

    def only(index, steps=slice(None)):
        array = np.full(shape, .001, np.float32)
        array[:, steps, index] = .9
        return {'output': array}

    repeated = only(1)
    repeated['output'][:, 2::3] = only(2)['output'][:, 2::3]
    # the first and the last class: blank, padding or end, by the line and the convertor
    return {'first': only(0), 'last': only(shape[2] - 1), 'last_but_one': only(shape[2] - 2),
            'repeated': repeated}


def pose(outputs):
    if 'simcc_x' in outputs:
        low = {k: v - v.max() - 1 for k, v in outputs.items()}
        corner = {k: v.copy() for k, v in outputs.items()}
        for v in corner.values():
            v[0, 0], v[0, 1] = 0, 0
            v[0, 0, 0], v[0, 1, -1] = .9, .8
        return {'low': low, 'corner': corner}
    x = outputs['output']
    if x.ndim == 3:
        return {'outside': {'output': x * 3 - 1}}

    def corners(array):
        spots = [(0, 0), (0, -1), (-1, 0), (-1, -1), (1, 1), (2, 2), (-2, -2), (-3, 5)]
        for i, (row, column) in enumerate(spots):
            array[0, 3 * i % array.shape[1]] *= .1
            array[0, 3 * i % array.shape[1], row, column] = .9

    return {'low': {'output': x - x.max() - .1}, 'zero': {'output': x * 0},
            'corners': changed(outputs, 'output', corners)}


def restorer(outputs):
    def wild(array):
        array[...] = array * 3 - 1
        array[0, 0, 0, :4] = .5 / 255, 1.5 / 255, 2.5 / 255, 254.5 / 255
    return {'wild': changed(outputs, 'output', wild),
            'gray': {'output': outputs['output'][:, :1]}}


OF_TASK = {'Detector': detector, 'RotatedDetector': detector, 'Segmentor': segmentor,
           'TextDetector': text_detector, 'TextRecognizer': text_recognizer, 'PoseDetector': pose,
           'Restorer': restorer}
