// SPDX-License-Identifier: Apache-2.0
#include "kernels/roi_align.h"

#include <float.h>

enum {
  PIECE = 256,            // samples that are kept at once
  MAX_SAMPLES = 1 << 26,  // of a box: more is not a box of an image
};

typedef struct {
  const mmd_roi_align_t *align;
  const float *boxes;
  float *y;
} job_t;

// Samples of one box in the order of its bins.
typedef struct {
  size_t count;
  mmd_corners_t corners[PIECE];
  size_t bin[PIECE];
} piece_t;

static const mmd_roi_level_t *choose_level(const mmd_roi_align_t *a, float height, float width) {
  float size = sqrtf(height * width);
  float level = floorf(log2f(size / a->finest_scale + 1e-6f)), last = (float)a->level_count - 1;
  if (!(level > 0)) return a->levels;  // an area below 0 gives NaN
  return a->levels + (size_t)(level < last ? level : last);
}

static int64_t grid_size(const mmd_roi_align_t *a, float size, int64_t bins) {
  if (a->sampling_ratio > 0) return a->sampling_ratio;
  float grid = ceilf(size / (float)bins);
  return grid > 0 && isfinite(grid) ? (int64_t)fminf(grid, (float)MAX_SAMPLES) : 0;
}

static mmd_status_t find_grid(const mmd_roi_align_t *a, size_t index, float height, float width,
                              mmd_roi_frame_t *f) {
  f->bin_h = height / (float)a->out_height;
  f->bin_w = width / (float)a->out_width;
  f->grid_h = grid_size(a, height, a->out_height);
  f->grid_w = grid_size(a, width, a->out_width);
  double samples = (double)f->grid_h * (double)f->grid_w * (double)a->out_height;
  if (samples * (double)a->out_width <= MAX_SAMPLES) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "roi %zu of %g x %g takes more than %d samples", index,
                   (double)width, (double)height, MAX_SAMPLES);
}

static mmd_status_t make_upright(const mmd_roi_align_t *a, const float *box, size_t index,
                                 mmd_roi_frame_t *f) {
  float x1 = box[0], y1 = box[1], x2 = box[2], y2 = box[3], factor = a->roi_scale_factor;
  const float border = a->roi_border;
  f->level = choose_level(a, y2 - y1, x2 - x1);
  if (factor > 0) {
    float cx = (x1 + x2) * 0.5f, half_w = (x2 - x1 + border) * factor * 0.5f - border * 0.5f;
    float cy = (y1 + y2) * 0.5f, half_h = (y2 - y1 + border) * factor * 0.5f - border * 0.5f;
    x1 = cx - half_w, x2 = cx + half_w;
    y1 = cy - half_h, y2 = cy + half_h;
  }
  float scale = f->level->scale;
  f->x = x1 * scale - a->offset;
  f->y = y1 * scale - a->offset;
  float width = x2 * scale - a->offset - f->x, height = y2 * scale - a->offset - f->y;
  if (width < a->min_size) width = a->min_size;
  if (height < a->min_size) height = a->min_size;
  return find_grid(a, index, height, width, f);
}

static mmd_status_t make_rotated(const mmd_roi_align_t *a, const float *box, size_t index,
                                 mmd_roi_frame_t *f) {
  float factor = a->roi_scale_factor > 0 ? a->roi_scale_factor : 1;
  float theta = a->clockwise ? -box[4] : box[4];
  f->level = choose_level(a, box[3], box[2]);
  float scale = f->level->scale, width = box[2] * factor * scale, height = box[3] * factor * scale;
  f->x = box[0] * scale - a->offset;
  f->y = box[1] * scale - a->offset;
  f->cosine = cosf(theta);
  f->sine = sinf(theta);
  if (width < a->min_size) width = a->min_size;
  if (height < a->min_size) height = a->min_size;
  f->left = -width / 2;
  f->top = -height / 2;
  return find_grid(a, index, height, width, f);
}

mmd_status_t mmd_roi_frame_make(const mmd_roi_align_t *align, const float *boxes, size_t index,
                                mmd_roi_frame_t *out_frame) {
  const float *box = boxes + index * mmd_roi_align_box_size(align);
  if (!(box[0] >= 0 && box[0] < (float)align->batch && floorf(box[0]) == box[0])) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "roi %zu has the batch index %g of %zu", index,
                     (double)box[0], align->batch);
  }
  *out_frame = (mmd_roi_frame_t){.batch = (size_t)box[0]};
  return align->rotated ? make_rotated(align, box + 1, index, out_frame)
                        : make_upright(align, box + 1, index, out_frame);
}

