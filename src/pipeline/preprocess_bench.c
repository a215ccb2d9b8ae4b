// SPDX-License-Identifier: Apache-2.0
//
// A classifier's pre-processing of a 640x427 photo, one thread: fused, and step by step.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/preprocess.h"
#include "value/json.h"

enum { WIDTH = 640, HEIGHT = 427, RUNS = 2000 };

static const char g_steps[] =
    "[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"Resize\", \"size\": [256, -1]}, "
    "{\"type\": \"CenterCrop\", \"crop_size\": 224}, {\"type\": \"Normalize\", \"mean\": [123.675, "
    "116.28, 103.53], \"std\": [58.395, 57.12, 57.375]}, {\"type\": \"ImageToTensor\", \"keys\": "
    "[\"img\"]}, {\"type\": \"Collect\", \"keys\": [\"img\"], \"meta_keys\": [\"ori_shape\", "
    "\"img_shape\", \"pad_shape\", \"scale_factor\", \"img_norm_cfg\"]}]";

static int by_time(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static mmd_status_t measure(const mmd_value_t *steps, bool is_fused, mmd_value_t *sample) {
  static uint64_t times[RUNS];
  const mmd_component_context_t context = {.device = "cpu"};
  mmd_preprocess_t *preprocess = NULL;
  MMD_TRY(mmd_preprocess_create(steps, 0, "steps", is_fused, NULL, &preprocess));
  mmd_status_t status = NULL;
  for (int i = 0; i < RUNS && !status; ++i) {
    mmd_value_t *result = NULL;
    const uint64_t begin = mmd_time_ns();
    status = mmd_preprocess_run(preprocess, &context, sample, &result);
    times[i] = mmd_time_ns() - begin;
    mmd_value_release(result);
  }
  mmd_preprocess_destroy(preprocess);
  qsort(times, RUNS, sizeof *times, by_time);
  if (!status) {
    printf("%-8s %8.1f us median, %8.1f us best\n", is_fused ? "fused" : "unfused",
           (double)times[RUNS / 2] / 1e3, (double)times[0] / 1e3);
  }
  return status;
}

static mmd_status_t run(void) {
  static uint8_t pixels[WIDTH * HEIGHT * 3];
  mmd_value_t *steps = NULL, *sample = mmd_value_object();
  mmd_image_t image;
  for (size_t i = 0; i < sizeof pixels; ++i) pixels[i] = (uint8_t)(i * 2654435761u >> 24);
  MMD_TRY(mmd_image_borrow(pixels, HEIGHT, WIDTH, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  MMD_TRY(mmd_object_take(sample, "ori_img", mmd_value_image(&image)));
  MMD_TRY(mmd_json_parse(g_steps, strlen(g_steps), "steps", &steps));
  MMD_TRY(measure(steps, true, sample));
  MMD_TRY(measure(steps, false, sample));
  mmd_value_release(steps);
  mmd_value_release(sample);
  return NULL;
}

int main(void) {
  mmd_status_t status = run();
  if (status) fprintf(stderr, "%s\n", mmd_status_message(status));
  return status ? 1 : 0;
}
