// SPDX-License-Identifier: Apache-2.0
//
// One source channel a result channel. The channel is copied into a padded image whose columns are
// sorted by their remainder modulo the stride, so that the values that one kernel position meets
// along a result row lie side by side.
#include "kernels/conv_depthwise.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "kernels/vec.h"

typedef struct job_t {
  const mmd_conv_t *conv;
  size_t out_h, out_w;
  size_t rows;         // of the padded image
  size_t phase_width;  // columns of one remainder
  size_t row_width;    // stride_w * phase_width
  const float *x, *weight, *bias;
  float *y;
  atomic_bool short_of_memory;
} job_t;

typedef struct scratch_t {
  float *image;
  const float **taps;
} scratch_t;

// The padded image of one source channel. The padding is zero already.
static void fill_image(const job_t *job, const float *channel, float *image) {
  const mmd_conv_t *c = job->conv;
  size_t stride = c->stride_w;
  for (size_t y = 0; y < c->height; ++y) {
    const float *in = channel + y * c->width;
    float *out = image + (y + c->pad_top) * job->row_width;
    if (stride == 1) {
      memcpy(out + c->pad_left, in, c->width * sizeof *out);
      continue;
    }
    for (size_t phase = 0; phase < stride; ++phase) {
      // The first source column with this remainder, counted in the padded row.
      size_t at = phase;
      while (at < c->pad_left) at += stride;
      float *to = out + phase * job->phase_width + at / stride;
      for (size_t x = at - c->pad_left; x < c->width; x += stride) *to++ = in[x];
    }
  }
}

static void point_taps(const job_t *job, const float *image, size_t oy, const float **taps) {
  const mmd_conv_t *c = job->conv;
  for (size_t ky = 0; ky < c->kernel_h; ++ky) {
    const float *row = image + (oy * c->stride_h + ky * c->dilation_h) * job->row_width;
    for (size_t kx = 0; kx < c->kernel_w; ++kx) {
      size_t x = kx * c->dilation_w;
      *taps++ = row + x % c->stride_w * job->phase_width + x / c->stride_w;
    }
  }
}

static void run_channel(const job_t *job, size_t index, const scratch_t *scratch) {
  const mmd_conv_t *c = job->conv;
  const mmd_vec_t *vec = mmd_vec_get();
  size_t channel = index % c->out_channels;
  size_t taps = c->kernel_h * c->kernel_w;
  mmd_vec_epilogue_t limits = {.low = c->low, .high = c->high};
  limits.bias = job->bias ? job->bias[channel] : 0.f;
  for (size_t oy = 0; oy < job->out_h; ++oy) {
    point_taps(job, scratch->image, oy, scratch->taps);
    vec->filter(&limits, taps, scratch->taps, job->weight + channel * taps, job->out_w,
                job->y + (index * job->out_h + oy) * job->out_w);
  }
}

// Source channels [begin, end) of all images.
static void run_channels(void *context, size_t begin, size_t end) {
  job_t *job = context;
  const mmd_conv_t *c = job->conv;
  size_t multiple = c->out_channels / c->channels;
  scratch_t scratch = {
      mmd_alloc_array(job->rows * job->row_width + MMD_VEC_SLACK, sizeof *scratch.image),
      mmd_alloc_array(c->kernel_h * c->kernel_w, sizeof *scratch.taps)};
  if (!scratch.image || !scratch.taps) {
    atomic_store(&job->short_of_memory, true);
    end = begin;
  }
  for (size_t i = begin; i < end; ++i) {
    fill_image(job, job->x + i * c->height * c->width, scratch.image);
    for (size_t k = 0; k < multiple; ++k) run_channel(job, i * multiple + k, &scratch);
  }
  mmd_free(scratch.image);
  mmd_free(scratch.taps);
}

mmd_status_t mmd_conv_run_depthwise(const mmd_conv_t *conv, const float *x, const float *weight,
                                    const float *bias, float *y, mmd_pool_t *pool) {
  size_t padded = conv->width + conv->pad_left + conv->pad_right;
  job_t job = {.conv = conv,
               .out_h = mmd_conv_out_height(conv),
               .out_w = mmd_conv_out_width(conv),
               .rows = conv->height + conv->pad_top + conv->pad_bottom,
               .phase_width = (padded + conv->stride_w - 1) / conv->stride_w,
               .x = x,
               .weight = weight,
               .bias = bias,
               .y = y};
  job.row_width = job.phase_width * conv->stride_w;
  mmd_parallel_for(pool, conv->batch * conv->channels, 4, run_channels, &job);
  return atomic_load(&job.short_of_memory) ? mmd_status_no_memory() : NULL;
}
