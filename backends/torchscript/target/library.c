// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/target/library.h"

static const char g_reshape[] =
    "def reshape(x: Tensor,\n"
    "    shape: List[int]) -> Tensor:\n"
    "  sizes = annotate(List[int], [])\n"
    "  for i in range(torch.len(shape)):\n"
    "    size = shape[i]\n"
    "    if torch.eq(size, 0):\n"
    "      size0 = torch.size(x, i)\n"
    "    else:\n"
    "      size0 = size\n"
    "    _0 = torch.append(sizes, size0)\n"
    "  return torch.reshape(x, sizes)\n";

// Greedy, class by class, best scores first; of equal scores the first. Boxes are two corners.
static const char g_nms[] =
    "def nms(boxes: Tensor,\n"
    "    scores: Tensor,\n"
    "    most: int,\n"
    "    iou: float,\n"
    "    score: float,\n"
    "    has_score: bool,\n"
    "    is_center: bool) -> Tensor:\n"
    "  a = torch.slice(boxes, 2, 0, 2)\n"
    "  b = torch.slice(boxes, 2, 2, 4)\n"
    "  if is_center:\n"
    "    half = torch.div(b, 2.)\n"
    "    low = torch.sub(a, half)\n"
    "    high = torch.add(a, half)\n"
    "  else:\n"
    "    low = torch.minimum(a, b)\n"
    "    high = torch.maximum(a, b)\n"
    "  found = annotate(List[Tensor], [torch.zeros([0, 3], dtype=4)])\n"
    "  for i in range(torch.size(scores, 0)):\n"
    "    for k in range(torch.size(scores, 1)):\n"
    "      s = torch.select(torch.select(scores, 0, i), 0, k)\n"
    "      if has_score:\n"
    "        above = torch.flatten(torch.nonzero(torch.gt(s, score)))\n"
    "      else:\n"
    "        above = torch.arange(torch.size(s, 0), dtype=4)\n"
    "      _0, order, = torch.sort(torch.index_select(s, 0, above), stable=True, dim=0, "
    "descending=True)\n"
    "      rest = torch.index_select(above, 0, order)\n"
    "      l = torch.index_select(torch.select(low, 0, i), 0, rest)\n"
    "      h = torch.index_select(torch.select(high, 0, i), 0, rest)\n"
    "      area = torch.prod(torch.sub(h, l), 1)\n"
    "      kept = annotate(List[Tensor], [])\n"
    "      while torch.__and__(torch.gt(torch.numel(rest), 0), torch.lt(torch.len(kept), most)):\n"
    "        _1 = torch.append(kept, torch.slice(rest, 0, 0, 1))\n"
    "        first_l = torch.slice(l, 0, 0, 1)\n"
    "        first_h = torch.slice(h, 0, 0, 1)\n"
    "        first_area = torch.slice(area, 0, 0, 1)\n"
    "        l0 = torch.slice(l, 0, 1)\n"
    "        h0 = torch.slice(h, 0, 1)\n"
    "        area0 = torch.slice(area, 0, 1)\n"
    "        size = torch.clamp_min(torch.sub(torch.minimum(h0, first_h), torch.maximum(l0, "
    "first_l)), 0.)\n"
    "        common = torch.prod(size, 1)\n"
    "        union = torch.sub(torch.add(area0, first_area), common)\n"
    "        far = torch.flatten(torch.nonzero(torch.logical_not(torch.gt(torch.div(common, "
    "union), iou))))\n"
    "        rest = torch.index_select(torch.slice(rest, 0, 1), 0, far)\n"
    "        l = torch.index_select(l0, 0, far)\n"
    "        h = torch.index_select(h0, 0, far)\n"
    "        area = torch.index_select(area0, 0, far)\n"
    "      if torch.gt(torch.len(kept), 0):\n"
    "        picked = torch.cat(kept, 0)\n"
    "        _2 = torch.append(found, torch.stack([torch.full_like(picked, i), "
    "torch.full_like(picked, k), picked], 1))\n"
    "  return torch.cat(found, 0)\n";

