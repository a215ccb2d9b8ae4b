// SPDX-License-Identifier: Apache-2.0
//
// How alike boxes and poses are, and who gives way to whom.
#include <math.h>

#include "base/alloc.h"
#include "codebases/mmpose/postprocess/tracker.h"

float mmd_tracker_box_area(const mmd_tracker_box_t *box) {
  return (box->right - box->left) * (box->bottom - box->top);
}

float mmd_tracker_box_iou(const mmd_tracker_box_t *a, const mmd_tracker_box_t *b) {
  const float width = fminf(a->right, b->right) - fmaxf(a->left, b->left);
  const float height = fminf(a->bottom, b->bottom) - fmaxf(a->top, b->top);
  const float both = fmaxf(width, 0) * fmaxf(height, 0);
  const float all = mmd_tracker_box_area(a) + mmd_tracker_box_area(b) - both;
  return all > 0 ? both / all : 0;
}

size_t mmd_tracker_least_points(const mmd_tracker_params_t *params, size_t count) {
  if (params->pose_min_keypoints < 0) return (count + 1) / 2;
  return (size_t)params->pose_min_keypoints;
}

static float clamped(float value, float high) {
  return fminf(fmaxf(value, 0), high);
}

bool mmd_tracker_box_of(const mmd_tracker_params_t *params, const float frame[2],
                        const mmd_key_point_t *points, size_t count, mmd_tracker_box_t *out_box) {
  mmd_tracker_box_t box = {frame[0], frame[1], 0, 0};
  size_t visible = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!(points[i].score >= params->pose_kpt_thr)) continue;
    box.left = fminf(box.left, points[i].x);
    box.top = fminf(box.top, points[i].y);
    box.right = fmaxf(box.right, points[i].x);
    box.bottom = fmaxf(box.bottom, points[i].y);
    ++visible;
  }
  if (visible < mmd_tracker_least_points(params, count)) return false;
  const float x = .5F * (box.left + box.right), y = .5F * (box.top + box.bottom);
  const float width = (box.right - box.left) * params->pose_bbox_scale;
  const float height = (box.bottom - box.top) * params->pose_bbox_scale;
  *out_box =
      (mmd_tracker_box_t){clamped(x - .5F * width, frame[0]), clamped(y - .5F * height, frame[1]),
                          clamped(x + .5F * width, frame[0]), clamped(y + .5F * height, frame[1])};
  return true;
}

static float diagonal(const mmd_tracker_box_t *box) {
  return hypotf(box->right - box->left, box->bottom - box->top);
}

static float point_similarity(const mmd_tracker_params_t *params, const mmd_key_point_t *a,
                              const mmd_key_point_t *b, float scale) {
  float sum = 0;
  for (size_t i = 0; i < params->sigma_count; ++i) {
    const float x = a[i].x - b[i].x, y = a[i].y - b[i].y;
    const float spread = scale * params->sigmas[i];
    sum += expf(-(x * x + y * y) / (2 * spread * spread));
  }
  return sum / (float)params->sigma_count;
}

float mmd_tracker_pose_similarity(const mmd_tracker_params_t *params, const mmd_key_point_t *a,
                                  const mmd_key_point_t *b, size_t count,
                                  const mmd_tracker_box_t *box_a, const mmd_tracker_box_t *box_b) {
  if (params->sigma_count && params->sigma_count == count) {
    return point_similarity(params, a, b, .5F * (diagonal(box_a) + diagonal(box_b)));
  }
  return mmd_tracker_box_iou(box_a, box_b);
}

static bool goes_first(const mmd_tracker_choice_t *a, const mmd_tracker_choice_t *b) {
  return a->rank != b->rank ? a->rank > b->rank : a->weight > b->weight;
}

void mmd_tracker_order(const mmd_tracker_choice_t *choices, size_t count, size_t *out_order) {
  for (size_t i = 0; i < count; ++i) {
    size_t at = i;
    for (; at > 0 && goes_first(&choices[i], &choices[out_order[at - 1]]); --at) {
      out_order[at] = out_order[at - 1];
    }
    out_order[at] = i;
  }
}

mmd_status_t mmd_tracker_suppress(mmd_tracker_choice_t *choices, size_t count, float limit,
                                  mmd_tracker_similarity_fn similarity, const void *context) {
  size_t *order = mmd_alloc_array(count + 1, sizeof *order);
  MMD_TRY_ALLOC(order);
  mmd_tracker_order(choices, count, order);
  for (size_t i = 0; i < count; ++i) {
    const size_t first = order[i];
    for (size_t k = i + 1; k < count && !choices[first].is_dropped; ++k) {
      mmd_tracker_choice_t *other = &choices[order[k]];
      if (!other->is_dropped) other->is_dropped = similarity(context, first, order[k]) >= limit;
    }
  }
  mmd_free(order);
  return NULL;
}
