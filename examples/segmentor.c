// SPDX-License-Identifier: Apache-2.0
//
// What is at each pixel of this picture? Prints how much of it each class covers.
//
//     segmentor PACKAGE IMAGE
#include <stdio.h>
#include <stdlib.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/segmentor.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

// Models that end in argmax give labels, others a score for each class and pixel.
static int label_at(const mmdeploy_segmentation_t *map, size_t pixel) {
  const size_t area = (size_t)map->height * (size_t)map->width;
  int best = 0;
  if (map->mask) return map->mask[pixel];
  for (int c = 1; c < map->classes; ++c) {
    if (map->score[(size_t)c * area + pixel] > map->score[(size_t)best * area + pixel]) best = c;
  }
  return best;
}

static void print_shares(const mmdeploy_segmentation_t *map) {
  const size_t area = (size_t)map->height * (size_t)map->width;
  size_t *counts = calloc((size_t)map->classes + 1, sizeof *counts);
  for (size_t i = 0; counts && i < area; ++i) {
    const int label = label_at(map, i);
    ++counts[label >= 0 && label < map->classes ? label : map->classes];
  }
  for (int c = 0; counts && c < map->classes; ++c) {
    if (counts[c]) printf("%6.2f %%  label %d\n", 100.0 * (double)counts[c] / (double)area, c);
  }
  free(counts);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_segmentor_t segmentor = NULL;
  mmdeploy_segmentation_t *map = NULL;
  int code = report(mmdeploy_image_read(argv[2], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) code = report(mmdeploy_segmentor_create_by_path(argv[1], "cpu", 0, &segmentor));
  if (!code) code = report(mmdeploy_segmentor_apply(segmentor, mmdeploy_image_mat(image), 1, &map));
  if (!code) print_shares(map);
  // After a failure outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_segmentor_release_result(map, 1);
  mmdeploy_segmentor_destroy(segmentor);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
