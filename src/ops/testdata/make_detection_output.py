# SPDX-License-Identifier: Apache-2.0
"""Writes detection_output.txt: what ncnn's own layers answer (1.0.20261020, through its C interface).

Usage: MMDEPLOY_NCNN_LIBRARY=.../libncnn.so python make_detection_output.py
"""
import ctypes
import os
import pathlib

import numpy as np

NCNN = ctypes.CDLL(os.environ['MMDEPLOY_NCNN_LIBRARY'])
for name in ('net_create', 'option_create', 'extractor_create', 'mat_create_1d', 'mat_create_2d', 'mat_create_3d', 'mat_get_data',
             'mat_get_channel_data'):
    getattr(NCNN, 'ncnn_' + name).restype = ctypes.c_void_p


def fill(seed, scale, shift, shape):
    numbers = []
    for _ in range(int(np.prod(shape))):
        seed = (seed * 1664525 + 1013904223) & 0xffffffff
        numbers.append(((seed >> 16) / 32768 - 1) * scale + shift)
    return np.array(numbers, np.float32).reshape(shape)


def make_mat(array):
    """A batch of 1 in front is left out."""
    array = np.ascontiguousarray(array[0])
    sizes = array.shape[::-1]
    mat = ctypes.c_void_p(getattr(NCNN, f'ncnn_mat_create_{len(sizes)}d')(*sizes, None))
    for c, part in enumerate(array if array.ndim == 3 else [array]):
        data = NCNN.ncnn_mat_get_channel_data(mat, c) if array.ndim == 3 else NCNN.ncnn_mat_get_data(mat)
        ctypes.memmove(data, np.ascontiguousarray(part).ctypes.data, part.nbytes)
    return mat


def run(layer, params, inputs):
    names = [f'i{k}' for k in range(len(inputs))]
    lines = [f'Input {name} 0 1 {name}' for name in names]
    lines.append(f'{layer} y {len(names)} 1 {" ".join(names)} y {params}')
    text = f'7767517\n{len(lines)} {len(lines)}\n' + '\n'.join(lines) + '\n'
    net, option, mat = (ctypes.c_void_p(x) for x in (NCNN.ncnn_net_create(), NCNN.ncnn_option_create(), 0))
    NCNN.ncnn_option_set_num_threads(option, 1)
    NCNN.ncnn_net_set_option(net, option)
    assert NCNN.ncnn_net_load_param_memory(net, text.encode()) == 0
    NCNN.ncnn_net_load_model_memory(net, b'\0' * 16)
    extractor = ctypes.c_void_p(NCNN.ncnn_extractor_create(net))
    for name, array in zip(names, inputs):
        assert NCNN.ncnn_extractor_input(extractor, name.encode(), make_mat(array)) == 0
    assert NCNN.ncnn_extractor_extract(extractor, b'y', ctypes.byref(mat)) == 0
    if NCNN.ncnn_mat_get_dims(mat) == 0:
        return np.zeros(0, np.float32)
    size = NCNN.ncnn_mat_get_w(mat) * NCNN.ncnn_mat_get_h(mat)
    return np.ctypeslib.as_array(ctypes.cast(NCNN.ncnn_mat_get_data(mat), ctypes.POINTER(ctypes.c_float)), (size,)).copy()


def floats(numbers):
    return 'floats [' + ', '.join(repr(float(np.float32(x))) for x in numbers) + ']'


def listed(number, numbers):
    return f' -{23300 + number}={len(numbers)},' + ','.join(str(float(x)) for x in numbers)


def write(out, op, attrs, inputs, fills, constants, answer):
    out.append(f'graph "{op}" {{\n  opset "mmdeploy" 1')
    names = []
    for k, array in enumerate(inputs):
        shape = ','.join(str(n) for n in array.shape)
        names.append(f'%i{k}')
        if k in constants:
            out.append(f'  constant %i{k} : f32[{shape}] = [' + ', '.join(repr(float(x)) for x in array.ravel()) + ']')
        else:
            out.append(f'  input %i{k} : f32[{shape}]')
    out.append(f'  %y = mmdeploy::{op}({", ".join(names)}) {{' + ', '.join(f'{k} = {v}' for k, v in attrs.items()) + '}')
    out.append('  output %y\n}')
    out += ['fill %d %g %g' % f for f in fills]
    out.append('want' + ''.join(' ' + np.format_float_positional(x, trim='-', fractional=False, precision=8) for x in answer) + '\n')


