#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes or checks the golden data of the detectors, with the original code base.

    make_goldens.py [--verify] [NAME ...]

Run it with a Python that has mmdet 2.28.2 (it does 0.x/) or mmdet 3.3.0 (1.x/).  Each golden's
config.py is its source: a narrow model.  Written are checkpoint.pth, arrays.npz (the detections in
the pictures of pictures.npz, in the network's own pixels) and results.json (the photo through the
code base's own inference).  --verify computes everything again from the committed checkpoint.
"""
import io
import json
import logging
import os
import re
import sys
import warnings
import zipfile

warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path = [p for p in sys.path if os.path.abspath(p) != HERE]
PHOTO = os.path.join(HERE, '..', '..', '..', 'mmcls', 'models', 'testdata', 'photos', 'chelsea.jpg')
SIZES = ((96, 128), (128, 96), (96, 128))  # the last two are cut elsewhere
import mmdet  # noqa: E402

LINE = '0.x' if mmdet.__version__.startswith('2.') else '1.x'
SEEDS = {'retinanet': 3, 'yolox': 7}

# Last layers: mean and deviation that their outputs are to have on parts of the photo.
TARGETS = [(r'(retina_cls|conv_cls|atss_cls|gfl_cls|cls_preds?\.\d+|multi_level_conv_cls\.\d+'
            r'|rtm_cls\.\d+|rpn_cls|cls_convs\.\d+)$', -4, 1.5),
           (r'multi_level_conv_obj\.\d+$', -1, 1.5), (r'(retina_reg|rpn_reg|fc_reg|atss_reg)$', 0, .3),
           (r'reg_convs\.\d+$', 0, .3), (r'multi_level_conv_reg\.\d+$', .8, .4),
           (r'(fcos_reg|bbox_head\.conv_reg)$', 1, .3), (r'(conv|atss)_centerness$', 0, 1.5),
           (r'gfl_reg$', 0, 1.5), (r'rtm_reg\.\d+$', 1.7, .3), (r'convs_pred\.\d+$', -1, 1.5),
           (r'fc_cls$', 0, 2.5), (r'mask_head.*conv_logits$', 0, 2)]
OWN_TARGETS = {
    'fsaf': [(r'retina_reg$', 1.2, .3)],  # sides of a box: none may be 0
    'yolox': [(r'multi_level_conv_reg\.\d+$', .4, .2), (r'multi_level_conv_obj\.\d+$', 0, 1),
              (r'multi_level_conv_cls\.\d+$', -1.5, 1)],
}
TAIL = 4.5  # no output of a last layer lies farther from the mean, in deviations


def load_config(path):
    if LINE == '0.x':
        from mmcv import Config
    else:
        from mmengine.config import Config
    return Config.fromfile(path)


def build(cfg):
    if LINE == '0.x':
        from mmdet.models import build_detector
        return build_detector(cfg.model).eval()
    from mmdet.registry import MODELS
    from mmdet.utils import register_all_modules
    register_all_modules()
    return MODELS.build(cfg.model).eval()


def load(path, checkpoint):
    from mmdet.apis import init_detector
    if LINE == '1.x':
        return init_detector(path, checkpoint, palette='random', device='cpu')
    return init_detector(path, checkpoint, device='cpu')


def detect(model, x):
    """Detections in the pixels of the network's input: rows of box, score, class."""
    height, width = x.shape[2:]
    meta = dict(img_shape=(height, width, 3), ori_shape=(height, width, 3),
                pad_shape=(height, width, 3), batch_input_shape=(height, width),
                scale_factor=np.ones(4, np.float32), flip=False, filename='')
    rows = []
    with torch.no_grad():
        if LINE == '0.x':
            for result in model.simple_test(x, [dict(meta) for _ in x], rescale=False):
                rows.append(np.concatenate([
                    np.hstack([r, np.full((len(r), 1), k)]) for k, r in enumerate(result)]))
        else:
            from mmdet.structures import DetDataSample
            samples = [DetDataSample(metainfo=dict(meta, img_shape=(height, width),
                                                   ori_shape=(height, width),
                                                   scale_factor=(1., 1.))) for _ in x]
            for sample in model.predict(x, samples, rescale=False):
                p = sample.pred_instances
                rows.append(np.hstack([p.bboxes.numpy(), p.scores.numpy()[:, None],
                                       p.labels.numpy()[:, None]]))
    return [np.float32(r[np.argsort(-r[:, 4], kind='stable')]) for r in rows]


def infer(model):
    """The photo through the code base's inference: rows in the photo's pixels."""
    from mmdet.apis import inference_detector
    result = inference_detector(model, PHOTO)
    if LINE == '0.x':
        rows = np.concatenate([np.hstack([r, np.full((len(r), 1), k)])
                               for k, r in enumerate(result)])
    else:
        p = result.pred_instances
        rows = np.hstack([p.bboxes.numpy(), p.scores.numpy()[:, None], p.labels.numpy()[:, None]])
    return rows[np.argsort(-rows[:, 4], kind='stable')]


def pictures():
    """uint8 pictures, channels first, of three sizes."""
    photo = cv2.imread(PHOTO)
    out = []
    for i, (height, width) in enumerate(SIZES):
        side = min(photo.shape[:2]) * (3 - i) // 3
        cut = photo[-side * height // max(height, width):, :side * width // max(height, width)]
        cut = cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA)
        out.append(np.ascontiguousarray(cut.transpose(2, 0, 1)))
    return out


def cuts():
    """Parts of the photo, for measuring."""
    photo = cv2.imread(PHOTO)
    r = np.random.RandomState(0)
    out = []
    for _ in range(16):
        side = r.randint(64, min(photo.shape[:2]) + 1)
        y, x = (r.randint(0, n - side + 1) for n in photo.shape[:2])
        cut = cv2.resize(photo[y:y + side, x:x + side], (128, 128), interpolation=cv2.INTER_AREA)
        out.append(cut.transpose(2, 0, 1))
    return out


def normalise(cfg, picture):
    if LINE == '0.x':
        norm = cfg.img_norm_cfg
        to_rgb = norm.get('to_rgb', True)
    else:
        norm = cfg.model.data_preprocessor
        to_rgb = norm.get('bgr_to_rgb', False)
    x = picture[::-1] if to_rgb else picture
    mean = np.float32(norm.get('mean', [0, 0, 0]))[:, None, None]
    std = np.float32(norm.get('std', [1, 1, 1]))[:, None, None]
    return torch.from_numpy((np.float32(x) - mean) / std)[None]


# ---------------------------------------------------------------- weights


def calibrate(model, x, seed, targets):
    """Activations stay in range, every parameter shows, and detections occur."""
    g = torch.Generator().manual_seed(seed)
    seen, restore = set(), []

    def before(module, function):
        forward = module.forward

        def wrapper(y, *args, **kwargs):
            if id(module) not in seen:
                seen.add(id(module))
                function(module, y)
            return forward(y, *args, **kwargs)

        module.forward = wrapper
        restore.append(module)

    for name, p in sorted(model.named_parameters()):
        if p.dim() > 1:
            p.data.copy_(torch.randn(p.shape, generator=g) * (2. / p[0].numel())**.5)
        elif name.endswith('bias'):
            p.data.copy_(torch.randn(p.shape, generator=g) * .2)
    for name, m in model.named_modules():
        if isinstance(m, (torch.nn.BatchNorm2d, torch.nn.GroupNorm)):
            m.weight.data.copy_(torch.rand(m.weight.shape, generator=g) + .5)
        if isinstance(m, torch.nn.BatchNorm2d):
            before(m, lambda m, y: measure(g, m, y))
        for pattern, mean, deviation in targets:
            if re.search(pattern, name) and isinstance(m, torch.nn.Conv2d):
                before(m, lambda m, y, t=(mean, deviation): rescale(m, y, *t))
                break
    detect(model, x)
    for m in restore:
        del m.forward


def measure(g, m, x):
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    var = var + .3 * var.mean() + 1e-3  # nearly constant channels would explode on other pictures
    m.running_mean.copy_(mean + torch.randn(mean.shape, generator=g) * .1 * var.sqrt())
    m.running_var.copy_(var * (torch.rand(var.shape, generator=g) * .45 + .8))


def rescale(m, x, mean, deviation):
    y = type(m).forward(m, x)
    center = y.mean()
    y = y - center
    factor = deviation / torch.maximum(y.std(), y.abs().max() / TAIL).clamp(min=1e-6)
    m.weight.data.mul_(factor)
    if m.bias is not None:
        m.bias.data.mul_(factor).add_(mean - center * factor)


def make_checkpoint(folder, name):
    seed = SEEDS.get(name, 0)
    torch.manual_seed(seed)
    cfg = load_config(os.path.join(folder, 'config.py'))
    model = build(cfg)
    x = torch.cat([normalise(cfg, p) for p in cuts()])
    calibrate(model, x, seed, OWN_TARGETS.get(name, []) + TARGETS)
    # half precision keeps the file small; everybody loads the same rounded numbers
    state = {k: v.half() if v.is_floating_point() else v
             for k, v in model.state_dict().items() if 'num_batches_tracked' not in k}
    names = tuple(f'thing {i}' for i in range(80))[:num_classes(cfg)]
    meta = dict(CLASSES=names) if LINE == '0.x' else dict(dataset_meta=dict(classes=names))
    torch.save(dict(meta=meta, state_dict=state), os.path.join(folder, 'checkpoint.pth'),
               _use_new_zipfile_serialization=False)


def num_classes(cfg):
    head = cfg.model.get('bbox_head') or cfg.model.roi_head.bbox_head
    return (head[0] if isinstance(head, (list, tuple)) else head).num_classes


# ---------------------------------------------------------------- goldens


def save_npz(path, arrays):
    """numpy's .npz, deflated and without dates: the same bytes every time."""
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, a in arrays.items():
            b = io.BytesIO()
            np.lib.format.write_array(b, np.ascontiguousarray(a))
            info = zipfile.ZipInfo(name + '.npy')
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, b.getvalue())


