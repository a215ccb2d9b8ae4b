// SPDX-License-Identifier: Apache-2.0
#include "kernels/dcnv3.h"

#include <string.h>

#include "kernels/corners.h"

typedef struct {
  const mmd_dcnv3_t *dcnv3;
  const float *x, *offset, *mask;
  float *y;
} job_t;

static void add_tap(const mmd_dcnv3_t *d, const float *x, double at_y, double at_x, float mask,
                    float *out) {
  mmd_corners_t corners =
      mmd_corners_zero((int64_t)d->height, (int64_t)d->width, (float)at_y, (float)at_x);
  for (int t = 0; t < 4; ++t) {
    if (corners.at[t] < 0) continue;
    const float *in = x + (size_t)corners.at[t] * d->groups * d->group_channels;
    float factor = mask * corners.weight[t];
    for (size_t c = 0; c < d->group_channels; ++c) out[c] += factor * in[c];
  }
}

// Pixels [begin, end) of batch x out_height x out_width.
static void run_pixels(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  const mmd_dcnv3_t *d = job->dcnv3;
  size_t taps = d->kernel_h * d->kernel_w;
  for (size_t pixel = begin; pixel < end; ++pixel) {
    size_t column = pixel % d->out_width, row = pixel / d->out_width % d->out_height;
    size_t n = pixel / d->out_width / d->out_height;
    const float *image = job->x + n * d->height * d->width * d->groups * d->group_channels;
    for (size_t g = 0; g < d->groups; ++g) {
      float *out = job->y + (pixel * d->groups + g) * d->group_channels;
      memset(out, 0, d->group_channels * sizeof *out);
      for (size_t t = 0; t < taps; ++t) {
        size_t map = (pixel * d->groups + g) * taps + t;
        double y, x, scale = (double)d->offset_scale;
        mmd_dcnv3_position(d, row, column, t, &y, &x);
        x += (double)job->offset[2 * map] * scale;
        y += (double)job->offset[2 * map + 1] * scale;
        add_tap(d, image + g * d->group_channels, y, x, job->mask[map], out);
      }
    }
  }
}

mmd_status_t mmd_dcnv3_run(const mmd_dcnv3_t *dcnv3, const float *x, const float *offset,
                           const float *mask, float *y, mmd_pool_t *pool) {
  const mmd_dcnv3_t *d = dcnv3;
  if (d->kernel_h == 0 || d->kernel_w == 0 || d->stride_h == 0 || d->stride_w == 0 ||
      d->dilation_h == 0 || d->dilation_w == 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "dcnv3: kernel %zux%zu, stride %zux%zu, dilation %zux%zu", d->kernel_h,
                     d->kernel_w, d->stride_h, d->stride_w, d->dilation_h, d->dilation_w);
  }
  job_t job = {.dcnv3 = d, .x = x, .offset = offset, .mask = mask, .y = y};
  if (d->groups == 0 || d->group_channels == 0) return NULL;
  mmd_parallel_for(pool, d->batch * d->out_height * d->out_width, 8, run_pixels, &job);
  return NULL;
}
