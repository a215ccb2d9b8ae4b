# SPDX-License-Identifier: Apache-2.0
"""compare_sdk.py BUILD [--update] [NAME...]: both SDKs on the same packages and photos."""
import fnmatch
import json
import os
import subprocess
import sys

import cv2
import numpy as np
import real_packages

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
TASKS = os.path.join(ROOT, 'tests/tasks')
PAGE = os.path.join(ROOT, 'docs/parity-sdk.md')
ASSETS = os.environ['MMDEPLOY_ASSETS']
BEGIN, END = '<!-- generated: begin -->', '<!-- generated: end -->'

# As both promise them: pixels, scores, masks. Rows of nearly equal scores may change places.
PLACE, SCORE, IOU, TIE = 0.01, 1e-4, 0.999, 1e-5

# Differences that a defect of the original explains: package, what differs, the defect.
CROP = 'people are cut out by whole pixels'
NARROW = 'DBHead rounds corners, and the longer side decides what is too small'
DICTIONARY = 'CTCConvertor of 0.x: every character is shifted by one, scores are raw logits'
UDP = '`use_udp` of TopDownAffine is not read; the refinement reads behind the map; 1.x is blurred as 0.x'
FRAMES = 'its Python class reads frames that are gone: it crashes, or answers otherwise each time'
DEFECTS = [
    ('text-detection_pa*', 'fails', 'PANHead crashes in cv::connectedComponents'),
    ('text-detection_pse*', 'fails', 'PSEHead crashes in cv::connectedComponents'),
    ('text-detection_dbnet', 'fails', 'DBHead refuses maps of four axes, as the converter 0.14 writes them'),
    ('text-recognition_sar_1x', 'fails', 'the transform PadToWidth is not there'),
    ('text-detection_dbnet_1x', 'rows', NARROW),
    ('real_ppocr_det', 'rows', NARROW + '; `epsilon_ratio` is not read'),
    ('text-recognition_crnn', 'text', DICTIONARY),
    ('pose_hrnet_udp_combined', 'third person', CROP),
    ('pose_hrnet_udp*', 'rows', UDP),
    ('pose_res18_1x', 'rows', CROP + '; the quarter shift takes both axes together, mmpose 1.x each alone'),
    ('pose*', 'third person', CROP),
    ('pose-tracker_rtmpose_1x', 'rows', CROP),
    ('rotated-detection_retinanet_1x', 'rows', 'the angle stays where the scales of the two axes differ; mmrotate 1.x turns the box'),
    ('instance-seg_*', 'masks', 'masks are warped with weights of 1/32; a pixel belongs above the threshold'),
    ('video_*', 'fails', FRAMES),
    ('video_*', 'rows', FRAMES),
    ('real_mobilenet_v2', 'rows', "`backend='pillow'` of Resize is ignored"),
    ('*', 'cut', 'boxes are cut at width - 1 and height - 1'),
]


def load(stem):
    with open(stem + '.json') as f:
        rows = json.load(f)
    arrays = dict(np.load(stem + '.npz')) if os.path.exists(stem + '.npz') else {}
    return rows, arrays


def run(command, stem):
    for suffix in ('.json', '.npz'):
        if os.path.exists(stem + suffix):
            os.remove(stem + suffix)
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, **ENVIRONMENT))
    if done.returncode == 0:
        return load(stem)
    last = [line for line in done.stderr.strip().splitlines() if line.strip()] or ['']
    return 'crash' if done.returncode < 0 else 'refused', f'exit {done.returncode}: {last[-1][-160:]}'


def ours(build, job, stem):
    return run([os.path.join(build, 'bin/task_answers'), stem, job['package'], job['meta'], *job['photos']], stem)


def theirs(job, stem):
    """An abort now and then is none of the package's."""
    with open(job['meta']) as f:
        meta = json.load(f)
    boxes = meta.get('boxes') or meta.get('clip') or []
    script = os.path.join(os.path.dirname(__file__), 'peer_answers.py')
    for _ in range(3):
        answer = run([sys.executable, script, job['package'], meta['task'], stem, json.dumps(boxes), *job['photos']], stem)
        if answer[0] != 'crash':
            break
    return answer


# ---- Comparing.

