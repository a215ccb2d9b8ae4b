# SPDX-License-Identifier: Apache-2.0
"""The 0.x code bases: configs, models, their own inference, MMDeploy 0.14's exporter."""
import importlib
import os

import answers
import numpy as np
import torch

try:
    from mmcv import Config
except ImportError:
    from mmengine.config import Config  # stack1.py takes half of this file

VERSIONED = ('torch', 'mmcv', 'mmdeploy', 'onnxruntime')


def stock(codebase, name):
    root = os.path.dirname(importlib.import_module(codebase).__file__)
    return Config.fromfile(os.path.join(root, '.mim', 'configs', name))


def without_weights(node):
    """Nothing that would be downloaded."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ('pretrained', 'load_from', 'resume_from', 'pretrained2d'):
                node[key] = False if key == 'pretrained2d' else None
            elif key == 'init_cfg' and isinstance(value, dict) and \
                    value.get('type') == 'Pretrained':
                node[key] = None
            else:
                without_weights(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            without_weights(value)


def load(spec):
    cfg = stock(spec['codebase'], spec['config'])
    for key, value in spec.get('replace', {}).items():
        parent, _, last = key.rpartition('.')
        node = cfg
        for part in parent.split('.') if parent else ():
            node = node[int(part)] if part.isdigit() else node[part]
        node[last] = value
    cfg.merge_from_dict(spec.get('set', {}), allow_list_keys=True)
    without_weights(cfg._cfg_dict)
    return cfg


def build(codebase, cfg):
    if codebase == 'mmpose':
        from mmpose.models import build_posenet
        model = build_posenet(cfg.model)
    elif codebase == 'mmedit':
        from mmedit.models import build_model
        model = build_model(cfg.model, test_cfg=cfg.get('test_cfg'))
        model.test_cfg = Config(dict(model.test_cfg or {}, metrics=None))._cfg_dict
    elif codebase == 'mmaction':
        from mmaction.models import build_model
        model = build_model(cfg.model)
    elif codebase == 'mmseg':
        from mmcv.cnn.utils import revert_sync_batchnorm
        from mmseg.models import build_segmentor
        model = revert_sync_batchnorm(build_segmentor(cfg.model))
    else:
        from mmcv.cnn.utils import revert_sync_batchnorm
        models = importlib.import_module(codebase + '.models')
        model = revert_sync_batchnorm(models.build_detector(cfg.model))
    if codebase == 'mmedit':
        model.init_weights(pretrained=None)
    else:
        model.init_weights()
    model.cfg = cfg
    model.CLASSES = class_names(codebase, cfg)
    return model.eval()


def class_names(codebase, cfg):
    if codebase == 'mmocr':
        return ('text', )
    if codebase in ('mmdet', 'mmseg', 'mmrotate'):
        module = importlib.import_module(
            codebase + ('.datasets.builder' if codebase == 'mmrotate' else '.datasets'))
        registry = module.ROTATED_DATASETS if codebase == 'mmrotate' else module.DATASETS
        return registry.get(cfg.dataset_type).CLASSES
    return None


def save(model, cfg, spec, folder):
    from mmcv.runner import save_checkpoint
    meta = dict(config=cfg.pretty_text, CLASSES=model.CLASSES)
    if spec['codebase'] == 'mmseg':
        from mmseg.datasets import DATASETS
        meta['PALETTE'] = DATASETS.get(cfg.dataset_type).PALETTE
    save_checkpoint(model, os.path.join(folder, 'checkpoint.pth'), meta=meta)
    cfg.dump(os.path.join(folder, 'config.py'))


def infer(codebase, model, cfg, photos, boxes):
    """What the code base's own API returns."""
    photo = photos[0]
    if codebase in ('mmdet', 'mmrotate'):
        from mmdet.apis import inference_detector
        return inference_detector(model, photo)
    if codebase == 'mmseg':
        from mmseg.apis import inference_segmentor
        return inference_segmentor(model, photo)
    if codebase == 'mmocr':
        import mmocr.datasets  # noqa: F401  registers the pipelines
        from mmocr.apis import model_inference
        return model_inference(model, photo)
    if codebase == 'mmpose':
        from mmpose.apis import inference_top_down_pose_model
        from mmpose.datasets import DatasetInfo
        # the runtime's box includes its last pixel, mmpose's does not
        people = [{'bbox': np.array(b, np.float32) + np.float32([0, 0, 1, 1])} for b in boxes]
        return inference_top_down_pose_model(
            model, photo, people, format='xyxy', dataset=cfg.data.test.type,
            dataset_info=DatasetInfo(cfg.data.test.dataset_info))[0]
    if codebase == 'mmedit':
        from mmedit.apis import restoration_inference
        return restoration_inference(model, photo)
    from mmaction.apis import inference_recognizer
    return inference_recognizer(model, photo)


