// SPDX-License-Identifier: Apache-2.0
//
// One-euro filters: the faster something moves, the less it is smoothed.
#include <math.h>

#include "codebases/mmpose/postprocess/tracker.h"

static float weight_of(float cutoff) {
  const float turns = 2 * 3.1415926F * cutoff;
  return turns / (turns + 1);
}

static void follow_speed(const mmd_tracker_params_t *params, mmd_tracker_smooth_t *smooth,
                         const float place[2]) {
  const float weight = weight_of(params->speed_cutoff);
  for (int i = 0; i < 2; ++i) {
    smooth->speed[i] = (1 - weight) * smooth->speed[i] + weight * (place[i] - smooth->place[i]);
  }
}

static void follow_place(const mmd_tracker_params_t *params, float speed, float place, float *out) {
  const float weight = weight_of(params->least_cutoff + params->beta * speed);
  *out = (1 - weight) * *out + weight * place;
}

void mmd_tracker_smooth_point(const mmd_tracker_params_t *params, mmd_tracker_smooth_t *smooth,
                              const float place[2]) {
  follow_speed(params, smooth, place);
  const float speed =
      sqrtf(smooth->speed[0] * smooth->speed[0] + smooth->speed[1] * smooth->speed[1]);
  for (int i = 0; i < 2; ++i) follow_place(params, speed, place[i], &smooth->place[i]);
}

void mmd_tracker_smooth_size(const mmd_tracker_params_t *params, mmd_tracker_smooth_t *smooth,
                             const float size[2]) {
  follow_speed(params, smooth, size);
  for (int i = 0; i < 2; ++i) follow_place(params, smooth->speed[i], size[i], &smooth->place[i]);
}
