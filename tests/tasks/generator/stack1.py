# SPDX-License-Identifier: Apache-2.0
"""The 1.x code bases: configs, models, their own inference, MMDeploy 1.3's exporter."""
import copy
import importlib
import os

import answers
import numpy as np
import stack0
import torch

VERSIONED = ('torch', 'mmcv', 'mmengine', 'mmdeploy', 'onnxruntime')


def load(spec):
    cfg = stack0.load(spec)
    if any(key.startswith('test_pipeline.') for key in spec['set']):
        cfg.test_dataloader.dataset.pipeline = cfg.test_pipeline
    return cfg


def build(codebase, cfg):
    from mmengine.model import revert_sync_batchnorm
    from mmengine.registry import MODELS, init_default_scope
    importlib.import_module(codebase + '.utils').register_all_modules(init_default_scope=True)
    if codebase in ('mmrotate', 'mmocr'):
        from mmdet.utils import register_all_modules
        register_all_modules(init_default_scope=False)
    init_default_scope(cfg.get('default_scope', codebase))
    model = revert_sync_batchnorm(MODELS.build(copy.deepcopy(cfg.model)))
    model.init_weights()
    model.cfg = model._config = cfg
    model.dataset_meta = dataset_meta(codebase, cfg)
    return model.eval()


def dataset_meta(codebase, cfg):
    if codebase == 'mmpose':
        from mmpose.apis.inference import dataset_meta_from_config
        return dataset_meta_from_config(cfg, dataset_mode='test')
    loader = cfg.test_dataloader
    dataset = (loader[0] if isinstance(loader, list) else loader).dataset
    while 'datasets' in dataset or 'dataset' in dataset:
        dataset = dataset['datasets'][0] if 'datasets' in dataset else dataset['dataset']
    from mmengine.registry import DATASETS
    with DATASETS.switch_scope_and_registry(cfg.get('default_scope', codebase)) as registry:
        cls = registry.get(dataset['type'])
    return dict(getattr(cls, 'METAINFO', None) or {}, **(dataset.get('metainfo') or {}))


def save(model, cfg, spec, folder):
    from mmengine.runner import save_checkpoint
    meta = dict(cfg=cfg.pretty_text, dataset_meta=model.dataset_meta, epoch=1, iter=1)
    save_checkpoint(dict(meta=meta, state_dict=model.state_dict()),
                    os.path.join(folder, 'checkpoint.pth'))
    load(spec).dump(os.path.join(folder, 'config.py'))


def ocr_inferencer(model, cfg):
    from mmocr.apis import TextDetInferencer, TextRecInferencer
    base = TextDetInferencer if hasattr(model, 'det_head') else TextRecInferencer
    known = type(base.__name__, (base, ), {'_init_model': lambda self, *a, **k: model})
    inferencer = known(model=cfg.filename, weights='none', device='cpu')
    inferencer.cfg = copy.deepcopy(cfg)
    inferencer.pipeline = inferencer._init_pipeline(inferencer.cfg)
    return inferencer


def infer(codebase, model, cfg, photos, boxes):
    """What the code base's own API returns."""
    photo = photos[0]
    if codebase in ('mmdet', 'mmrotate'):
        from mmdet.apis import inference_detector
        return inference_detector(model, photo)
    if codebase == 'mmseg':
        from mmseg.apis import inference_model
        return inference_model(model, photo)
    if codebase == 'mmocr':
        return ocr_inferencer(model, cfg)(photo, return_datasamples=True,
                                          progress_bar=False)['predictions'][0]
    if codebase == 'mmpose':
        from mmpose.apis import inference_topdown
        # the runtime's box includes its last pixel, mmpose's does not
        table = np.array(boxes, np.float32) + np.array([0, 0, 1, 1], np.float32)
        return inference_topdown(model, photo, table)
    if codebase == 'mmaction':
        from mmaction.apis import inference_recognizer
        return inference_recognizer(model, photo)
    from mmengine.dataset import Compose, pseudo_collate
    steps = [t for t in cfg.test_pipeline
             if not (t['type'] == 'LoadImageFromFile' and t.get('key') == 'gt')]
    data = Compose(steps)(dict(img_path=photo))
    return model.test_step(pseudo_collate([data]))[0]


def array(x):
    x = getattr(x, 'tensor', x)  # boxes of mmdet and mmrotate
    return x.detach().cpu().numpy() if torch.is_tensor(x) else np.asarray(x)


def answer(spec, result, size):
    task = spec['task']
    if task in ('Detector', 'RotatedDetector'):
        p = result.pred_instances
        table = np.concatenate([array(p.bboxes), array(p.scores).reshape(-1, 1)], 1)
        masks = array(p.masks) if 'masks' in p else None
        key = 'rbox' if task == 'RotatedDetector' else 'bbox'
        return answers.boxes(table, array(p.labels), masks, size, key)
    if task == 'Segmentor':
        return answers.label_map(array(result.pred_sem_seg.data).squeeze())
    if task == 'TextDetector':
        p = result.pred_instances
        rows = [np.append(polygon, score) for polygon, score in
                zip(p.polygons, array(p.scores))]
        return answers.polygons(rows)
    if task == 'TextRecognizer':
        return answers.text(result.pred_text.item, array(result.pred_text.score))
    if task == 'PoseDetector':
        people = []
        for r in result if isinstance(result, list) else [result]:
            p = r.pred_instances
            for points, scores_ in zip(array(p.keypoints), array(p.keypoint_scores)):
                people.append(np.concatenate([points, scores_.reshape(-1, 1)], 1))
        return answers.keypoints(people)
    if task == 'Restorer':
        x = array(result.output.pred_img).squeeze()
        return answers.image(np.round(x.clip(0, 255)).transpose(1, 2, 0)[:, :, ::-1])
    scores_ = result.pred_score if 'pred_score' in result else result.pred_scores.item
    return answers.labels(list(enumerate(array(scores_).reshape(-1))))


def scores(model, cfg, photo):
    result = infer('mmseg', model, cfg, [photo], None)
    return array(result.seg_logits.data)


deploy_config = stack0.deploy_config
export = stack0.export


def run_exported(deploy, spec, photos):
    """The code base's post-processing on the exported net: result, net outputs, and a function
    that gives the result on other outputs."""
    from mmdeploy.apis.utils import build_task_processor
    from mmdeploy.utils import get_input_shape, load_config
    deploy, cfg = load_config(deploy, 'config.py')
    processor = build_task_processor(cfg, deploy, 'cpu')
    model = processor.build_backend_model(
        ['end2end.onnx'], data_preprocessor_updater=processor.update_data_preprocessor)
    calls = stack0.record(model.wrapper)
    data, _ = processor.create_input(photos[0], get_input_shape(deploy))

    def run():
        with torch.no_grad():
            return model.test_step(copy.deepcopy(data))[0]

    return run(), calls[0], lambda outputs: stack0.replay(model.wrapper, outputs, run)


exported_answer = answer
