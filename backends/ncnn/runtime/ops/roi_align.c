// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/roi_align.h"

#include <math.h>

#include "base/alloc.h"

enum { BAD_INPUT = -1, NO_MEMORY = -100 };

bool ncnn_roi_check(const ncnn_roi_t *options) {
  enum { MAX_SIDE = 65535 };
  const mmd_roi_align_t *a = &options->align;
  for (int i = 0; i < options->level_count; ++i) {
    if (!(options->scales[i] > 0 && isfinite(options->scales[i]))) return false;
  }
  return options->level_count > 0 && a->out_height > 0 && a->out_height <= MAX_SIDE &&
         a->out_width > 0 && a->out_width <= MAX_SIDE && a->sampling_ratio <= MAX_SIDE;
}

// Of one image [channels, height, width], or of several.
static bool pack_map(const ncnn_view_t *map, mmd_roi_level_t *level, float **out_copy) {
  level->height = map->sizes[map->rank - 2];
  level->width = map->sizes[map->rank - 1];
  level->x = ncnn_view_pack(map, out_copy);
  return level->x != NULL;
}

static bool fits(const ncnn_roi_t *options, int input_count, const ncnn_view_t *inputs) {
  const size_t box_size = mmd_roi_align_box_size(&options->align);
  const ncnn_view_t *first = &inputs[1];
  if (inputs[0].rank != 2 || (size_t)inputs[0].sizes[1] != box_size) return false;
  if (input_count != options->level_count + 1 || first->rank < 3) return false;
  for (int i = 1; i < input_count; ++i) {
    if (inputs[i].rank != first->rank || inputs[i].sizes[0] != first->sizes[0]) return false;
    if (first->rank == 4 && inputs[i].sizes[1] != first->sizes[1]) return false;
  }
  return true;
}

// What the kernel writes without gaps goes into the mat's boxes.
static int align_boxes(const ncnn_library_t *library, mmd_pool_t *pool,
                       const mmd_roi_align_t *align, const ncnn_view_t *boxes,
                       ncnn_mat_t **out_mat) {
  const int sizes[] = {boxes->sizes[0], (int)align->channels, (int)align->out_height,
                       (int)align->out_width};
  ncnn_view_t out;
  if (!ncnn_view_create(library, 4, sizes, out_mat, &out)) return NO_MEMORY;
  float *dense = mmd_alloc_array(ncnn_view_count(&out), sizeof *dense);
  if (!dense) return NO_MEMORY;
  mmd_status_t status = mmd_roi_align_run(align, boxes->data, (size_t)sizes[0], dense, pool);
  const int code = !status                                        ? 0
                   : mmd_status_code(status) == MMD_OUT_OF_MEMORY ? NO_MEMORY
                                                                  : BAD_INPUT;
  if (!code) ncnn_view_fill(&out, dense);
  mmd_status_free(status);
  mmd_free(dense);
  return code;
}

int ncnn_roi_run(const ncnn_library_t *library, mmd_pool_t *pool, const ncnn_roi_t *options,
                 int input_count, const ncnn_view_t *inputs, ncnn_mat_t **out_mat) {
  mmd_roi_level_t levels[NCNN_ROI_LEVELS];
  float *copies[NCNN_ROI_LEVELS] = {NULL};
  mmd_roi_align_t align = options->align;
  if (!fits(options, input_count, inputs)) return BAD_INPUT;
  align.batch = inputs[1].rank == 4 ? (size_t)inputs[1].sizes[0] : 1;
  align.channels = (size_t)inputs[1].sizes[inputs[1].rank - 3];
  align.levels = levels;
  align.level_count = (size_t)options->level_count;
  bool is_packed = true;
  for (int i = 0; i < options->level_count && is_packed; ++i) {
    levels[i].scale = options->scales[i];
    is_packed = pack_map(&inputs[i + 1], &levels[i], &copies[i]);
  }
  const int code = is_packed ? align_boxes(library, pool, &align, &inputs[0], out_mat) : NO_MEMORY;
  for (int i = 0; i < options->level_count; ++i) mmd_free(copies[i]);
  return code;
}
