# SPDX-License-Identifier: Apache-2.0
"""Key points by mmpose's own decoding, for the cases of tests/tasks/goldens/pose_*.

    python make_decode_golden.py 0x    (mmpose 0.29.0)
    python make_decode_golden.py 1x    (mmpose 1.3.2)

writes decode_0x.json and decode_1x.json: a list of {golden, params, case, release, points [[x, y, score, blur], ...]}. The network's
outputs and the crops are those of head.json there; "params" are those of the package, and where they are other ones, they are given.
"blur" is how far the point moves when the outputs change by their rounding: where a heat map hardly bends, its top is anywhere.
"""
import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
TASKS = os.path.join(HERE, '../../../../tests/tasks')

# Golden, then what replaces the parameters of the package.
CASES = {
    '0x': [('pose_res18', None), ('pose_res18', dict(post_process='megvii', modulate_kernel=9)),
           ('pose_res18', dict(post_process=None)), ('pose_res18', dict(unbiased_decoding=True, modulate_kernel=7)),
           ('pose_res18_dark', None), ('pose_hrnet_udp', None), ('pose_hrnet_udp', dict(use_udp=True, modulate_kernel=17)),
           ('pose_hrnet_udp_combined', None), ('pose_deeppose', None)],
    '1x': [('pose_res18_1x', None), ('pose_res18_1x', dict(type='MSRAHeatmap', unbiased=True, blur_kernel_size=9)),
           ('pose_res18_1x', dict(type='MegviiHeatmap', post_process='megvii', modulate_kernel=11)),
           ('pose_res18', dict(type='MSRAHeatmap', post_process='default')),
           ('pose_hrnet_udp_1x', None), ('pose_hrnet_udp', dict(type='UDPHeatmap', use_udp=True)),
           ('pose_hrnet_udp_combined', dict(type='UDPHeatmap', use_udp=True, heatmap_type='combined')),
           ('pose_deeppose_1x', None), ('pose_simcc_1x', None), ('pose_rtmpose_1x', None),
           ('pose_rtmpose_1x', dict(type='SimCCLabel', use_dark=True, sigma=[4.9, 5.66], simcc_split_ratio=2.0,
                                    input_size=[96, 128]))],
}


def params_of(golden):
    with open(f'{TASKS}/packages/{golden}/pipeline.json') as file:
        tasks = json.load(file)['pipeline']['tasks']
    return next(t['params'] for t in tasks if t.get('module') == 'mmpose')


def outputs_of(golden, case):
    return {key: np.load(f'{TASKS}/goldens/{golden}/{file}')[name] for key, (file, name) in case['outputs'].items()}


def decode_0x(golden, params, outputs, metas):
    from mmpose.core.evaluation import keypoints_from_heatmaps, keypoints_from_regression
    center = np.float32([metas['center']])
    scale = np.float32([metas['scale']])
    output = outputs['output']
    if output.ndim == 3:
        return keypoints_from_regression(output, center, scale, metas['img_shape'][2:0:-1])
    return keypoints_from_heatmaps(
        output, center, scale, unbiased=params.get('unbiased_decoding', False),
        post_process=params.get('post_process', 'default'), kernel=params.get('modulate_kernel', 11),
        valid_radius_factor=params.get('valid_radius_factor', 0.0546875), use_udp=params.get('use_udp', False),
        target_type=params.get('target_type', 'GaussianHeatmap'))


def codec_of(params, output, size):
    from mmpose.registry import KEYPOINT_CODECS
    kind = params['type']
    config = dict(type=kind, input_size=size)
    if 'Heatmap' in kind:
        config.update(heatmap_size=(output.shape[3], output.shape[2]))
    if kind == 'MegviiHeatmap':
        config.update(kernel_size=params['modulate_kernel'])
    elif 'Heatmap' in kind:
        config.update(sigma=2)
    for key in ('unbiased', 'blur_kernel_size', 'heatmap_type', 'radius_factor', 'use_dark', 'sigma', 'simcc_split_ratio'):
        if key in params:
            config[key] = tuple(params[key]) if isinstance(params[key], list) else params[key]
    return KEYPOINT_CODECS.build(config)


def decode_1x(golden, params, outputs, metas):
    import mmpose.codecs  # noqa: F401
    size = metas['img_shape'][2:0:-1]
    first = next(iter(outputs.values()))
    codec = codec_of(params, first, tuple(size))
    if 'simcc_x' in outputs:
        points, scores = codec.decode(outputs['simcc_x'].copy(), outputs['simcc_y'].copy())
    elif first.ndim == 3:
        points, scores = codec.decode(first)
    else:
        points, scores = codec.decode(first[0])
    scale = np.float32(metas['scale']) * 200
    points = points / np.array(size) * scale + np.float32(metas['center']) - 0.5 * scale
    return points, scores[..., None]


def shaken(outputs, seed):
    """As another processor might have rounded."""
    rng = np.random.RandomState(seed)
    return {k: np.float32(v * (1 + 1.2e-7 * rng.uniform(-1, 1, v.shape))) for k, v in outputs.items()}


def number(value):
    return float('%.8g' % value) if np.isfinite(value) else str(value)


def main(dialect):
    decode, cases = dict([('0x', decode_0x), ('1x', decode_1x)])[dialect], []
    for golden, changed in CASES[dialect]:
        with open(f'{TASKS}/goldens/{golden}/head.json') as file:
            head = json.load(file)
        params = changed if changed is not None else params_of(golden)
        for case in head['cases']:
            outputs = outputs_of(golden, case)
            points, scores = decode(golden, params, outputs, case['img_metas'])
            others = [decode(golden, params, shaken(outputs, i), case['img_metas'])[0][0] for i in range(5)]
            blur = np.max([np.abs(other - points[0]) for other in others], axis=(0, 2))
            rows = np.concatenate([points[0], scores[0], np.where(blur > 1e-4, blur, 0)[:, None]], axis=1)
            cases.append(dict(golden=golden, case=case['name'], release=int(dialect[0]), params=changed,
                              points=[[number(v) for v in row] for row in rows]))
    with open(os.path.join(HERE, f'decode_{dialect}.json'), 'w') as file:
        file.write('[\n' + ',\n'.join(json.dumps(c) for c in cases) + '\n]\n')
    print(len(cases))


main(sys.argv[1])
