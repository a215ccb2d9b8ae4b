// SPDX-License-Identifier: Apache-2.0
//
// 1000 boxes with masks and captions on a frame of 1920x1080.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mmdeploy/media.h"

enum { COUNT = 1000, SIDE = 96, ROUNDS = 31 };

static mmdeploy_draw_object_t g_objects[COUNT];
static mmdeploy_rect_t g_boxes[COUNT];
static uint8_t g_masks[COUNT][SIDE * SIDE];
static char g_names[80][32];

// An ellipse that fills the box.
static void make_mask(uint8_t *mask, int width, int height) {
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double u = (2 * x + 1) / (double)width - 1, v = (2 * y + 1) / (double)height - 1;
      mask[y * width + x] = u * u + v * v <= 1 ? 255 : 0;
    }
  }
}

static void make_objects(void) {
  srand(1);
  for (int i = 0; i < 80; ++i) snprintf(g_names[i], sizeof g_names[i], "class name %d", i);
  for (int i = 0; i < COUNT; ++i) {
    const int width = 24 + rand() % (SIDE - 24), height = 24 + rand() % (SIDE - 24);
    const int x = rand() % (1920 - SIDE), y = rand() % (1080 - SIDE), label = rand() % 80;
    make_mask(g_masks[i], width, height);
    g_boxes[i] =
        (mmdeploy_rect_t){(float)x, (float)y, (float)(x + width - 1), (float)(y + height - 1)};
    g_objects[i] = (mmdeploy_draw_object_t){.color = label,
                                            .text = g_names[label],
                                            .score = (float)rand() / (float)RAND_MAX,
                                            .bbox = &g_boxes[i],
                                            .mask = g_masks[i],
                                            .mask_left = x,
                                            .mask_top = y,
                                            .mask_width = width,
                                            .mask_height = height};
  }
}

// Of this thread, so that a busy machine does not count.
static double processor_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
  double times[ROUNDS];
  uint8_t *pixels = malloc(1920 * 1080 * 3);
  if (!pixels) return 1;
  memset(pixels, 100, 1920 * 1080 * 3);
  const mmdeploy_mat_t mat = {
      pixels, 1080, 1920, 3, MMDEPLOY_PIXEL_FORMAT_BGR, MMDEPLOY_DATA_TYPE_UINT8, NULL};
  make_objects();
  for (int i = 0; i < ROUNDS; ++i) {
    mmdeploy_image_t image = NULL;
    if (mmdeploy_image_create(&mat, &image) != 0) return 1;
    const double begin = processor_ms();
    if (mmdeploy_draw_objects(image, g_objects, COUNT, NULL) != 0) return 1;
    times[i] = processor_ms() - begin;
    if (i == 0 && argc > 1 && mmdeploy_image_write(image, argv[1], 0) != 0) return 1;
    mmdeploy_image_destroy(image);
  }
  printf("first frame %.2f ms\n", times[0]);
  qsort(times, ROUNDS, sizeof *times, compare);
  printf("1000 boxes with masks, 1920x1080: %.2f ms of processor time (median of %d; best %.2f)\n",
         times[ROUNDS / 2], ROUNDS, times[0]);
  free(pixels);
  return 0;
}
