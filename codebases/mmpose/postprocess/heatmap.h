// SPDX-License-Identifier: Apache-2.0
//
// One heat map of a key point: its maximum, and where between the pixels it lies. The numbers are
// those of mmpose's numpy code.
#ifndef MMD_CODEBASES_MMPOSE_POSTPROCESS_HEATMAP_H_
#define MMD_CODEBASES_MMPOSE_POSTPROCESS_HEATMAP_H_

#include "codebases/mmpose/postprocess/key_points.h"

typedef struct mmd_heatmap_t {
  float *pixels;  // packed
  size_t width, height;
} mmd_heatmap_t;

// The first greatest pixel and its value; (-1, -1) when that is not above 0. NaN counts as nothing.
mmd_key_point_t mmd_heatmap_maximum(const mmd_heatmap_t *map);

// A Gaussian blur of |size| pixels that keeps the maximum, with zeros around the map.
mmd_status_t mmd_heatmap_modulate(const mmd_heatmap_t *map, size_t size) MMD_MUST_USE;
// Each pixel becomes the logarithm of itself, which is first brought to [low, high].
void mmd_heatmap_log(const mmd_heatmap_t *map, float low, float high);

// A quarter of a pixel to the greater neighbour, as mmpose of |release| does. False when the point
// lies too near the border.
bool mmd_heatmap_shift(const mmd_heatmap_t *map, int release, mmd_key_point_t *point);
// To the maximum of a parabola (DARK) and the same for UDP. The map is logarithmic.
void mmd_heatmap_refine_dark(const mmd_heatmap_t *map, mmd_key_point_t *point);
void mmd_heatmap_refine_udp(const mmd_heatmap_t *map, mmd_key_point_t *point);

#endif  // MMD_CODEBASES_MMPOSE_POSTPROCESS_HEATMAP_H_
