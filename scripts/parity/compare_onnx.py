# SPDX-License-Identifier: Apache-2.0
"""compare_onnx.py BUILD [--update] [NAME...]: our end2end.onnx beside MMDeploy 0.14's, from the same weights. Runs in the original's
Python; compare_onnx.sh says how it is found."""
import fnmatch
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from mmcv import Config

onnxruntime.set_default_logger_severity(4)
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
GOLDENS = os.path.join(ROOT, 'codebases/mmdet/models/testdata')
PHOTO = os.path.join(ROOT, 'codebases/mmcls/models/testdata/photos/chelsea.jpg')
PEER = os.environ['MMDEPLOY_PEER_ROOT']
PAGE = os.path.join(ROOT, 'docs/parity-onnx.md')
BEGIN, END = '<!-- generated: begin -->', '<!-- generated: end -->'

# Golden, deploy config (both sides have it under one name), what is changed in the golden's config, and the defects of the original
# that explain other rows. Where they can do no harm, two-stage networks have to be equal: the RPN suppresses nothing, and no
# region has two classes above the threshold.
DETECTION, MASKS = 'mmdet/detection/detection_onnxruntime_', 'mmdet/instance-seg/instance-seg_onnxruntime_'
DEFECTS = ('its RPN suppresses boxes of one level by those of another, drops scores below 0.05, ignores `min_bbox_size`; '
           'a region has the box of its best class for all classes')
HARMLESS = {'model.test_cfg.rpn.nms.iou_threshold': 1.0, 'model.test_cfg.rpn.score_thr': 0.05,
            'model.test_cfg.rpn.min_bbox_size': -1, 'model.test_cfg.rcnn.score_thr': 0.5}
MODELS = [('retinanet', DETECTION, {}, None), ('ssd', DETECTION, {}, None), ('yolov3', DETECTION, {}, None),
          ('faster_rcnn', DETECTION, {}, DEFECTS), ('faster_rcnn', DETECTION, HARMLESS, None),
          ('mask_rcnn', MASKS, {}, DEFECTS), ('mask_rcnn', MASKS, HARMLESS, None)]

# Axes that the deploy config names, and that are numbers in our files: masks of a network are 28x28, whatever the input's height
# and width, whose names they have.
FIXED = {('masks', 2), ('masks', 3)}

# A box is the same within these; masks within the last, relative to 1.
PLACE, SCORE, MASK = 0.01, 1e-4, 1e-3


# ---- Both converters.

class Job:
    """A golden's config, changed and on its own, and its checkpoint; deploy config; folder of each side."""

    def __init__(self, out, name, deploy, changes, defect):
        self.deploy, self.defect = deploy, defect
        self.label = name + (', defects harmless' if changes else '')
        self.golden = os.path.join(GOLDENS, '0.x', name)
        self.checkpoint = os.path.join(self.golden, 'checkpoint.pth')
        self.folder = os.path.join(out, name + ('-changed' if changes else ''))
        self.config = Config.fromfile(os.path.join(self.golden, 'config.py'))
        self.config.merge_from_dict(changes)
        self.path = os.path.join(self.folder, 'config.py')
        self.write()

    def write(self):
        """Leaves a file that is the same already as it is: the original's network is made again only when it is older."""
        os.makedirs(self.folder, exist_ok=True)
        text = self.config.pretty_text
        if not os.path.exists(self.path) or open(self.path).read() != text:
            with open(self.path, 'w') as f:
                f.write(text)

    def network(self, side):
        return os.path.join(self.folder, side, 'end2end.onnx')

    def is_made(self, side):
        path = self.network(side)
        return os.path.exists(path) and all(os.path.getmtime(path) > os.path.getmtime(p) for p in (self.path, self.checkpoint))