def answer(spec, result, size):
    task = spec['task']
    if task == 'Detector':
        return answers.per_class(result, size=size)
    if task == 'RotatedDetector':
        return answers.per_class(result, key='rbox')
    if task == 'Segmentor':
        return answers.label_map(result[0])
    if task == 'TextDetector':
        return answers.polygons(result['boundary_result'])
    if task == 'TextRecognizer':
        scores = result['score']
        return answers.text(result['text'], scores if np.ndim(scores) else [scores])
    if task == 'PoseDetector':
        return answers.keypoints([p['keypoints'] for p in result])
    if task == 'Restorer':
        x = result.squeeze(0).clamp(0, 1).permute(1, 2, 0).numpy() if torch.is_tensor(result) \
            else result
        return answers.image(np.round(x * 255.))
    return answers.labels(result)


def scores(model, cfg, photo):
    """mmseg: the scores of all classes at the photo's size, as simple_test has them."""
    kept, inference = [], model.inference
    model.inference = lambda *a, **k: kept.append(inference(*a, **k)) or kept[-1]
    infer('mmseg', model, cfg, [photo], None)
    del model.inference
    return kept[0][0].detach().numpy()


# ---------------------------------------------------------------- the exporter


def deploy_config(path, overrides):
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(overrides)
    return cfg


def export(deploy, spec, photo):
    """What tools/deploy.py does with --dump-info, in the current folder."""
    from mmdeploy.apis import torch2onnx
    from mmdeploy.backend.sdk.export_info import export2SDK
    export2SDK(deploy, 'config.py', '.', pth='checkpoint.pth', device='cpu')
    torch2onnx(photo, '.', 'end2end.onnx', deploy, 'config.py', 'checkpoint.pth', device='cpu')


def run_exported(deploy, spec, photos):
    """The code base's post-processing on the exported net: result, net outputs, and a function
    that gives the result on other outputs."""
    from mmdeploy.apis.utils import build_task_processor
    from mmdeploy.utils import get_input_shape, load_config
    deploy, cfg = load_config(deploy, 'config.py')
    processor = build_task_processor(cfg, deploy, 'cpu')
    model = processor.init_backend_model(['end2end.onnx'])
    calls = record(model.wrapper)
    data, _ = processor.create_input(photos[0], get_input_shape(deploy))

    def run():
        with torch.no_grad():
            return processor.run_inference(model, data)

    return run(), calls[0], lambda outputs: replay(model.wrapper, outputs, run)


def record(wrapper):
    """A list that gets the outputs of each call."""
    calls, forward = [], wrapper.forward

    def call(inputs):
        outputs = forward(inputs)
        calls.append({k: v.numpy().copy() for k, v in outputs.items()})
        return outputs

    wrapper.forward = call
    return calls


def replay(wrapper, outputs, run):
    wrapper.forward = lambda inputs: {k: torch.from_numpy(v.copy()) for k, v in outputs.items()}
    return run()


def exported_answer(spec, result, size):
    task = spec['task']
    first = result[0] if isinstance(result, list) and len(result) == 1 else result
    if task == 'VideoRecognizer':
        return answers.labels(list(enumerate(np.asarray(first).reshape(-1))))
    if task == 'Segmentor':
        return answers.label_map(np.asarray(first).squeeze())
    if task == 'TextRecognizer':
        return answer(spec, dict(text=first['text'], score=first['score']), size)
    return answer(spec, first, size)