// The mean of bilinear samples is a product with weights of rows and with weights of columns, made
// over the part of the picture that a region covers. |ratio| x |ratio| samples a cell; 0: as many
// as the cell has pixels, rounded up.
static const char g_roi_align[] =
    "def roi_weights(low: Tensor,\n"
    "    extent: Tensor,\n"
    "    bins: int,\n"
    "    ratio: int,\n"
    "    size: int) -> Tensor:\n"
    "  step = torch.div(extent, bins)\n"
    "  if torch.gt(ratio, 0):\n"
    "    count = torch.full_like(extent, ratio)\n"
    "  else:\n"
    "    count = torch.ceil(step)\n"
    "  most = 1\n"
    "  if torch.gt(torch.numel(count), 0):\n"
    "    most = int(torch.clamp_min(torch.max(count), 1))\n"
    "  known = torch.reshape(torch.clamp_min(count, 1), [-1, 1, 1])\n"
    "  j = torch.arange(most, dtype=6)\n"
    "  i = torch.unsqueeze(torch.arange(bins, dtype=6), 1)\n"
    "  at = torch.mul(torch.add(i, torch.div(torch.add(j, 0.5), known)), "
    "torch.reshape(step, [-1, 1, 1]))\n"
    "  place = torch.add(at, torch.reshape(low, [-1, 1, 1]))\n"
    "  used = torch.mul(torch.lt(j, torch.reshape(count, [-1, 1, 1])), torch.ge(place, -1.))\n"
    "  part = torch.div(torch.to(torch.mul(used, torch.le(place, size)), 6), known)\n"
    "  clamped = torch.clamp(place, 0., torch.sub(size, 1))\n"
    "  first = torch.floor(clamped)\n"
    "  second = torch.clamp_max(torch.add(first, 1), torch.sub(size, 1))\n"
    "  weight = torch.sub(clamped, first)\n"
    "  none = torch.zeros([torch.numel(low), bins, size])\n"
    "  one = torch.scatter_add(none, 2, torch.to(first, 4), torch.mul(part, "
    "torch.rsub(weight, 1.)))\n"
    "  return torch.scatter_add(one, 2, torch.to(second, 4), torch.mul(part, weight))\n"
    "def roi_range(low: Tensor,\n"
    "    extent: Tensor,\n"
    "    size: int) -> Tuple[List[int], List[int]]:\n"
    "  last = torch.sub(size, 1)\n"
    "  begin = torch.to(torch.clamp(torch.floor(low), 0, last), 4)\n"
    "  end = torch.clamp(torch.to(torch.floor(torch.add(low, extent)), 4), 0, last)\n"
    "  return (annotate(List[int], (begin).tolist()), annotate(List[int], (torch.add(end, "
    "2)).tolist()))\n"
    "def roi_align(x: Tensor,\n"
    "    rois: Tensor,\n"
    "    batch: Tensor,\n"
    "    height: int,\n"
    "    width: int,\n"
    "    ratio: int,\n"
    "    scale: float,\n"
    "    offset: float) -> Tensor:\n"
    "  r = torch.sub(torch.mul(rois, scale), offset)\n"
    "  x1 = torch.select(r, 1, 0)\n"
    "  y1 = torch.select(r, 1, 1)\n"
    "  w = torch.sub(torch.select(r, 1, 2), x1)\n"
    "  h = torch.sub(torch.select(r, 1, 3), y1)\n"
    "  if torch.eq(offset, 0.):\n"
    "    w0 = torch.clamp_min(w, 1.)\n"
    "    h0 = torch.clamp_min(h, 1.)\n"
    "  else:\n"
    "    w0 = w\n"
    "    h0 = h\n"
    "  wy = __torch__.roi_weights(y1, h0, height, ratio, torch.size(x, 2))\n"
    "  wx = torch.transpose(__torch__.roi_weights(x1, w0, width, ratio, torch.size(x, 3)), "
    "1, 2)\n"
    "  top, bottom, = __torch__.roi_range(y1, h0, torch.size(x, 2))\n"
    "  left, right, = __torch__.roi_range(x1, w0, torch.size(x, 3))\n"
    "  images = annotate(List[int], (batch).tolist())\n"
    "  found = annotate(List[Tensor], [])\n"
    "  for i in range(torch.len(images)):\n"
    "    rows = torch.slice(torch.select(x, 0, images[i]), 1, top[i], bottom[i])\n"
    "    part = torch.slice(rows, 2, left[i], right[i])\n"
    "    a = torch.slice(torch.select(wy, 0, i), 1, top[i], bottom[i])\n"
    "    b = torch.slice(torch.select(wx, 0, i), 0, left[i], right[i])\n"
    "    _0 = torch.append(found, torch.matmul(torch.matmul(a, part), b))\n"
    "  if torch.gt(torch.len(found), 0):\n"
    "    out = torch.stack(found)\n"
    "  else:\n"
    "    out = torch.zeros([0, torch.size(x, 1), height, width])\n"
    "  return out\n";

