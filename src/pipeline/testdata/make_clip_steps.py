# SPDX-License-Identifier: Apache-2.0
"""Goldens of the steps of video clips, computed by mmaction 1.x, and of LetterResize, by mmyolo.

    python make_clip_steps.py

writes clip_steps.npz: frame_0 to frame_3 (BGR bytes), and for each case of clip_steps_test.c what it gives: a clip as floats, a
letter as bytes [1, H, W, C] and NAME_metas [factor x, factor y, top, left, bottom, right].
"""
import os

import numpy as np

CLIPS = {  # frames, clip_len, crop, its size, format
    'plain_nchw': (4, 1, None, None, 'NCHW'), 'plain_ncthw': (4, 2, None, None, 'NCTHW'),
    'ten_nchw': (2, 1, 'TenCrop', (9, 7), 'NCHW'), 'ten_ncthw': (4, 4, 'TenCrop', 8, 'NCTHW'),
    'three_wide': (4, 2, 'ThreeCrop', (9, 14), 'NCTHW'), 'three_high': (1, 1, 'ThreeCrop', (19, 8), 'NCHW'),
}
LETTERS = {
    'letter_up': dict(scale=(40, 40), pad_val=dict(img=114)), 'letter_down': dict(scale=(10, 12), pad_val=dict(img=7)),
    'letter_same': dict(scale=(40, 40), allow_scale_up=False),
    'letter_mini': dict(scale=(64, 64), use_mini_pad=True, pad_val=dict(img=(1, 2, 3))),
    'letter_stretch': dict(scale=(30, 21), stretch_only=True),
}


def main():
    from mmaction.datasets.transforms import FormatShape, TenCrop, ThreeCrop
    from mmyolo.datasets.transforms import LetterResize
    rng = np.random.RandomState(1)
    frames = [rng.randint(0, 256, (14, 19, 3), np.uint8) for _ in range(4)]
    arrays = {f'frame_{i}': frame for i, frame in enumerate(frames)}
    for name, (count, length, crop, size, layout) in CLIPS.items():
        sample = dict(imgs=frames[:count], clip_len=length, num_clips=count // length)
        if crop:
            sample = dict(TenCrop=TenCrop, ThreeCrop=ThreeCrop)[crop](size).transform(sample)
        arrays[name] = np.float32(FormatShape(layout).transform(sample)['imgs'])[None]
    for name, options in LETTERS.items():
        result = LetterResize(**options).transform(dict(img=frames[0]))
        arrays[name] = result['img'][None]
        top, bottom, left, right = result['pad_param']
        arrays[name + '_metas'] = np.float64([*result['scale_factor'], top, left, bottom, right])
    np.savez_compressed(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'clip_steps.npz'), **arrays)


main()
