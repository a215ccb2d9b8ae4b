// SPDX-License-Identifier: Apache-2.0
//
// --tile: a large picture in overlapping pieces, whose answers are joined: objects as run_join.h
// says; label maps and pictures change over in the middle of the overlap.
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/run_join.h"

#define MAX_SIDE 65536

typedef struct axis_t {
  int *starts;
  int count, size, length;  // |size| of a tile, |length| of the picture
} axis_t;

typedef struct tiling_t {
  run_t *run;
  const mmdeploy_mat_t *mat;
  axis_t x, y;
  uint8_t *pixels;  // of one batch
  mmdeploy_mat_t *mats;
  run_answer_t *answers;  // one a tile
  run_answer_t *joined;
} tiling_t;

bool run_tile_parse(run_t *run, int *out_status) {
  run_tile_t tile = {0};
  char rest = 0;
  const char *text = run->options.tile;
  if (!text) return true;
  tile.overlap = -1;
  int count = sscanf(text, "%dx%d,%d%c", &tile.width, &tile.height, &tile.overlap, &rest);
  if (count == 2)
    count =
        strchr(text, ',') || sscanf(text, "%dx%d%c", &tile.width, &tile.height, &rest) != 2 ? 0 : 3;
  if (tile.overlap < 0) tile.overlap = (tile.width < tile.height ? tile.width : tile.height) / 5;
  if (count == 3 && tile.width > 0 && tile.height > 0 && tile.width <= MAX_SIDE &&
      tile.height <= MAX_SIDE && tile.overlap < tile.width && tile.overlap < tile.height) {
    run->tile = tile;
    return true;
  }
  *out_status = cli_arguments_refuse(run->arguments,
                                     "argument --tile: '%s' is not WIDTHxHEIGHT or "
                                     "WIDTHxHEIGHT,OVERLAP with an overlap below both",
                                     text);
  return false;
}

//===--- the grid ----------------------------------------------------------===//

static bool make_axis(int length, int size, int overlap, axis_t *axis) {
  axis->length = length;
  axis->size = size < length ? size : length;
  const int step = size - overlap;
  axis->count = length <= size ? 1 : 1 + (length - size + step - 1) / step;
  axis->starts = malloc((size_t)axis->count * sizeof *axis->starts);
  for (int i = 0; i < axis->count && axis->starts; ++i) {
    const int start = i * step, last = length - axis->size;
    axis->starts[i] = start < last ? start : last;
  }
  return axis->starts != NULL;
}

// The part of the picture that tile |i| answers for.
static int own_begin(const axis_t *axis, int i) {
  return i ? (axis->starts[i - 1] + axis->size + axis->starts[i]) / 2 : 0;
}

static int own_end(const axis_t *axis, int i) {
  return i + 1 < axis->count ? own_begin(axis, i + 1) : axis->length;
}

static int tile_count(const tiling_t *tiling) {
  return tiling->x.count * tiling->y.count;
}

static void cut_tile(const tiling_t *tiling, int index, uint8_t *pixels, mmdeploy_mat_t *out_mat) {
  const axis_t *x = &tiling->x, *y = &tiling->y;
  const size_t row = (size_t)x->size * 3, stride = (size_t)tiling->mat->width * 3;
  const uint8_t *src = tiling->mat->data + (size_t)y->starts[index / x->count] * stride +
                       (size_t)x->starts[index % x->count] * 3;
  for (int i = 0; i < y->size; ++i) memcpy(pixels + (size_t)i * row, src + (size_t)i * stride, row);
  *out_mat = *tiling->mat;
  out_mat->data = pixels;
  out_mat->width = x->size;
  out_mat->height = y->size;
}

//===--- objects -----------------------------------------------------------===//

static void move_item(run_item_t *item, int dx, int dy) {
  const float x = (float)dx, y = (float)dy;
  item->bbox.left += x;
  item->bbox.right += x;
  item->bbox.top += y;
  item->bbox.bottom += y;
  item->rbox[0] += x;
  item->rbox[1] += y;
  item->mask_left += dx;
  item->mask_top += dy;
  for (int i = 0; i < item->polygon_size; ++i) {
    item->polygon[i].x += x;
    item->polygon[i].y += y;
  }
}

static int take_items(tiling_t *tiling, run_window_t *windows) {
  const axis_t *x = &tiling->x, *y = &tiling->y;
  for (int t = 0; t < tile_count(tiling); ++t) {
    run_answer_t *answer = &tiling->answers[t];
    const int left = x->starts[t % x->count], top = y->starts[t / x->count];
    windows[t] = (run_window_t){left, top, left + x->size, top + y->size};
    for (size_t i = 0; i < answer->count; ++i) {
      run_item_t *item = run_answer_add(tiling->joined);
      if (!item) return MMDEPLOY_E_OUT_OF_MEMORY;
      *item = answer->items[i];
      memset(&answer->items[i], 0, sizeof *item);
      item->tile = t;
      move_item(item, left, top);
    }
  }
  return 0;
}

static int join_items(tiling_t *tiling) {
  const run_task_t *task = tiling->run->task;
  run_window_t *windows = calloc((size_t)tile_count(tiling), sizeof *windows);
  int code = windows ? take_items(tiling, windows) : MMDEPLOY_E_OUT_OF_MEMORY;
  if (!code) code = run_join_objects(windows, tile_count(tiling), tiling->joined);
  free(windows);
  if (code) return code;
  run_answer_limit(tiling->joined, -1, tiling->run->options.topk);
  return task->complete ? task->complete(tiling->run, tiling->mat, tiling->joined) : 0;
}