def convert(job, side, build):
    """None, or the sentence of the converter that failed."""
    folder = os.path.join(job.folder, side)
    os.makedirs(folder, exist_ok=True)
    if side == 'ours':
        command = [os.path.join(build, 'bin/mmdeploy'), 'convert', os.path.join(ROOT, 'configs', job.deploy), job.path,
                   job.checkpoint, PHOTO, '--work-dir', folder, '--verify', 'none', '--dump-info']
    elif job.is_made(side):
        return None
    else:
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'peer_onnx.py')
        command = [sys.executable, script, os.path.join(PEER, 'configs', job.deploy), job.path, job.checkpoint, PHOTO, folder]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    return f'{side}: {([""] + done.stderr.strip().splitlines())[-1][:200]}'


# ---- The faces of the two files.

def nodes(graph):
    return len(graph.node) + sum(nodes(a.g) for n in graph.node for a in n.attribute if a.HasField('g'))


def signature(values):
    """Name, type, and for each dimension its number or None."""
    out = []
    for v in values:
        t = v.type.tensor_type
        out.append((v.name, t.elem_type, tuple(d.dim_value if d.HasField('dim_value') else None for d in t.shape.dim)))
    return out


def names(values, axes):
    """The names of the axes that the config makes dynamic."""
    return {(v.name, i): v.type.tensor_type.shape.dim[i].dim_param for v in values for i in axes.get(v.name, {})}


def fits(shape, peer_shape, free):
    """The original does not know every fixed size, and then gives the axis a name of its own making."""
    return all(d == p if i in free else p is None or d == p for i, (d, p) in enumerate(zip(shape, peer_shape)))


def faces(ours, theirs, axes):
    """What differs in the names, types, ranks and axes of inputs and outputs."""
    found = []
    for what in ('input', 'output'):
        a, b = getattr(ours.graph, what), getattr(theirs.graph, what)
        if [v.name for v in a] != [v.name for v in b]:
            found.append(f'{what}s {[v.name for v in a]}, theirs {[v.name for v in b]}')
            continue
        for (name, kind, shape), (_, peer_kind, peer_shape) in zip(signature(a), signature(b)):
            if kind != peer_kind or len(shape) != len(peer_shape):
                found.append(f'{name}: type {kind}, rank {len(shape)}, theirs {peer_kind}, {len(peer_shape)}')
            elif not fits(shape, peer_shape, axes.get(name, {})):
                found.append(f'{name}: {list(shape)}, theirs {list(peer_shape)}'.replace('None', '?'))
        mine, peer = names(a, axes), names(b, axes)
        found += [f'axis {i} of {name}: {mine[name, i]}, theirs {peer[name, i]}' for name, i in mine
                  if mine[name, i] != peer[name, i]]
    return found


# ---- Their answers.

def pictures(job):
    """Normalised golden pictures of two sizes."""
    arrays = np.load(os.path.join(job.golden, 'arrays.npz'))
    if 'picture_0' not in arrays:
        arrays = np.load(os.path.join(GOLDENS, 'pictures.npz'))
    norm = job.config.img_norm_cfg
    for key in sorted(k for k in arrays if k.startswith('picture_')):
        picture = arrays[key].astype(np.float32)
        if norm.get('to_rgb', True):
            picture = picture[::-1]
        yield ((picture - np.float32(norm.mean)[:, None, None]) / np.float32(norm.std)[:, None, None])[None]


def answer(path, picture):
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    values = session.run(None, {session.get_inputs()[0].name: picture})
    return dict(zip([o.name for o in session.get_outputs()], values))


def match(a, b):
    """Pairs of equal rows of two answers to one picture. Rows of the score 0 are none: the original ends with one where there are
    masks."""
    x, y = a['dets'][0], b['dets'][0]
    free = [i for i in range(len(x)) if x[i, 4] > 0]
    pairs, wanted = [], [k for k in range(len(y)) if y[k, 4] > 0]
    for k in wanted:
        near = [i for i in free if a['labels'][0, i] == b['labels'][0, k] and abs(x[i, 4] - y[k, 4]) <= SCORE and
                np.abs(x[i, :4] - y[k, :4]).max() <= PLACE]
        if near:
            best = min(near, key=lambda i: np.abs(x[i] - y[k]).max())
            free.remove(best)
            pairs.append((best, k))
    return pairs, len(wanted), len(free)


