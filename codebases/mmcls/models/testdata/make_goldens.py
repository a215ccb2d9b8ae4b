#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes or checks the golden data of the classifiers, with the original code base.

    make_goldens.py [--verify] [NAME ...]    goldens: checkpoint.pth, arrays.npz, results.json
    make_goldens.py --keys [--verify]        keys/: names and shapes of full-size stock models
    make_goldens.py --shared                 photos/ and inputs.npz (needs scikit-image)

Run it with a Python that has mmcls 0.25.0 (it does mmcls/) or mmpretrain 1.2.0 (mmpretrain/).
Each golden's config.py is its source.  --verify computes everything again from the
committed checkpoint and compares; it writes nothing.
"""
import argparse
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

HERE = os.path.dirname(os.path.abspath(__file__))
# the folder mmcls/ beside this file is not the package
sys.path = [p for p in sys.path if os.path.abspath(p) != HERE]
PHOTOS = ('chelsea.jpg', 'coffee.png')
CLASSES = ('tabby cat', 'Egyptian cat', 'espresso', 'teapot', 'wooden spoon', 'plate', 'red fox',
           'cup', 'window screen', 'velvet', 'notebook', 'pier')

# What a golden's checkpoint is like.  form: zip or legacy container; keys: plain, or with
# DataParallel's "module." in front; meta: full, short (no text of the config), none (a
# bare state_dict) or hub (with the message hub that a training run leaves behind); grid: side
# of the position embedding's grid.
GOLDENS = {
    'mmcls': {
        'resnet18': dict(seed=105),
        'resnet50': dict(seed=328, form='legacy'),
        'resnet50_caffe': dict(seed=118, keys='module'),
        'resnetv1c50': dict(seed=301),
        'resnetv1d50': dict(seed=101),
        'resnet18_dilated': dict(seed=103),
        'seresnet50': dict(seed=105, form='legacy'),
        'mobilenet_v2': dict(seed=101, form='legacy'),
        'vit': dict(seed=104),
        'vit_resized': dict(seed=105, grid=6),
        'clshead': dict(seed=112, meta='none', keys='module'),
        'convnext': dict(seed=101, form='legacy'),
    },
    'mmpretrain': {
        'resnet18': dict(seed=200),
        'resnetv1d50': dict(seed=301),
        'seresnet50': dict(seed=310, form='legacy'),
        'mobilenet_v2': dict(seed=323, form='legacy', meta='short'),
        'vit': dict(seed=201),
        'vit_resized': dict(seed=203, grid=10, meta='hub'),
        'clshead': dict(seed=215),
        'convnext': dict(seed=201, form='legacy'),
        'convnext_v2': dict(seed=201, form='legacy'),
    },
}

STOCK = {
    'mmcls': {
        'resnet18': 'resnet/resnet18_8xb32_in1k.py',
        'resnet34': 'resnet/resnet34_8xb32_in1k.py',
        'resnet50': 'resnet/resnet50_8xb32_in1k.py',
        'resnet101': 'resnet/resnet101_8xb32_in1k.py',
        'resnet152': 'resnet/resnet152_8xb32_in1k.py',
        'resnetv1c50': 'resnet/resnetv1c50_8xb32_in1k.py',
        'resnetv1d50': 'resnet/resnetv1d50_8xb32_in1k.py',
        'seresnet50': 'seresnet/seresnet50_8xb32_in1k.py',
        'mobilenet_v2': 'mobilenet_v2/mobilenet-v2_8xb32_in1k.py',
        'convnext-tiny': 'convnext/convnext-tiny_32xb128_in1k.py',
        'vit-base-p16': 'vision_transformer/vit-base-p16_pt-64xb64_in1k-224.py',
        'vit-base-p16-384': 'vision_transformer/vit-base-p16_ft-64xb64_in1k-384.py',
    },
}
STOCK['mmpretrain'] = dict(
    STOCK['mmcls'],
    **{
        'vit-base-p16': 'vision_transformer/vit-base-p16_64xb64_in1k.py',
        'vit-base-p16-384': 'vision_transformer/vit-base-p16_64xb64_in1k-384px.py',
    })

try:
    import numpy as np
    import torch
    try:
        import mmcls as package
        CODEBASE = 'mmcls'
    except ImportError:
        import mmpretrain as package
        CODEBASE = 'mmpretrain'
except ImportError as error:
    sys.exit(f'make_goldens.py: {error}: run it with a Python that has mmcls 0.25.0 or '
             'mmpretrain 1.2.0 (see README.md)')


# ---------------------------------------------------------------- the two code bases


def load_config(path):
    if CODEBASE == 'mmcls':
        from mmcv import Config
    else:
        from mmengine.config import Config
    return Config.fromfile(path)


def build(cfg):
    """A model without weights from a file."""
    if CODEBASE == 'mmcls':
        from mmcls.models import build_classifier
        return build_classifier(cfg.model).eval()
    from mmpretrain import get_model
    return get_model(cfg, pretrained=False, device='cpu').eval()


def load(path, checkpoint):
    """The model as the code base's own entry point makes it."""
    if CODEBASE == 'mmcls':
        from mmcls.apis import init_model
        return init_model(path, checkpoint, device='cpu')
    from mmpretrain import get_model
    return get_model(path, pretrained=checkpoint, device='cpu')


