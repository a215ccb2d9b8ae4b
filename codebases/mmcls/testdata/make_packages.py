#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes deploy.json, pipeline.json and detail.json with the original converter.

    MMDEPLOY_REFERENCE=DIR make_packages.py [--verify]

Run it with a Python that has mmdeploy 0.14.0 and mmcls 0.25.0 (it does 0.14.0/) or mmdeploy
1.3.1 and mmpretrain 1.2.0 (1.3.1/).  DIR holds the deploy configs of these releases, in
mmdeploy-0.14.0/configs and mmdeploy-1.3.1/configs (the wheels lack them).

The three files are written before any weight is read, so no checkpoint is needed.  Absolute
paths in them become @WORK@/NAME.  --verify writes into a temporary folder and compares.
"""
import contextlib
import io
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings

warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)

HERE = os.path.dirname(os.path.abspath(__file__))

GOLDENS = os.path.join(HERE, '..', 'models', 'testdata')

# package: (deploy config, model config[, network input size as width and height])
# The model config is a stock one, or golden:NAME, of ../models/testdata.
PACKAGES = {
    '0.14.0': {
        'resnet18_static': ('mmcls/classification_onnxruntime_static.py',
                            'resnet/resnet18_8xb32_in1k.py'),
        'resnet18_dynamic': ('mmcls/classification_onnxruntime_dynamic.py',
                             'resnet/resnet18_8xb32_in1k.py'),
        'mobilenet-v2_dynamic': ('mmcls/classification_onnxruntime_dynamic.py',
                                 'mobilenet_v2/mobilenet-v2_8xb32_in1k.py'),
        'seresnet50_static': ('mmcls/classification_onnxruntime_static.py',
                              'seresnet/seresnet50_8xb32_in1k.py'),
        'vit-base-p16_dynamic': ('mmcls/classification_onnxruntime_dynamic.py',
                                 'vision_transformer/vit-base-p16_pt-64xb64_in1k-224.py'),
        'vit-base-p16-384_static': ('mmcls/classification_onnxruntime_static.py',
                                    'vision_transformer/vit-base-p16_ft-64xb64_in1k-384.py'),
        'resnet18-cifar10_dynamic': ('mmcls/classification_onnxruntime_dynamic.py',
                                     'resnet/resnet18_8xb16_cifar10.py'),
        'resnet18_static-192x160': ('mmcls/classification_onnxruntime_static.py',
                                    'resnet/resnet18_8xb32_in1k.py', [192, 160]),
        'resnet50-caffe_dynamic': ('mmcls/classification_onnxruntime_dynamic.py',
                                   'golden:resnet50_caffe'),
        'resnetv1c50_dynamic': ('mmcls/classification_onnxruntime_dynamic.py',
                                'golden:resnetv1c50'),
        'resnetv1d50_static': ('mmcls/classification_onnxruntime_static.py',
                               'golden:resnetv1d50'),
        'clshead_dynamic': ('mmcls/classification_onnxruntime_dynamic.py', 'golden:clshead'),
    },
    '1.3.1': {
        'resnet18_dynamic': ('mmpretrain/classification_onnxruntime_dynamic.py',
                             'resnet/resnet18_8xb32_in1k.py'),
        'resnet50_static': ('mmpretrain/classification_onnxruntime_static.py',
                            'resnet/resnet50_8xb32_in1k.py'),
        'resnet50_dynamic': ('mmpretrain/classification_onnxruntime_dynamic.py',
                             'resnet/resnet50_8xb32_in1k.py'),
        'mobilenet-v2_dynamic': ('mmpretrain/classification_onnxruntime_dynamic.py',
                                 'mobilenet_v2/mobilenet-v2_8xb32_in1k.py'),
        'vit-base-p16_dynamic': ('mmpretrain/classification_onnxruntime_dynamic.py',
                                 'vision_transformer/vit-base-p16_64xb64_in1k.py'),
        'resnet18-cifar10_dynamic': ('mmpretrain/classification_onnxruntime_dynamic.py',
                                     'resnet/resnet18_8xb16_cifar10.py'),
        'resnet18_static-192x160': ('mmpretrain/classification_onnxruntime_static.py',
                                    'resnet/resnet18_8xb32_in1k.py', [192, 160]),
        'resnetv1d50_static': ('mmpretrain/classification_onnxruntime_static.py',
                               'golden:resnetv1d50'),
        'clshead_dynamic': ('mmpretrain/classification_onnxruntime_dynamic.py',
                            'golden:clshead'),
    },
}

try:
    import mmdeploy
    from mmdeploy.backend.sdk.export_info import export2SDK
    if mmdeploy.__version__ == '0.14.0':
        import mmcls as package
        from mmcv import Config
    else:
        import mmpretrain as package
        from mmengine.config import Config
except ImportError as error:
    sys.exit(f'make_packages.py: {error}: run it with a Python that has mmdeploy (see README.md)')


def resolved(stock):
    """The stock config without base files, and without what only training needs."""
    root = os.path.join(os.path.dirname(package.__file__), '.mim', 'configs')
    cfg = Config.fromfile(os.path.join(root, stock))
    drop = ('policies', 'policy_imagenet', 'evaluation', 'optimizer', 'optimizer_config',
            'lr_config', 'runner', 'optim_wrapper', 'param_scheduler', 'auto_scale_lr',
            'train_pipeline', 'train_cfg', 'train_dataloader', 'checkpoint_config', 'log_config',
            'default_hooks', 'custom_hooks', 'workflow')
    for key in drop:
        cfg._cfg_dict.pop(key, None)
    if 'data' in cfg:
        cfg.data.pop('train', None)
    cfg.model.pop('train_cfg', None)
    return cfg


def model_config(source, work, models):
    """Puts the model config into work, and a stock one into models too; its path."""
    if source.startswith('golden:'):
        path = os.path.join(work, 'config.py')
        shutil.copy(os.path.join(GOLDENS, package.__name__, source[7:], 'config.py'), path)
        return path
    path = os.path.join(work, os.path.basename(source))
    resolved(source).dump(path)
    os.makedirs(models, exist_ok=True)
    with open(path) as f:
        text = f.read().rstrip() + '\n'
    with open(os.path.join(models, os.path.basename(source)), 'w') as f:
        f.write('# SPDX-License-Identifier: Apache-2.0\n' + text)
    return path


def deploy_config(path, size):
    cfg = Config.fromfile(path)
    if size:
        cfg.onnx_config.input_shape = size[0]
    return cfg


def clean(path, work):
    with open(path) as f:
        text = f.read().replace(work, '@WORK@')
    assert '"/' not in text, path
    json.loads(text)
    with open(path, 'w') as f:
        f.write(text + '\n')


def write(root, release, configs):
    for name, (deploy, source, *size) in PACKAGES[release].items():
        with tempfile.TemporaryDirectory() as work:
            model = model_config(source, work, os.path.join(root, release, 'models'))
            out = os.path.join(root, release, name)
            os.makedirs(out, exist_ok=True)
            with contextlib.redirect_stdout(io.StringIO()):
                export2SDK(deploy_config(os.path.join(configs, deploy), size), model, work,
                           pth=os.path.join(work, 'checkpoint.pth'), device='cpu')
            for file in ('deploy.json', 'pipeline.json', 'detail.json'):
                clean(os.path.join(work, file), work)
                shutil.copy(os.path.join(work, file), out)
        print(f'{release}/{name}')


def comparable(path):
    """JSON with meta_keys sorted: their order is a set's."""
    def sort(x):
        if isinstance(x, dict):
            return {k: sorted(v) if k == 'meta_keys' else sort(v) for k, v in x.items()}
        return [sort(v) for v in x] if isinstance(x, list) else x
    with open(path) as f:
        return sort(json.load(f)) if path.endswith('.json') else f.read()


def compare(root, release):
    failed = 0
    for folder, _, files in os.walk(os.path.join(root, release)):
        for file in files:
            new = os.path.join(folder, file)
            old = os.path.join(HERE, os.path.relpath(new, root))
            if not os.path.exists(old) or comparable(new) != comparable(old):
                print('DIFFERS:', os.path.relpath(new, root))
                failed = 1
    return failed


def main():
    release = mmdeploy.__version__
    root = os.environ.get('MMDEPLOY_REFERENCE')
    configs = os.path.join(root or '', f'mmdeploy-{release}', 'configs')
    if not root or not os.path.isdir(configs):
        sys.exit(f'make_packages.py: set MMDEPLOY_REFERENCE to the folder that holds '
                 f'mmdeploy-{release}/configs')
    if '--verify' not in sys.argv:
        write(HERE, release, configs)
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        write(tmp, release, configs)
        return compare(tmp, release)


if __name__ == '__main__':
    sys.exit(main())