def apart(a, b, size, is_cut):
    """Largest differences (place, score) of two rows."""
    if a.get('label_id') != b.get('label_id') or a.get('text') != b.get('text'):
        return np.inf, np.inf
    place = score = 0.
    for key in ('bbox', 'rbox', 'polygon'):
        if key in a:
            x, y = np.array(a[key], float), np.array(b[key], float)
            if is_cut and key == 'bbox':
                x = np.minimum(x, [size[1] - 1, size[0] - 1] * 2)
            place = np.abs(x - y).max()
    if 'keypoints' in a:
        x, y = np.array(a['keypoints'], float), np.array(b['keypoints'], float)
        place, score = np.abs(x - y)[:, :2].max(), np.abs(x - y)[:, 2].max()
    if 'scores' in a and len(a['scores']) == len(b['scores']):
        score = np.abs(np.array(a['scores'], float) - np.array(b['scores'], float)).max(initial=0)
    if 'score' in a:
        score = max(score, abs(a['score'] - float(b['score'])))
    return place, score


def match(a, b, size, is_cut):
    """For each row of |b| the row of |a| that it is, and the largest differences of those found."""
    free, found, worst = set(range(len(a))), [], np.zeros(2)
    for row in b:
        best = min(free, key=lambda i: sum(apart(a[i], row, size, is_cut)), default=None)
        d = apart(a[best], row, size, is_cut) if best is not None else (np.inf, np.inf)
        if d[0] <= PLACE and d[1] <= SCORE:
            free.discard(best)
            found.append(best)
            worst = np.maximum(worst, d)
        else:
            found.append(None)
    return found, worst


def mask_iou(a, b, found):
    b = np.unpackbits(b, axis=2)[:, :, :a.shape[2]]
    return min([(x & y).sum() / max((x | y).sum(), 1) if (x | y).any() else 1.
                for x, y in ((a[i], b[k]) for k, i in enumerate(found) if i is not None)], default=1.)


def compare_arrays(a, b, found):
    kinds, notes = [], []
    for key, wanted in b.items():
        if key == 'masks':
            iou = mask_iou(a[key], wanted, found)
            notes.append(f'IoU {iou:.3f}')
            if iou < IOU:
                kinds.append('masks')
        elif a[key].shape != wanted.shape:
            kinds.append(key)
        elif key == 'mask':
            notes.append(f'{(a[key] == wanted).mean():.2%} of labels')
            if (a[key] == wanted).mean() < IOU:
                kinds.append('label map')
        else:
            d = np.abs(a[key].astype(float) - wanted.astype(float)).max()
            notes.append(f'{key} {d:.1g}')
            if d > (1 if key == 'image' else SCORE):
                kinds.append(key)
    return kinds, notes


def compare(a, b, size):
    """(kinds of difference, notes)"""
    (rows, arrays), (peer_rows, peer_arrays) = a, b
    kinds = []
    found, worst = match(rows, peer_rows, size, False)
    if len(rows) != len(peer_rows) or None in found:
        # Of a box that begins within the last pixel nothing is left by that cut.
        within = [r for r in rows if 'bbox' not in r or (r['bbox'][0] <= size[1] - 1 and r['bbox'][1] <= size[0] - 1)]
        cut, cut_worst = match(within, peer_rows, size, True)
        if len(within) == len(peer_rows) and None not in cut:
            kinds, worst = ['cut'], cut_worst
            found = [next(i for i, r in enumerate(rows) if r is within[k]) for k in cut]
        elif peer_rows and 'text' in peer_rows[0]:
            kinds = ['text']
        elif len(rows) == 3 and 'keypoints' in rows[0] and None not in found[:2]:
            kinds = ['third person']
        else:
            kinds = ['rows']
    more, notes = compare_arrays(arrays, peer_arrays, found)
    matched = sum(i is not None for i in found)
    if peer_rows or rows:
        notes.insert(0, f'{matched} of {len(peer_rows)}' + (f', ours {len(rows)}' if len(rows) != len(peer_rows) else ''))
    if matched:
        notes.append(f'{worst[0]:.1g} px, {worst[1]:.1g}')
    return kinds + more, notes


def explain(name, kind):
    for pattern, what, defect in DEFECTS:
        if fnmatch.fnmatch(name, pattern) and what == kind:
            return defect
    return None


# ---- Jobs.

def task_jobs():
    extra = [os.path.join(ASSETS, 'images', n) for n in ('chelsea.png', 'coffee.png')]
    page = [os.path.join(ASSETS, 'pages/page.png')]
    for name in sorted(os.listdir(os.path.join(TASKS, 'packages'))):
        path = os.path.join(TASKS, 'goldens', name, 'meta.json')
        with open(path) as f:
            meta = json.load(f)
        photos = [os.path.join(TASKS, p) for p in meta['photos']]
        job = dict(name=name, package=os.path.join(TASKS, 'packages', name), meta=path, photos=photos)
        yield job
        # Of larger pictures its instance masks break its own memory: wild labels, lost rows, crashes.
        if meta['task'] in ('Detector', 'RotatedDetector', 'Segmentor') and 'instance' not in name:
            for photo in extra:
                yield dict(job, photos=[photo])
        if meta['task'] == 'TextDetector':
            yield dict(job, photos=page)