def preprocess(model, cfg, file):
    """What the network is fed for a picture."""
    if CODEBASE == 'mmcls':
        from mmcls.datasets.pipelines import Compose
        data = Compose(cfg.data.test.pipeline)(
            dict(img_info=dict(filename=file), img_prefix=None))
        return data['img'][None].float()
    from mmpretrain import ImageClassificationInferencer
    data = next(ImageClassificationInferencer(model, device='cpu').preprocess([file]))
    return model.data_preprocessor(data)['inputs']


def forward(model, x):
    """Logits, and what the exported graph gives."""
    with torch.no_grad():
        if CODEBASE == 'mmcls':
            return (model.simple_test(x, softmax=False, post_process=False),
                    model.simple_test(x, softmax=True, post_process=False))
        logits = model(x, mode='tensor')
        return logits, torch.softmax(logits, dim=1)


def infer(model, file):
    """The inference API: the best class; and the scores of all, from the same call."""
    if CODEBASE == 'mmcls':
        from mmcls.apis import inference_model
        scores, keep = [], model.simple_test
        model.simple_test = lambda *a, **k: scores.append(keep(*a, **k)) or scores[-1]
        best = inference_model(model, file)
        del model.simple_test
        return best, np.asarray(scores[0][0])
    from mmpretrain import ImageClassificationInferencer
    best = ImageClassificationInferencer(model, device='cpu')(file)[0]
    return best, best['pred_scores']


# ---------------------------------------------------------------- weights


def calibration_batch(cfg):
    """24 cuts of the two photos, normalised as the config says."""
    import cv2
    norm = cfg.img_norm_cfg if CODEBASE == 'mmcls' else cfg.data_preprocessor
    r = np.random.RandomState(0)
    cuts = []
    for i in range(24):
        img = cv2.imread(os.path.join(HERE, 'photos', PHOTOS[i % 2]))
        side = r.randint(64, min(img.shape[:2]) + 1)
        y, x = (r.randint(0, n - side + 1) for n in img.shape[:2])
        cut = cv2.resize(img[y:y + side, x:x + side], (64, 64), interpolation=cv2.INTER_AREA)
        cut = cut[:, :, ::-1] if norm.to_rgb else cut
        cuts.append((cut - np.array(norm.mean)) / np.array(norm.std))
    return torch.from_numpy(np.stack(cuts)).permute(0, 3, 1, 2).float().contiguous()


def noise(g, t, scale):
    return torch.randn(t.shape, generator=g) * scale


