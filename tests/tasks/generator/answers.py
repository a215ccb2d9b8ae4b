# SPDX-License-Identifier: Apache-2.0
"""Answers of all tasks in one form: a list for JSON, and arrays by name."""
import io
import zipfile

import numpy as np
from jsontext import save_json


def number(x):
    """JSON has no NaN and no infinity: these become "nan", "inf", "-inf"."""
    x = float('%.9g' % float(x))
    return x if np.isfinite(x) else str(x)


def numbers(x):
    return [number(v) for v in np.asarray(x, dtype=np.float64).reshape(-1)]


def save_npz(path, arrays):
    """numpy's .npz, deflated and without dates: the same bytes every time."""
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
        for name in sorted(arrays):
            b = io.BytesIO()
            np.lib.format.write_array(b, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            z.writestr(zipfile.ZipInfo(name + '.npy'), b.getvalue(), zipfile.ZIP_DEFLATED)


def save(stem, answer):
    rows, arrays = answer
    save_json(stem + '.json', rows)
    if arrays:
        save_npz(stem + '.npz', arrays)


def pack_masks(masks, height, width):
    bits = np.zeros((len(masks), height, width), np.uint8)
    for i, m in enumerate(masks):
        bits[i] = np.asarray(m) > 0
    return np.packbits(bits, axis=2)


def boxes(table, labels, masks=None, size=None, key='bbox'):
    """|table|: rows of a box and its score.  The best comes first."""
    table, labels = np.asarray(table, np.float32), np.asarray(labels).reshape(-1)
    table = table.reshape(len(labels), table.shape[-1] if table.ndim == 2 else 0)
    order = np.argsort(-table[:, -1], kind='stable') if len(labels) else []
    rows = [{'label_id': int(labels[i]), 'score': number(table[i, -1]),
             key: numbers(table[i, :-1])} for i in order]
    arrays = {}
    if masks is not None:
        arrays['masks'] = pack_masks([masks[i] for i in order], *size)
    return rows, arrays


def per_class(result, key='bbox', size=None):
    """mmdet 0.x: one array of boxes for each class, and perhaps masks."""
    masks = None
    if isinstance(result, tuple):
        result, masks = result
        masks = [m for ms in masks for m in ms]
    labels = np.concatenate([np.full(len(r), i) for i, r in enumerate(result)])
    return boxes(np.concatenate(result), labels, masks, size, key)


def polygons(rows):
    """Rows of coordinates and a score."""
    return [{'polygon': numbers(r[:-1]), 'score': number(r[-1])} for r in rows], {}


def text(string, scores):
    scores = numbers(scores)
    return [{'text': string, 'score': number(np.mean(scores)) if scores else 0.,
             'scores': scores}], {}


def keypoints(people):
    return [{'keypoints': [numbers(p) for p in np.asarray(points)]} for points in people], {}


def labels(pairs, count=5):
    best = sorted(pairs, key=lambda p: -p[1])[:count]
    return [{'label_id': int(i), 'score': number(s)} for i, s in best], {}


def label_map(mask):
    return [], {'mask': np.asarray(mask).astype(np.uint8)}


def score_map(scores):
    return [], {'scores': np.asarray(scores, np.float32)}


def image(rgb):
    return [], {'image': np.asarray(rgb, np.uint8)}