class Answers:
    """Sums over pictures."""

    def __init__(self):
        self.equal = self.wanted = self.left = 0
        self.place = self.score = self.mask = 0.
        self.shapes = set()

    def add(self, a, b):
        pairs, wanted, left = match(a, b)
        self.equal, self.wanted, self.left = self.equal + len(pairs), self.wanted + wanted, self.left + left
        for name in b:
            if a[name].ndim != b[name].ndim or a[name].shape[2:] != b[name].shape[2:]:
                self.shapes.add(f'{name} {list(a[name].shape)}, theirs {list(b[name].shape)}')
            if a[name].dtype != b[name].dtype:
                self.shapes.add(f'{name} {a[name].dtype}, theirs {b[name].dtype}')
        for i, k in pairs:
            d = np.abs(a['dets'][0, i] - b['dets'][0, k])
            self.place, self.score = max(self.place, d[:4].max()), max(self.score, d[4])
            if 'masks' in b:
                self.mask = max(self.mask, np.abs(a['masks'][0, i] - b['masks'][0, k]).max())

    def is_equal(self):
        return self.equal == self.wanted and self.left == 0 and not self.shapes and self.mask <= MASK

    def __str__(self):
        more = f', ours {self.left} more' if self.left else ''
        mask = f', masks {self.mask:.1g}' if self.mask else ''
        return f'{self.equal} of {self.wanted}{more}, {self.place:.1g} px, {self.score:.1g}{mask}'


# ---- The table.

def examine(job):
    files = [onnx.load(job.network(side)) for side in SIDES]
    axes = Config.fromfile(os.path.join(PEER, 'configs', job.deploy)).onnx_config.get('dynamic_axes', {})
    axes = {k: {i: n for i, n in v.items() if (k, i) not in FIXED} for k, v in axes.items()}
    problems, answers = faces(*files, axes), Answers()
    for picture in pictures(job):
        answers.add(*(answer(job.network(side), picture) for side in SIDES))
    problems += sorted(answers.shapes)
    if not answers.is_equal() and not answers.shapes:
        problems.append(job.defect or '**not explained: rows**')
    return [nodes(f.graph) for f in files], answers, problems


def line(job, build):
    """A row of the table, and whether it leaves no question."""
    for side in SIDES:
        problem = convert(job, side, build)
        if problem:
            return f'| {job.label} | | | {problem} |', False
    (ours, theirs), answers, problems = examine(job)
    text = f'| {job.label} | {ours} of {theirs} | {answers} | {"; ".join(problems) or "equal"} |'
    return text, all(p == job.defect for p in problems)


def write_page(lines):
    with open(PAGE) as f:
        text = f.read()
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    table = ['| model | nodes, ours of theirs | rows | result |', '|---|---|---|---|', *lines]
    with open(PAGE, 'w') as f:
        f.write(head + BEGIN + '\n\n' + '\n'.join(table) + '\n\n' + END + tail)


def main():
    arguments = sys.argv[1:]
    update = '--update' in arguments
    build, *wanted = [x for x in arguments if x != '--update']
    build = os.path.abspath(build)
    os.environ['MMDEPLOY_PLUGIN_PATH'] = os.path.join(build, 'lib/mmdeploy')
    lines, good = [], True
    for name, kind, changes, defect in MODELS:
        if wanted and not any(fnmatch.fnmatch(name, n) for n in wanted):
            continue
        job = Job(os.path.join(build, 'parity-onnx'), name, kind + 'dynamic.py', changes, defect)
        text, explained = line(job, build)
        good = good and explained
        lines.append(text)
        print(text, flush=True)
    if update:
        write_page(lines)
    sys.exit(0 if good else 1)


SIDES = ('ours', 'theirs')
if __name__ == '__main__':
    main()