def spread(g, t, low, high):
    return torch.rand(t.shape, generator=g) * (high - low) + low


def randomise(model, cfg, seed):
    """Random weights that keep activations in range and let every parameter show.

    BatchNorm statistics are measured and then perturbed, so that a wrong one shows; the last
    layer is rescaled so that logits stay within 3 over the batch, and scores below 1.
    """
    g = torch.Generator().manual_seed(seed)
    norms = (torch.nn.BatchNorm2d, torch.nn.LayerNorm)
    for name, p in sorted(model.named_parameters()):
        if name.endswith(('pos_embed', 'cls_token')):
            p.data = noise(g, p, .5)
        elif p.dim() > 1:
            fan_in = p[0].numel()
            p.data = noise(g, p, (2. / fan_in)**.5)
        elif name.endswith('bias'):
            p.data = noise(g, p, .2)
        elif name.endswith(('.gamma', '.beta')):  # ConvNeXt: scale of a block, response norm
            p.data = spread(g, p, .2, .8)
    for m in model.modules():
        if isinstance(m, norms):
            m.weight.data = spread(g, m.weight, .5, 1.5)
    hooks = [m.register_forward_pre_hook(lambda m, a: measure(g, m, a[0]))
             for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    last = [m for n, m in model.named_modules() if n in ('head.fc', 'head.layers.head')]
    hooks += [m.register_forward_pre_hook(lambda m, a: rescale(m, a[0])) for m in last]
    with torch.no_grad():
        forward(model, calibration_batch(cfg))
    for hook in hooks:
        hook.remove()


def measure(g, m, x):
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False) + 1e-3
    m.running_mean.copy_(mean + noise(g, mean, .1) * var.sqrt())
    m.running_var.copy_(var * spread(g, var, .8, 1.25))
    m.num_batches_tracked.fill_(1000)


def rescale(m, x):
    y = torch.nn.functional.linear(x, m.weight)
    y -= y.mean(0)
    m.weight.mul_(min(1.2 / y.std(), 3. / y.abs().max()))
    m.bias.sub_(torch.nn.functional.linear(x, m.weight).mean(0))


def state_of(model, spec, g):
    state = model.state_dict()
    if 'grid' in spec:  # as trained on pictures of another size
        old = state['backbone.pos_embed']
        state['backbone.pos_embed'] = noise(
            g, torch.empty(1, spec['grid']**2 + 1, old.shape[2]), .5)
    if spec.get('keys') == 'module':
        for key in list(state):
            state['module.' + key] = state.pop(key)
    return state


def meta_of(cfg, name, classes):
    if CODEBASE == 'mmcls':
        return dict(mmcls_version=package.__version__, config=cfg.pretty_text, epoch=1, iter=1,
                    CLASSES=classes)
    import mmengine
    return dict(epoch=1, iter=1, cfg=cfg.pretty_text, experiment_name=name,
                mmengine_version=mmengine.__version__, mmpretrain_version=package.__version__,
                dataset_meta=dict(classes=list(classes)))


def message_hub():
    """What mmengine's runner stores beside the weights."""
    from mmengine.logging import MessageHub
    hub = MessageHub.get_instance('golden')
    for i in range(3):
        hub.update_scalar('train/loss', 2.5 / (i + 1))
        hub.update_scalar('train/lr', 0.1)
    hub.update_info('iter', 3)
    return hub.state_dict()


def make_checkpoint(folder, name, spec):
    torch.manual_seed(spec['seed'])
    cfg = load_config(os.path.join(folder, 'config.py'))
    model = build(cfg)
    randomise(model, cfg, spec['seed'])
    state = state_of(model, spec, torch.Generator().manual_seed(spec['seed'] + 1000))
    count = forward(model, torch.zeros(1, 3, 64, 64))[0].shape[1]
    classes = tuple(CLASSES[i % 12] + (' again' if i >= 12 else '') for i in range(count))
    content = dict(meta=meta_of(cfg, name, classes), state_dict=state)
    if spec.get('meta') == 'none':
        content = state
    elif spec.get('meta') == 'short':
        content['meta'].pop('cfg')
    elif spec.get('meta') == 'hub':
        content['message_hub'] = message_hub()
    torch.save(content, os.path.join(folder, 'checkpoint.pth'),
               _use_new_zipfile_serialization=spec.get('form') != 'legacy')


