// SPDX-License-Identifier: Apache-2.0
//
// A Kalman filter of a coordinate that moves at a constant speed. The coordinates of a point, and
// of a box, never mix, so each has a filter of its own. Noises are variances.
#include "codebases/mmpose/postprocess/tracker.h"

void mmd_tracker_axis_reset(mmd_tracker_axis_t *axis, float place, float place_noise,
                            float speed_noise) {
  axis->place = place;
  axis->place_error = place_noise;
  axis->speed_error = speed_noise;
}

void mmd_tracker_axis_predict(mmd_tracker_axis_t *axis, float place_noise, float speed_noise) {
  axis->place += axis->speed;
  axis->place_error += 2 * axis->mixed_error + axis->speed_error + place_noise;
  axis->mixed_error += axis->speed_error;
  axis->speed_error += speed_noise;
}

void mmd_tracker_axis_correct(mmd_tracker_axis_t *axis, float place, float place_noise) {
  const float spread = axis->place_error + place_noise;
  const float off = place - axis->place;
  if (!(spread > 0)) return;
  const float place_gain = axis->place_error / spread, speed_gain = axis->mixed_error / spread;
  axis->place += place_gain * off;
  axis->speed += speed_gain * off;
  axis->speed_error -= speed_gain * axis->mixed_error;
  axis->mixed_error -= place_gain * axis->mixed_error;
  axis->place_error -= place_gain * axis->place_error;
}
