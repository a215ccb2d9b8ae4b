# SPDX-License-Identifier: Apache-2.0
"""One package by its name, in the current folder: run by make_packages.py.

    model.py weights NAME SOURCE   checkpoint.pth, config.py, pytorch.json
    model.py export NAME SOURCE    the package, exported.json, net_output.npz, heads/
"""
import importlib
import json
import logging
import os
import sys
import warnings

warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
os.environ['TORCH_HOME'] = '/nonexistent'

import answers  # noqa: E402
import calibrate  # noqa: E402
import cv2  # noqa: E402
import edges  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
import torch  # noqa: E402
from table import PACKAGES  # noqa: E402

cv2.setNumThreads(1)
ROOT = os.path.dirname(HERE)


def photos_of(spec):
    photos = [os.path.join(ROOT, p) for p in spec['photos']]
    return [video(photos)] if spec['task'] == 'VideoRecognizer' else photos


def video(photos):
    """The frames as a file, without loss."""
    frames = [cv2.imread(p) for p in photos]
    writer = cv2.VideoWriter('clip.avi', cv2.VideoWriter_fourcc(*'MPNG'), 10,
                             frames[0].shape[1::-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    reader = cv2.VideoCapture('clip.avi')
    for frame in frames:
        assert (reader.read()[1] == frame).all()
    return os.path.abspath('clip.avi')


def size_of(spec):
    return cv2.imread(os.path.join(ROOT, spec['photos'][0])).shape[:2]


def weights(stack, name, spec):
    photos = photos_of(spec)
    seed = spec.get('seed', 0)
    torch.manual_seed(seed)
    np.random.seed(seed)
    importlib.import_module(spec['codebase'])
    cfg = stack.load(spec)
    model = stack.build(spec['codebase'], cfg)

    def run():
        return stack.infer(spec['codebase'], model, cfg, photos, spec.get('boxes'))

    calibrate.calibrate(spec['codebase'], model, run, seed, spec.get('targets', ()))
    if spec['task'] == 'PoseDetector':
        np.save('input.npy', net_input(model, run).numpy())
    stack.save(model, cfg, spec, '.')
    with torch.no_grad():
        result = run()
    rows, arrays = stack.answer(spec, result, size_of(spec))
    if spec.get('scores'):
        with torch.no_grad():
            rows, arrays = answers.score_map(stack.scores(model, cfg, photos[0]))
    answers.save('pytorch', (rows, arrays))
    print(name, 'answers', len(rows), {k: v.shape for k, v in arrays.items()})


def net_input(model, run):
    """What the code base feeds to the net: one crop for each box."""
    inputs, hook = [], calibrate.Before()
    hook.add(model.backbone, lambda m, x: inputs.append(x.clone()))
    with torch.no_grad():
        run()
    hook.remove()
    return inputs[0]


def export(stack, spec, source):
    photos = photos_of(spec)
    line = '0.14.0' if spec['stack'] == 0 else '1.3.1'
    cfg = stack.deploy_config(
        os.path.join(source, 'mmdeploy-' + line, 'configs', spec['deploy']),
        spec.get('deploy_set', {}))
    cfg.dump('deploy_config.py')
    torch.manual_seed(0)
    stack.export('deploy_config.py', spec, photos[0])
    size = size_of(spec)
    codebase = None
    if spec['task'] == 'PoseDetector':  # the exporter's own input is the whole photo
        outputs = run_net(np.load('input.npy'))
        cases = [{k: v[i:i + 1] for k, v in outputs.items()} for i in range(len(spec['boxes']))]
    else:
        result, outputs, again = stack.run_exported('deploy_config.py', spec, photos)
        if not spec.get('scores') and spec['task'] != 'Restorer':
            answers.save('exported', stack.exported_answer(spec, result, size))
        cases = [outputs]

        def codebase(case):
            return stack.exported_answer(spec, again(case), size)

    heads(spec, cases, codebase)
    versions = {k: importlib.import_module(k).__version__
                for k in stack.VERSIONED + (spec['codebase'], )}
    with open('versions.json', 'w') as f:
        json.dump(versions, f)


def heads(spec, cases, codebase):
    """heads/, and what is in them: heads.json.  |codebase|: the code base's answer, or None."""
    known, rows, edge_arrays = {}, [], {}
    for i, case in enumerate(cases):
        ending = f'_{i}' if len(cases) > 1 else ''
        known.update({k + ending: v for k, v in case.items()})
        rows.append((f'photo{ending}', i, case))
    answers.save_npz('net_output.npz', known)
    if spec.get('edges'):
        rows += [(k, 0, v) for k, v in edges.OF_TASK[spec['task']](cases[0]).items()]
    listed = []
    for case_name, box, case in rows:
        constant_net(case, f'heads/{case_name}')
        listed.append({'name': case_name, 'box': box, 'outputs': {}})
        for key, value in case.items():
            same = [k for k, v in known.items() if v is value]
            if not same:
                edge_arrays[f'{case_name}.{key}'] = value
            listed[-1]['outputs'][key] = ['net_output.npz', same[0]] if same \
                else ['edges.npz', f'{case_name}.{key}']
        if codebase and not case_name.startswith('photo') and spec['task'] != 'Restorer':
            add_codebase(listed[-1], codebase, case)
    if edge_arrays:
        answers.save_npz('edges.npz', edge_arrays)
    with open('heads.json', 'w') as f:
        json.dump(listed, f)


def add_codebase(row, codebase, case):
    try:
        row['codebase'], arrays = codebase(case)
    except Exception as error:  # noqa: BLE001  the code base does not take everything
        row['codebase'] = {'error': f'{type(error).__name__}: {error}'[:200]}
        return
    if arrays:
        row['codebase_arrays'] = f"codebase_{row['name']}.npz"
        answers.save_npz(row['codebase_arrays'], arrays)


def run_net(inputs):
    import onnxruntime
    session = onnxruntime.InferenceSession('end2end.onnx', providers=['CPUExecutionProvider'])
    names = [o.name for o in session.get_outputs()]
    rows = [session.run(None, {session.get_inputs()[0].name: x[None]}) for x in inputs]
    return {n: np.concatenate([r[i] for r in rows]) for i, n in enumerate(names)}


def constant_net(outputs, folder):
    """The package again, with a net that always gives |outputs|: its head alone."""
    os.makedirs(folder, exist_ok=True)
    real = onnx.load('end2end.onnx')
    nodes = [onnx.helper.make_node(
        'Constant', [], [k], value=onnx.numpy_helper.from_array(np.ascontiguousarray(v)))
        for k, v in outputs.items()]
    values = [onnx.helper.make_tensor_value_info(
        k, onnx.helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for k, v in outputs.items()]
    inputs = [onnx.helper.make_tensor_value_info(i.name, i.type.tensor_type.elem_type, None)
              for i in real.graph.input]
    model = onnx.helper.make_model(
        onnx.helper.make_graph(nodes, 'head', inputs, values),
        opset_imports=[onnx.helper.make_opsetid('', 11)], ir_version=6)
    onnx.save(model, os.path.join(folder, 'end2end.onnx'))
    for file in os.listdir('.'):
        if file in ('deploy.json', 'pipeline.json', 'dict_file.txt'):
            with open(file, 'rb') as f, open(os.path.join(folder, file), 'wb') as g:
                g.write(f.read())


def main():
    verb, name, source = sys.argv[1:4]
    torch.set_num_threads(1)
    spec = PACKAGES[name]
    stack = importlib.import_module(f"stack{spec['stack']}")
    if spec.get('narrow'):
        import narrow
        getattr(narrow, spec['narrow'])(spec['stack'])
    if verb == 'weights':
        weights(stack, name, spec)
    else:
        export(stack, spec, source)


if __name__ == '__main__':
    main()