# ---------------------------------------------------------------- goldens


def save_npz(path, arrays):
    """numpy's .npz with stored entries and no dates: the same bytes every time."""
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED) as z:
        for name, a in arrays.items():
            b = io.BytesIO()
            np.lib.format.write_array(b, np.ascontiguousarray(a))
            z.writestr(zipfile.ZipInfo(name + '.npy'), b.getvalue())


def one_line_pairs(text):
    return re.sub(r'\[\s+(\d+),\s+([-+.e\d]+)\s+\]', r'[\1, \2]', text)


def photo(name):
    return os.path.join(HERE, 'photos', name)


def compute(folder):
    """arrays.npz and results.json of a golden, from its config and its checkpoint."""
    path = os.path.join(folder, 'config.py')
    model = load(path, os.path.join(folder, 'checkpoint.pth'))
    cfg = load_config(path)
    inputs = {'input_0': preprocess(model, cfg, photo(PHOTOS[0])).numpy()}
    arrays = dict(inputs)
    with np.load(os.path.join(HERE, 'inputs.npz')) as shared:
        inputs.update((k, shared[k]) for k in sorted(shared.files))
    for k, x in inputs.items():
        logits, output = forward(model, torch.from_numpy(x))
        arrays[k.replace('input', 'logits')] = logits.numpy()
        arrays[k.replace('input', 'output')] = output.numpy()
    return arrays, dict(codebase=CODEBASE, version=package.__version__,
                        photos=[answer(model, name) for name in PHOTOS])


def answer(model, name):
    best, scores = infer(model, photo(name))
    order = np.argsort(-scores, kind='stable')[:5]
    assert int(best['pred_label']) == order[0]
    if scores[order[0]] - scores[order[1]] < .02:
        print(f'{name}: nearly a tie, take another seed')
    row = dict(file='photos/' + name, label=int(best['pred_label']),
               score=round(float(best['pred_score']), 7),
               top5=[[int(i), round(float(scores[i]), 7)] for i in order])
    row['class'] = best.get('pred_class')
    return row


def same(a, b, tolerance):
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return bool(np.abs(a - b).max() <= tolerance * max(1e-6, np.abs(b).max()))


def rounding(folder, arrays):
    """How far float32's rounding moves the logits: a golden should leave room below 1e-4."""
    model = load(os.path.join(folder, 'config.py'),
                 os.path.join(folder, 'checkpoint.pth')).double()
    worst = 0.
    with np.load(os.path.join(HERE, 'inputs.npz')) as shared:
        for k in range(4):
            x = arrays['input_0'] if k == 0 else shared[f'input_{k}']
            exact = forward(model, torch.from_numpy(x).double())[0].numpy()
            worst = max(worst, np.abs(arrays[f'logits_{k}'] - exact).max() / np.abs(exact).max())
    return worst


def verify(folder):
    arrays, results = compute(folder)
    bad = []
    with np.load(os.path.join(folder, 'arrays.npz')) as old:
        if sorted(old.files) != sorted(arrays):
            bad.append('names of the arrays')
        bad += [k for k in old.files if k in arrays and not same(arrays[k], old[k], 1e-5)]
    with open(os.path.join(folder, 'results.json')) as f:
        known = json.load(f)
    for new, old in zip(results['photos'], known['photos']):
        if new['label'] != old['label'] or new['class'] != old['class'] or \
                not np.allclose(np.array(new['top5']), np.array(old['top5']), atol=1e-5):
            bad.append(old['file'])
    return bad