def detection(out, seed, count, classes, score, iou, top_k, keep, variances):
    rng = np.random.RandomState(seed)
    middle, half = rng.uniform(0.2, 0.8, (count, 2)), rng.uniform(0.05, 0.3, (count, 2))
    boxes = np.hstack([middle - half, middle + half]).round(3)
    prior = np.stack([boxes.ravel(), np.tile(variances, count)]).astype(np.float32)[None]
    # As of a softmax: ncnn leaves boxes of a likely background as they come, and trusts that no class is likely beside it.
    scores = np.exp(rng.normal(0, 2, (count, classes)))
    scores = (scores / scores.sum(1, keepdims=True)).round(4).astype(np.float32)
    fills = [(seed, 1, 0)]
    inputs = [fill(*fills[0], (1, 1, 4 * count)), scores.reshape(1, 1, -1), prior]
    params = f'0={classes} 1={iou:e} 2={top_k} 3={keep} 4={score:e}'
    attrs = {'num_class': classes, 'score_threshold': score, 'nms_threshold': iou, 'nms_top_k': top_k, 'keep_top_k': keep}
    write(out, 'DetectionOutput', attrs, inputs, fills, {1, 2}, run('DetectionOutput', params, inputs))


def prior_box(out, shape, mins, maxes, ratios, image, step, offset, rounds_up):
    inputs = [fill(1, 1, 0, shape)]
    params = listed(0, mins) + (listed(1, maxes) if maxes else '') + (listed(2, ratios) if ratios else '')
    params += f' 9={image[0]} 10={image[1]} 11={step[0]:e} 12={step[1]:e} 13={offset:e} 14={rounds_up}'
    attrs = {'min_sizes': floats(mins)}
    if maxes:
        attrs['max_sizes'] = floats(maxes)
    if ratios:
        attrs['aspect_ratios'] = floats(ratios)
    attrs.update(image_width=image[0], image_height=image[1], step_width=float(step[0]), step_height=float(step[1]),
                 offset=float(offset), step_mmdetection=rounds_up)
    write(out, 'PriorBox', attrs, inputs, [(1, 1, 0)], set(), run('PriorBox', params, inputs))


def yolo(out, seed, classes, sizes, biases, mask, scales, score, iou):
    anchors = len(mask) // len(sizes)
    fills = [(seed + k, 3, 0) for k in range(len(sizes))]
    inputs = [fill(*f, (1, anchors * (5 + classes), h, w)) for f, (h, w) in zip(fills, sizes)]
    params = f'0={classes} 1={anchors} 2={score:e} 3={iou:e}' + listed(4, biases) + listed(5, mask) + listed(6, scales)
    attrs = {'num_class': classes, 'num_box': anchors, 'confidence_threshold': score, 'nms_threshold': iou,
             'biases': floats(biases), 'mask': floats(mask), 'anchors_scale': floats(scales)}
    write(out, 'Yolov3DetectionOutput', attrs, inputs, fills, set(), run('Yolov3DetectionOutput', params, inputs))


def main():
    out = ['// Made by make_detection_output.py.']
    ssd, still = (0.1, 0.1, 0.2, 0.2), (0, 0, 0, 0)
    detection(out, 1, 12, 4, 0.35, 0.45, 100, 100, ssd)
    detection(out, 5, 12, 4, 0.2, 0.3, 100, 100, still)
    detection(out, 9, 20, 3, 0.1, 0.5, 4, 100, ssd)
    detection(out, 13, 20, 3, 0.1, 0.7, 100, 5, ssd)
    detection(out, 17, 8, 2, 0.6, 0.45, 100, 100, ssd)  # where the background is likely a prior is left out
    detection(out, 21, 8, 5, 0.999, 0.45, 100, 100, ssd)  # nothing is found
    detection(out, 25, 16, 3, 0.0, 1.0, 100, 100, ssd)  # nothing is suppressed
    detection(out, 29, 16, 1, 0.1, 0.5, 100, 100, ssd)  # no class but the background
    prior_box(out, (1, 2, 2, 3), [21], [45], [2], (300, 300), (8, 8), 0.5, 1)
    prior_box(out, (1, 1, 3, 2), [30, 60], [60, 111], [2, 3], (320, 240), (16, 20), 0.5, 1)
    prior_box(out, (1, 1, 2, 2), [30], [], [2], (100, 50), (-233, -233), 0.5, 0)
    prior_box(out, (1, 1, 3, 3), [30], [], [], (100, 50), (-233, -233), 0, 1)
    prior_box(out, (1, 4, 2, 5), [0], [], [], (1, 1), (1, 1), 0, 0)
    yolo(out, 41, 3, [(2, 3), (4, 6)], [116, 90, 30, 61, 10, 13, 33, 23], [0, 1, 2, 3], [32, 16], 0.3, 0.45)
    yolo(out, 51, 2, [(3, 2)], [10, 13, 33, 23, 62, 45], [2, 0], [32], 0.5, 0.2)
    yolo(out, 61, 1, [(2, 2)], [10, 13], [0], [32], 0.9999, 0.45)
    path = pathlib.Path(__file__).with_name('detection_output.txt')
    path.write_text('\n'.join(out))


main()