mmd_corners_t mmd_roi_frame_corners(const mmd_roi_align_t *align, const mmd_roi_frame_t *frame,
                                    int64_t p, int64_t q, int64_t i, int64_t k) {
  const mmd_roi_frame_t *f = frame;
  float down = ((float)i + 0.5f) * f->bin_h / (float)f->grid_h;
  float right = ((float)k + 0.5f) * f->bin_w / (float)f->grid_w, y, x;
  if (align->rotated) {
    float yy = f->top + (float)p * f->bin_h + down, xx = f->left + (float)q * f->bin_w + right;
    y = yy * f->cosine - xx * f->sine + f->y;
    x = yy * f->sine + xx * f->cosine + f->x;
  } else {
    y = f->y + (float)p * f->bin_h + down;
    x = f->x + (float)q * f->bin_w + right;
  }
  return mmd_corners_clamp(f->level->height, f->level->width, y, x);
}

static float pool_sample(mmd_roi_pool_t pool, const mmd_corners_t *c, const float *x,
                         float before) {
  if (pool == MMD_ROI_AVERAGE) return before + mmd_corners_take(c, x);
  if (pool == MMD_ROI_MAX) {
    float value = mmd_corners_take(c, x);
    return value > before ? value : before;
  }
  for (int t = 0; t < 4; ++t) {
    float part = c->at[t] < 0 ? 0.f : c->weight[t] * x[c->at[t]];
    if (part > before) before = part;
  }
  return before;
}

static void flush(const mmd_roi_align_t *a, const mmd_roi_frame_t *f, piece_t *piece, float *y) {
  size_t plane = (size_t)(f->level->height * f->level->width);
  size_t bins = (size_t)(a->out_height * a->out_width);
  const float *x = f->level->x + f->batch * a->channels * plane;
  for (size_t c = 0; c < a->channels; ++c, x += plane, y += bins) {
    for (size_t s = 0; s < piece->count; ++s) {
      float *out = y + piece->bin[s];
      *out = pool_sample(a->pool, &piece->corners[s], x, *out);
    }
  }
  piece->count = 0;
}

static void add_bin(const mmd_roi_align_t *a, const mmd_roi_frame_t *f, int64_t p, int64_t q,
                    piece_t *piece, float *y) {
  for (int64_t i = 0; i < f->grid_h; ++i) {
    for (int64_t k = 0; k < f->grid_w; ++k) {
      if (piece->count == PIECE) flush(a, f, piece, y);
      piece->bin[piece->count] = (size_t)(p * a->out_width + q);
      piece->corners[piece->count++] = mmd_roi_frame_corners(a, f, p, q, i, k);
    }
  }
}

static void run_box(const mmd_roi_align_t *a, const mmd_roi_frame_t *f, piece_t *piece, float *y) {
  size_t size = a->channels * (size_t)(a->out_height * a->out_width);
  bool empty = f->grid_h == 0 || f->grid_w == 0;
  float start = a->pool == MMD_ROI_AVERAGE || empty ? 0 : -FLT_MAX;
  for (size_t i = 0; i < size; ++i) y[i] = start;
  if (empty) return;
  piece->count = 0;
  for (int64_t p = 0; p < a->out_height; ++p) {
    for (int64_t q = 0; q < a->out_width; ++q) add_bin(a, f, p, q, piece, y);
  }
  flush(a, f, piece, y);
  if (a->pool != MMD_ROI_AVERAGE) return;
  float count = (float)(f->grid_h * f->grid_w);
  for (size_t i = 0; i < size; ++i) y[i] /= count;
}

static void run_boxes(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  const mmd_roi_align_t *a = job->align;
  size_t size = a->channels * (size_t)(a->out_height * a->out_width);
  piece_t piece;
  for (size_t i = begin; i < end; ++i) {
    mmd_roi_frame_t frame;
    // It was made before without an error.
    if (mmd_status_ignore(mmd_roi_frame_make(a, job->boxes, i, &frame))) continue;
    run_box(a, &frame, &piece, job->y + i * size);
  }
}

mmd_status_t mmd_roi_align_run(const mmd_roi_align_t *align, const float *boxes, size_t count,
                               float *y, mmd_pool_t *pool) {
  const mmd_roi_align_t *a = align;
  bool fine = a->level_count > 0 && a->out_height > 0 && a->out_width > 0;
  if (!fine) return MMD_ERROR(MMD_INVALID_ARGUMENT, "RoI align: no level, or a result of no size");
  for (size_t i = 0; i < a->level_count && count > 0; ++i) {
    if (a->levels[i].height > 0 && a->levels[i].width > 0) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "RoI align: level %zu is empty", i);
  }
  for (size_t i = 0; i < count; ++i) {
    mmd_roi_frame_t frame;
    MMD_TRY(mmd_roi_frame_make(a, boxes, i, &frame));
  }
  job_t job = {.align = a, .boxes = boxes, .y = y};
  mmd_parallel_for(pool, count, 1, run_boxes, &job);
  return NULL;
}