//===--- label maps and pictures -------------------------------------------===//

// Copies the parts that tiles answer for; |pixel| bytes each, |scale| times as many as in the
// picture.
static void join_planes(const tiling_t *tiling, size_t pixel, size_t scale, uint8_t *dst) {
  const axis_t *x = &tiling->x, *y = &tiling->y;
  const size_t row = (size_t)x->size * scale * pixel, dst_row = (size_t)x->length * scale * pixel;
  for (int t = 0; t < tile_count(tiling); ++t) {
    const int i = t % x->count, k = t / x->count;
    const int left = own_begin(x, i), right = own_end(x, i);
    const run_answer_t *answer = &tiling->answers[t];
    const uint8_t *src = answer->labels ? (const uint8_t *)answer->labels : answer->picture;
    const size_t begin = (size_t)own_begin(y, k) * scale, end = (size_t)own_end(y, k) * scale;
    for (size_t line = begin; line < end; ++line) {
      const size_t from = line - (size_t)y->starts[k] * scale;
      memcpy(dst + line * dst_row + (size_t)left * scale * pixel,
             src + from * row + (size_t)(left - x->starts[i]) * scale * pixel,
             (size_t)(right - left) * scale * pixel);
    }
  }
}

static int join_labels(tiling_t *tiling) {
  run_answer_t *joined = tiling->joined;
  joined->width = tiling->mat->width;
  joined->height = tiling->mat->height;
  joined->class_count = tiling->answers[0].class_count;
  joined->labels = malloc((size_t)joined->width * (size_t)joined->height * sizeof *joined->labels);
  if (!joined->labels) return MMDEPLOY_E_OUT_OF_MEMORY;
  join_planes(tiling, sizeof *joined->labels, 1, (uint8_t *)joined->labels);
  return 0;
}

static int join_pictures(tiling_t *tiling, int scale) {
  run_answer_t *joined = tiling->joined;
  joined->width = tiling->mat->width * scale;
  joined->height = tiling->mat->height * scale;
  joined->channels = tiling->answers[0].channels;
  const size_t pixel = (size_t)joined->channels;
  joined->picture = malloc((size_t)joined->width * (size_t)joined->height * pixel);
  if (!joined->picture) return MMDEPLOY_E_OUT_OF_MEMORY;
  join_planes(tiling, pixel, (size_t)scale, joined->picture);
  return 0;
}

// How many times larger than the tiles all answers are; 0 when they do not fit together.
static int scale_of(const tiling_t *tiling) {
  const run_answer_t *first = &tiling->answers[0];
  const int scale = first->width / tiling->x.size;
  for (int t = 0; t < tile_count(tiling); ++t) {
    const run_answer_t *answer = &tiling->answers[t];
    if (answer->width != tiling->x.size * scale || answer->height != tiling->y.size * scale ||
        answer->channels != first->channels || !answer->labels != !first->labels) {
      return 0;
    }
  }
  return scale;
}

static int join(tiling_t *tiling) {
  const run_answer_t *first = &tiling->answers[0];
  if (!first->labels && !first->picture) return join_items(tiling);
  const int scale = scale_of(tiling);
  if (scale < 1 || scale > 64) return MMDEPLOY_E_NOT_SUPPORTED;
  return first->labels ? join_labels(tiling) : join_pictures(tiling, scale);
}

//===--- all ---------------------------------------------------------------===//

static int apply_tiles(tiling_t *tiling) {
  const int batch = tiling->run->options.batch, total = tile_count(tiling);
  const size_t size = (size_t)tiling->x.size * (size_t)tiling->y.size * 3;
  tiling->pixels = malloc(size * (size_t)batch);
  tiling->mats = calloc((size_t)batch, sizeof *tiling->mats);
  tiling->answers = calloc((size_t)total, sizeof *tiling->answers);
  if (!tiling->pixels || !tiling->mats || !tiling->answers) return MMDEPLOY_E_OUT_OF_MEMORY;
  for (int t = 0; t < total; t += batch) {
    const int count = total - t < batch ? total - t : batch;
    for (int i = 0; i < count; ++i)
      cut_tile(tiling, t + i, tiling->pixels + (size_t)i * size, &tiling->mats[i]);
    const int code = run_apply(tiling->run, tiling->mats, count, tiling->answers + t);
    if (code) return code;
  }
  return 0;
}

int run_tile_apply(run_t *run, const mmdeploy_mat_t *mat, run_answer_t *answer) {
  tiling_t tiling = {.run = run, .mat = mat, .joined = answer};
  int code = MMDEPLOY_E_OUT_OF_MEMORY;
  if (make_axis(mat->width, run->tile.width, run->tile.overlap, &tiling.x) &&
      make_axis(mat->height, run->tile.height, run->tile.overlap, &tiling.y)) {
    code = apply_tiles(&tiling);
  }
  if (!code) code = join(&tiling);
  for (int t = 0; t < tile_count(&tiling) && tiling.answers; ++t)
    run_answer_deinit(&tiling.answers[t]);
  free(tiling.answers);
  free(tiling.mats);
  free(tiling.pixels);
  free(tiling.x.starts);
  free(tiling.y.starts);
  return code;
}
