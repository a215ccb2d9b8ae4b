#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes or checks the golden data of SOLO and SOLOv2: make_solo_goldens.py [--verify] [NAME ...]

As ../make_goldens.py, of which this uses most; the answers are masks. arrays.npz holds for picture N
`found_N`, rows of score and class, best first, and `masks_N`, the rows' masks, a bit a pixel;
`found_photo` and `masks_photo` are those of the photo through the code base's own inference.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import make_goldens as g  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

TARGETS = [(r'conv_cls$', -3, 1.5), (r'conv_mask_list\.\d+$', -.5, 2),
           (r'conv_mask_list_[xy]\.\d+$', 1, 2), (r'conv_kernel$', 0, .6), (r'conv_offset$', 0, .5)]


def answers(model, x):
    """Of each image rows of score and class, and masks of the network's own size."""
    height, width = x.shape[2:]
    size = (height, width, 3) if g.LINE == '0.x' else (height, width)
    meta = dict(img_shape=size, ori_shape=size, pad_shape=size, batch_input_shape=(height, width),
                scale_factor=(1., 1.), flip=False, filename='')
    with torch.no_grad():
        if g.LINE == '0.x':
            found = model.mask_head.simple_test(model.extract_feat(x), [dict(meta) for _ in x])
        else:
            from mmdet.structures import DetDataSample
            samples = [DetDataSample(metainfo=meta) for _ in x]
            found = [s.pred_instances for s in model.predict(x, samples, rescale=False)]
    out = []
    for f in found:
        rows = np.stack([f.scores.numpy(), f.labels.numpy()], 1).astype(np.float32)
        out.append((rows, f.masks.numpy().astype(bool)))
    return out


def infer(model):
    from mmdet.apis import inference_detector
    result = inference_detector(model, g.PHOTO)
    if g.LINE == '0.x':
        rows = np.concatenate([np.stack([r[:, 4], np.full(len(r), k)], 1) for k, r in enumerate(result[0])])
        masks = np.stack([m for found in result[1] for m in found])
    else:
        p = result.pred_instances
        rows, masks = np.stack([p.scores.numpy(), p.labels.numpy()], 1), p.masks.numpy()
    order = np.argsort(-rows[:, 0], kind='stable')
    return rows[order].astype(np.float32), masks[order].astype(bool)


def compute(folder):
    path = os.path.join(folder, 'config.py')
    model = g.load(path, os.path.join(folder, 'checkpoint.pth'))
    cfg, arrays = g.load_config(path), {}
    found = {str(i): answers(model, g.normalise(cfg, p))[0] for i, p in enumerate(g.pictures())}
    found['photo'] = infer(model)
    for name, (rows, masks) in found.items():
        assert len(rows) >= 10, f'{folder}: picture {name} has {len(rows)} masks'
        arrays[f'found_{name}'], arrays[f'masks_{name}'] = rows, np.packbits(masks, axis=-1)
    return arrays


def verify(folder):
    arrays = compute(folder)
    with np.load(os.path.join(folder, 'arrays.npz')) as old:
        return [k for k in old.files
                if not (np.array_equal(old[k], arrays[k]) if 'masks' in k else g.close(old[k], arrays[k]))]


def main():
    check, names, failed = '--verify' in sys.argv, [a for a in sys.argv[1:] if a[0] != '-'], 0
    g.detect, g.TARGETS = answers, TARGETS
    g.num_classes = lambda cfg: cfg.model.mask_head.num_classes
    root = os.path.join(HERE, g.LINE)
    for name in names or sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        if check:
            bad = verify(folder)
            failed += bool(bad)
            print(f'{g.LINE}/{name}:', f'DIFFERS: {", ".join(bad)}' if bad else 'equal')
            continue
        g.make_checkpoint(folder, name)
        arrays = compute(folder)
        g.save_npz(os.path.join(folder, 'arrays.npz'), arrays)
        size = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder))
        print(f'{g.LINE}/{name}: {size / 1000:.0f} kB,',
              [(k, len(v), np.round(v[[0, -1], 0], 3)) for k, v in arrays.items() if 'found' in k],
              [np.round(np.unpackbits(v).mean(), 2) for k, v in arrays.items() if 'masks' in k])
    return failed


if __name__ == '__main__':
    sys.exit(main())