static const char g_stack[] =
    "def stack(items: List[Tensor]) -> Tensor:\n"
    "  if torch.gt(torch.len(items), 0):\n"
    "    out = torch.stack(items)\n"
    "  else:\n"
    "    out = torch.zeros([0])\n"
    "  return out\n";

// Samples at all places of the kernel, nothing outside of the picture, then a product with the
// weights. |parts|: groups of channels with offsets of their own.
static const char g_deform_conv[] =
    "def deform_conv(x: Tensor,\n"
    "    weight: Tensor,\n"
    "    offset: Tensor,\n"
    "    mask: Tensor,\n"
    "    stride: List[int],\n"
    "    padding: List[int],\n"
    "    dilation: List[int],\n"
    "    groups: int,\n"
    "    parts: int) -> Tensor:\n"
    "  n = torch.size(x, 0)\n"
    "  c = torch.size(x, 1)\n"
    "  h = torch.size(x, 2)\n"
    "  w = torch.size(x, 3)\n"
    "  kh = torch.size(weight, 2)\n"
    "  kw = torch.size(weight, 3)\n"
    "  oh = torch.size(offset, 2)\n"
    "  ow = torch.size(offset, 3)\n"
    "  k = torch.mul(kh, kw)\n"
    "  ky = torch.reshape(torch.arange(kh, dtype=6), [1, kh, 1, 1, 1])\n"
    "  kx = torch.reshape(torch.arange(kw, dtype=6), [1, 1, kw, 1, 1])\n"
    "  iy = torch.reshape(torch.arange(oh, dtype=6), [oh, 1])\n"
    "  ix = torch.arange(ow, dtype=6)\n"
    "  y0 = torch.sub(torch.add(torch.mul(ky, dilation[0]), torch.mul(iy, stride[0])), "
    "padding[0])\n"
    "  x0 = torch.sub(torch.add(torch.mul(kx, dilation[1]), torch.mul(ix, stride[1])), "
    "padding[1])\n"
    "  o = torch.reshape(offset, [torch.mul(n, parts), kh, kw, 2, oh, ow])\n"
    "  y = torch.add(torch.select(o, 3, 0), y0)\n"
    "  z = torch.add(torch.select(o, 3, 1), x0)\n"
    "  gy = torch.sub(torch.div(torch.add(torch.mul(y, 2.), 1.), h), 1.)\n"
    "  gx = torch.sub(torch.div(torch.add(torch.mul(z, 2.), 1.), w), 1.)\n"
    "  grid = torch.reshape(torch.stack([gx, gy], -1), [torch.mul(n, parts), torch.mul(k, oh), "
    "ow, 2])\n"
    "  split = torch.reshape(x, [torch.mul(n, parts), torch.floordiv(c, parts), h, w])\n"
    "  samples = torch.grid_sampler(split, grid, 0, 0, False)\n"
    "  if torch.gt(torch.numel(mask), 0):\n"
    "    factors = torch.reshape(mask, [torch.mul(n, parts), 1, torch.mul(k, oh), ow])\n"
    "    columns = torch.mul(samples, factors)\n"
    "  else:\n"
    "    columns = samples\n"
    "  m = torch.size(weight, 0)\n"
    "  a = torch.reshape(columns, [n, groups, torch.mul(torch.floordiv(c, groups), k), "
    "torch.mul(oh, ow)])\n"
    "  b = torch.reshape(weight, [groups, torch.floordiv(m, groups), "
    "torch.mul(torch.floordiv(c, groups), k)])\n"
    "  return torch.reshape(torch.matmul(b, a), [n, m, oh, ow])\n";

