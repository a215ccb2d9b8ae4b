// SPDX-License-Identifier: Apache-2.0
//
// One source channel a result channel: a filter over the padded channel.
#include "kernels/conv_depthwise.h"

#include <math.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/checked.h"

typedef struct job_t {
  mmd_conv_image_t image;
  size_t out_h, out_w;
  size_t scratch_floats;
  const float *x, *weight, *bias;
  float *y;
  atomic_bool short_of_memory;
} job_t;

typedef struct scratch_t {
  float *plane;  // one padded source channel
  float *sums;   // one result channel, when there is something to add
  size_t *taps;
} scratch_t;

static void point_taps(const job_t *job, size_t *taps) {
  const mmd_conv_t *c = job->image.conv;
  for (size_t ky = 0; ky < c->kernel_h; ++ky) {
    for (size_t kx = 0; kx < c->kernel_w; ++kx) *taps++ = mmd_conv_image_tap(&job->image, ky, kx);
  }
}

static void add_to_sums(const job_t *job, const float *sums, const float *add, float *y) {
  const mmd_conv_t *c = job->image.conv;
  const mmd_vec_epilogue_t epilogue = {.rows = 1,
                                       .columns = job->out_h * job->out_w,
                                       .alpha = 1.f,
                                       .beta = 1.f,
                                       .add = add,
                                       .low = c->low,
                                       .high = c->high,
                                       .out = y};
  job->image.vec->finish(&epilogue, sums, 0);
}

// Result channel |index|, counted over all images.
static void run_channel(const job_t *job, size_t index, const scratch_t *scratch) {
  const mmd_conv_t *c = job->image.conv;
  const size_t channel = index % c->out_channels, count = c->kernel_h * c->kernel_w;
  const size_t at = index * job->out_h * job->out_w;
  const mmd_vec_filter_t filter = {
      .tap_count = count,
      .taps = scratch->taps,
      .weights = job->weight + channel * count,
      .in = scratch->plane,
      .in_step = c->stride_h * job->image.row_width,
      .rows = job->out_h,
      .columns = job->out_w,
      .bias = job->bias ? job->bias[channel] : 0.f,
      .low = c->add ? -INFINITY : c->low,
      .high = c->add ? INFINITY : c->high,
      .out = c->add ? scratch->sums : job->y + at,
  };
  job->image.vec->filter(&filter);
  if (c->add) add_to_sums(job, scratch->sums, c->add + at, job->y + at);
}

// Source channels [begin, end) of all images.
static void run_channels(void *context, size_t begin, size_t end) {
  job_t *job = context;
  const mmd_conv_t *c = job->image.conv;
  const size_t multiple = c->out_channels / c->channels;
  scratch_t scratch = {.plane = mmd_alloc_uninit(job->scratch_floats * sizeof *scratch.plane),
                       .taps = mmd_alloc_array(c->kernel_h * c->kernel_w, sizeof *scratch.taps)};
  if (scratch.plane && scratch.taps) {
    scratch.sums = scratch.plane + job->image.plane + MMD_VEC_SLACK;
    point_taps(job, scratch.taps);
  } else {
    atomic_store(&job->short_of_memory, true);
    end = begin;
  }
  for (size_t i = begin; i < end; ++i) {
    mmd_conv_image_fill(&job->image, job->x + i * c->height * c->width, scratch.plane);
    for (size_t k = 0; k < multiple; ++k) run_channel(job, i * multiple + k, &scratch);
  }
  mmd_free(scratch.plane);
  mmd_free(scratch.taps);
}

bool mmd_conv_depthwise_floats(const mmd_conv_t *conv, const mmd_conv_image_t *image,
                               size_t *out_floats) {
  const size_t sums = conv->add ? mmd_conv_out_height(conv) * mmd_conv_out_width(conv) : 0;
  size_t bytes;
  return mmd_checked_add(image->plane, sums + MMD_VEC_SLACK, out_floats) &&
         mmd_checked_mul(*out_floats, sizeof(float), &bytes);
}

mmd_status_t mmd_conv_run_depthwise(const mmd_conv_t *conv, const float *x, const float *weight,
                                    const float *bias, float *y, mmd_pool_t *pool) {
  job_t job = {.out_h = mmd_conv_out_height(conv),
               .out_w = mmd_conv_out_width(conv),
               .x = x,
               .weight = weight,
               .bias = bias,
               .y = y};
  if (!mmd_conv_image_init(conv, &job.image) ||
      !mmd_conv_depthwise_floats(conv, &job.image, &job.scratch_floats)) {
    return mmd_status_no_memory();
  }
  mmd_parallel_for(pool, conv->batch * conv->channels, 4, run_channels, &job);
  return atomic_load(&job.short_of_memory) ? mmd_status_no_memory() : NULL;
}