def write_meta(folder, task):
    path = folder + '.meta.json'
    with open(path, 'w') as f:
        json.dump(dict(task=task), f)
    return path


def real_jobs(out):
    images, networks = os.path.join(ASSETS, 'images'), os.path.join(ASSETS, 'networks')
    folder = os.path.join(out, 'real_ppocr_det')
    real_packages.text_detection(folder, networks)
    for photo in (os.path.join(ASSETS, 'pages/page.png'), os.path.join(TASKS, 'photos/page.png')):
        yield dict(name='real_ppocr_det', package=folder, meta=write_meta(folder, 'TextDetector'), photos=[photo])
    folder = os.path.join(out, 'real_ppocr_rec')
    real_packages.text_recognition(folder, networks)
    for photo in (*lines_of_page(os.path.join(ASSETS, 'pages/page.png'), out), os.path.join(TASKS, 'photos/word.png')):
        yield dict(name='real_ppocr_rec', package=folder, meta=write_meta(folder, 'TextRecognizer'), photos=[photo])
    demo = os.path.join(ROOT, 'build/demo/mobilenet_v2')
    if not os.path.isdir(demo):
        print('no build/demo/mobilenet_v2: run make demo to compare the classifier', file=sys.stderr)
        return
    for backend in (None, 'pillow'):
        name = 'real_mobilenet_v2' + ('' if backend else '_opencv')
        folder = os.path.join(out, name)
        real_packages.classification(folder, demo, backend)
        for photo in sorted(os.listdir(images))[:8]:
            yield dict(name=name, package=folder, meta=write_meta(folder, 'Classifier'),
                       photos=[os.path.join(images, photo)])


def lines_of_page(path, out):
    """Two printed lines of the photo of a page."""
    page = cv2.imread(path)
    for i, (top, bottom) in enumerate(((8, 32), (62, 84))):
        line = os.path.join(out, f'page_line_{i + 1}.png')
        cv2.imwrite(line, page[top:bottom, 4:])
        yield line


# ---- The table.

def examine(build, out, job):
    stem = os.path.join(out, job['name'] + '-' + os.path.splitext(os.path.basename(job['photos'][0]))[0])
    a, b = ours(build, job, stem + '-ours'), theirs(job, stem + '-theirs')
    if a[0] in ('crash', 'refused'):
        return ['ours fails'], [a[1]]
    if b[0] in ('crash', 'refused'):
        return ['fails'], [f'{b[0]}, ours {len(a[0])}']
    return compare(a, b, cv2.imread(job['photos'][0]).shape[:2])


def main():
    arguments = sys.argv[1:]
    update = '--update' in arguments
    build, *names = [x for x in arguments if x != '--update']
    build = os.path.abspath(build)
    ENVIRONMENT['MMDEPLOY_PLUGIN_PATH'] = os.path.join(build, 'lib/mmdeploy')
    out = os.path.join(build, 'parity-sdk')
    os.makedirs(out, exist_ok=True)
    lines, unexplained, equal, count = [], 0, 0, 0
    for job in [*task_jobs(), *real_jobs(out)]:
        if names and not any(fnmatch.fnmatch(job['name'], n) for n in names):
            continue
        kinds, notes = examine(build, out, job)
        reasons = [explain(job['name'], k) for k in kinds]
        unexplained += reasons.count(None)
        equal += not kinds
        count += 1
        verdict = 'equal' if not kinds else '; '.join(r or f'**not explained: {k}**' for k, r in zip(kinds, reasons))
        photo = os.path.basename(job['photos'][0]) + (' …' if len(job['photos']) > 1 else '')
        lines.append(f'| {job["name"]} | {photo} | {", ".join(notes)} | {verdict} |')
        print(lines[-1], flush=True)
    total = f'{count} comparisons: {equal} equal, {count - equal - unexplained} explained by a defect, {unexplained} not explained.'
    print(total)
    if update:
        with open(PAGE) as f:
            text = f.read()
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        table = ['| package | photo | found | result |', '|---|---|---|---|', *lines]
        with open(PAGE, 'w') as f:
            f.write(head + BEGIN + '\n\n' + total + '\n\n' + '\n'.join(table) + '\n\n' + END + tail)
    sys.exit(1 if unexplained else 0)


ENVIRONMENT = {}
if __name__ == '__main__':
    main()