// What each of |size| elements adds to those that lie at |at|; beyond the ends stand the first and
// the last one. |factor| below 1 widens the reach.
static const char g_resize_weights[] =
    "def resize_weights(at: Tensor,\n"
    "    size: int,\n"
    "    factor: float,\n"
    "    a: float,\n"
    "    is_cubic: bool,\n"
    "    excludes: bool,\n"
    "    averages: bool) -> Tensor:\n"
    "  margin = torch.add(int(torch.ceil(torch.div(2., factor))), 1)\n"
    "  place = torch.unsqueeze(torch.arange(torch.neg(margin), torch.add(size, margin), dtype=4), "
    "1)\n"
    "  d = torch.abs(torch.mul(torch.sub(place, at), factor))\n"
    "  if is_cubic:\n"
    "    p = torch.add(torch.mul(torch.mul(torch.sub(torch.mul(d, torch.add(a, 2.)), torch.add(a, "
    "3.)), d), d), 1.)\n"
    "    q = torch.mul(torch.sub(torch.mul(torch.add(torch.mul(torch.sub(d, 5.), d), 8.), d), 4.), "
    "a)\n"
    "    w = torch.where(torch.le(d, 1.), p, torch.mul(q, torch.lt(d, 2.)))\n"
    "  else:\n"
    "    w = torch.clamp_min(torch.rsub(d, 1.), 0.)\n"
    "  if excludes:\n"
    "    kept = torch.mul(w, torch.mul(torch.ge(place, 0), torch.lt(place, size)))\n"
    "  else:\n"
    "    kept = w\n"
    "  if averages:\n"
    "    part = torch.div(kept, torch.sum(kept, [0], True))\n"
    "  else:\n"
    "    part = kept\n"
    "  none = torch.zeros([size, torch.numel(at)])\n"
    "  return torch.index_add(none, 0, torch.flatten(torch.clamp(place, 0, torch.sub(size, 1))), "
    "part)\n";

static const struct {
  const char *name, *source;
} g_functions[TS_FUNCTION_COUNT] = {
    [TS_RESHAPE] = {"__torch__.reshape", g_reshape},
    [TS_NMS] = {"__torch__.nms", g_nms},
    [TS_ROI_ALIGN] = {"__torch__.roi_align", g_roi_align},
    [TS_PAD_LIST] = {"__torch__.pad_list", ts_pad_list_source},
    [TS_PAD] = {"__torch__.pad", ts_pad_source},
    [TS_SLICE] = {"__torch__.slice", ts_slice_source},
    [TS_SQUEEZE] = {"__torch__.squeeze", ts_squeeze_source},
    [TS_UNSQUEEZE] = {"__torch__.unsqueeze", ts_unsqueeze_source},
    [TS_PROD] = {"__torch__.prod", ts_prod_source},
    [TS_STACK] = {"__torch__.stack", g_stack},
    [TS_DEFORM_CONV] = {"__torch__.deform_conv", g_deform_conv},
    [TS_ROI_SAMPLES] = {"__torch__.roi_samples", ts_roi_samples_source},
    [TS_RESIZE] = {"__torch__.resize_weights", g_resize_weights},
    [TS_ROTATED_OVERLAP] = {"__torch__.rotated_overlap", ts_rotated_overlap_source},
    [TS_NMS_ROTATED] = {"__torch__.nms_rotated", ts_nms_rotated_source},
};

const char *ts_library(ts_lower_t *l, ts_function_t function) {
  l->library |= 1u << function;
  return g_functions[function].name;
}

mmd_status_t ts_library_print(unsigned functions, mmd_str_t *out_code) {
  for (int i = 0; i < TS_FUNCTION_COUNT; ++i) {
    if (functions & 1u << i) MMD_TRY(mmd_str_append(out_code, g_functions[i].source));
  }
  return NULL;
}