def goldens(names, check):
    failed = 0
    for name, spec in GOLDENS[CODEBASE].items():
        if names and name not in names:
            continue
        folder = os.path.join(HERE, CODEBASE, name)
        if check:
            bad = verify(folder)
            failed += bool(bad)
            print(f'{CODEBASE}/{name}: ' + (f'DIFFERS: {", ".join(bad)}' if bad else 'equal'))
            continue
        make_checkpoint(folder, name, spec)
        arrays, results = compute(folder)
        save_npz(os.path.join(folder, 'arrays.npz'), arrays)
        with open(os.path.join(folder, 'results.json'), 'w') as f:
            f.write(one_line_pairs(json.dumps(results, indent=1)) + '\n')
        size = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)
                   if os.path.isfile(os.path.join(folder, f)))
        print(f'{CODEBASE}/{name}: {size / 1000:.0f} kB,',
              [(p['label'], round(p['score'], 3)) for p in results['photos']],
              f'rounding {rounding(folder, arrays):.0e}, output_1',
              np.round(np.sort(arrays['output_1'][0])[::-1][:3], 3))
    return failed


# ---------------------------------------------------------------- names and shapes


def stock_keys(config):
    root = os.path.join(os.path.dirname(package.__file__), '.mim', 'configs')
    cfg = load_config(os.path.join(root, config))
    for part in (cfg.model, cfg.model.backbone):
        part.pop('pretrained', None)
        part.pop('train_cfg', None)
    state = build(cfg).state_dict()
    return ''.join(f'{k} {",".join(map(str, v.shape)) or "scalar"}\n'
                   for k, v in sorted(state.items()))


def keys(check):
    """mmpretrain's lists are kept only where they differ from those of mmcls."""
    failed = 0
    for name, config in STOCK[CODEBASE].items():
        text = stock_keys(config)
        path = os.path.join(HERE, 'keys', CODEBASE, name + '.txt')
        first = os.path.join(HERE, 'keys', 'mmcls', name + '.txt')
        if CODEBASE == 'mmpretrain' and open(first).read() == text:
            print(f'{name}: as in mmcls')
            continue
        if check:
            ok = os.path.exists(path) and open(path).read() == text
            failed += not ok
            print(f'{name}: ' + ('equal' if ok else 'DIFFERS'))
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as f:
            f.write(text)
        print(f'{name}: {text.count(chr(10))} keys')
    return failed


# ---------------------------------------------------------------- photos, random inputs


def shared():
    import cv2
    import skimage
    root = os.path.join(os.path.dirname(skimage.__file__), 'data')
    os.makedirs(os.path.join(HERE, 'photos'), exist_ok=True)
    cat = cv2.imread(os.path.join(root, 'chelsea.png'))[10:290, 60:420]
    cv2.imwrite(photo('chelsea.jpg'), cat, [cv2.IMWRITE_JPEG_QUALITY, 85])
    cup = cv2.imread(os.path.join(root, 'coffee.png'))[40:400, 180:450]
    cup = cv2.resize(cup, (108, 144), interpolation=cv2.INTER_AREA)
    cv2.imwrite(photo('coffee.png'), cup, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    r = np.random.RandomState(20)
    shapes = dict(input_1=(1, 3, 64, 64), input_2=(2, 3, 80, 48), input_3=(1, 3, 96, 80))
    save_npz(os.path.join(HERE, 'inputs.npz'),
             {k: r.randn(*s).astype(np.float32) for k, s in shapes.items()})


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument('names', nargs='*', metavar='NAME')
    p.add_argument('--verify', action='store_true')
    p.add_argument('--keys', action='store_true')
    p.add_argument('--shared', action='store_true')
    args = p.parse_args()
    torch.set_num_threads(1)
    if args.shared:
        return shared()
    return 1 if (keys if args.keys else lambda c: goldens(args.names, c))(args.verify) else 0


if __name__ == '__main__':
    sys.exit(main())