def compute(folder):
    path = os.path.join(folder, 'config.py')
    model = load(path, os.path.join(folder, 'checkpoint.pth'))
    cfg = load_config(path)
    arrays = {}
    for i, picture in enumerate(pictures()):
        arrays[f'found_{i}'] = detect(model, normalise(cfg, picture))[0]
    rows = [[round(float(v), 5) for v in row[:5]] + [int(row[5])] for row in infer(model)]
    return arrays, rows


def close(a, b):
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-4, atol=2e-3)


def verify(folder):
    arrays, rows = compute(folder)
    with np.load(os.path.join(folder, 'arrays.npz')) as old:
        bad = [k for k in old.files if k not in arrays or not close(old[k], arrays[k])]
    with open(os.path.join(folder, 'results.json')) as f:
        return bad + ([] if close(json.load(f), rows) else ['results.json'])


def main():
    if not os.path.exists(os.path.join(HERE, 'pictures.npz')):
        save_npz(os.path.join(HERE, 'pictures.npz'),
                 {f'picture_{i}': p for i, p in enumerate(pictures())})
    check, names, failed = '--verify' in sys.argv, [a for a in sys.argv[1:] if a[0] != '-'], 0
    root = os.path.join(HERE, LINE)
    for name in names or sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        if check:
            bad = verify(folder)
            failed += bool(bad)
            print(f'{LINE}/{name}:', f'DIFFERS: {", ".join(bad)}' if bad else 'equal')
            continue
        make_checkpoint(folder, name)
        arrays, rows = compute(folder)
        save_npz(os.path.join(folder, 'arrays.npz'), arrays)
        with open(os.path.join(folder, 'results.json'), 'w') as f:
            f.write('[\n' + ',\n'.join(' ' + json.dumps(r) for r in rows) + '\n]\n')
        size = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder))
        print(f'{LINE}/{name}: {size / 1000:.0f} kB,',
              [(k, len(v), np.round(v[[0, -1], 4], 3)) for k, v in arrays.items() if 'found' in k and len(v)],
              len(rows), 'in the photo')
    return failed


if __name__ == '__main__':
    sys.exit(main())
