// SPDX-License-Identifier: Apache-2.0
//
// bench_ncnn OURS.param OTHER.param THREADS RUNS: one picture of noise through a session of ours
// with the first net and through the C interface of the same library with the second, in turns; the
// weights lie beside them. Free sizes are 1 and, of pictures, 224. The library is
// MMDEPLOY_NCNN_LIBRARY. Prints one line of key=value; difference is the largest of all outputs,
// relative to an output's largest number.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/ncnn/runtime/ncnn_api.h"
#include "base/dynlib.h"
#include "bench/bench_engine.h"

enum { WARM_UP = 5, MAX_OUTPUTS = 16 };

//===--- the engine alone --------------------------------------------------===//

typedef struct bare_t {
  ncnn_functions_t fn;
  int (*net_load_param)(ncnn_net_t *, const char *);
  int (*net_load_model)(ncnn_net_t *, const char *);
  const char *(*net_get_input_name)(const ncnn_net_t *, int);
  const char *(*net_get_output_name)(const ncnn_net_t *, int);
  int (*net_get_output_count)(const ncnn_net_t *);
  ncnn_net_t *net;
  ncnn_mat_t *outputs[MAX_OUTPUTS];
} bare_t;

static mmd_status_t load(const char *path, bare_t *bare) {
  mmd_dynlib_t *library = NULL;
  if (!path) return MMD_ERROR(MMD_UNAVAILABLE, "MMDEPLOY_NCNN_LIBRARY is not set");
  MMD_TRY(mmd_dynlib_open(path, &library));  // to the end of the process
#define LOAD(name, result, parameters) \
  MMD_TRY(mmd_dynlib_symbol(library, "ncnn_" #name, &bare->fn.name));
  MMD_NCNN_FUNCTIONS(LOAD)
#undef LOAD
#define LOAD_MORE(name) MMD_TRY(mmd_dynlib_symbol(library, "ncnn_" #name, &bare->name))
  LOAD_MORE(net_load_param);
  LOAD_MORE(net_load_model);
  LOAD_MORE(net_get_input_name);
  LOAD_MORE(net_get_output_name);
  LOAD_MORE(net_get_output_count);
#undef LOAD_MORE
  return NULL;
}

// The options of our sessions: numbers of 32 bits.
static mmd_status_t open_bare(const char *path, int threads, bare_t *bare) {
  char weights[1024];
  MMD_TRY(load(getenv("MMDEPLOY_NCNN_LIBRARY"), bare));
  const ncnn_functions_t *fn = &bare->fn;
  ncnn_option_t *option = fn->option_create();
  bare->net = fn->net_create();
  fn->option_set_num_threads(option, threads);
  fn->option_set_use_fp16_packed(option, 0);
  fn->option_set_use_fp16_storage(option, 0);
  fn->option_set_use_fp16_arithmetic(option, 0);
  fn->net_set_option(bare->net, option);
  fn->option_destroy(option);
  bench_name_weights(path, weights);
  if (bare->net_load_param(bare->net, path) != 0 || bare->net_load_model(bare->net, weights) != 0)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: ncnn refuses it", path);
  if (bare->net_get_output_count(bare->net) > MAX_OUTPUTS)
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: more than %d outputs", path, MAX_OUTPUTS);
  return NULL;
}

static ncnn_mat_t *make_picture(const ncnn_functions_t *fn, const mmd_tensor_t *input) {
  const int64_t *dims = input->shape.dims;
  const int w = (int)dims[3], h = (int)dims[2], c = (int)dims[1];
  const size_t area = (size_t)w * (size_t)h;
  const float *from = mmd_tensor_data(input);
  ncnn_mat_t *mat = fn->mat_create_3d(w, h, c, NULL);
  float *to = fn->mat_get_data(mat);
  for (int i = 0; i < c; ++i) {
    memcpy(to + (size_t)i * fn->mat_get_cstep(mat), from + (size_t)i * area, area * sizeof *to);
  }
  return mat;
}

static mmd_status_t run_bare(bare_t *bare, const mmd_tensor_t *input, double *out_us) {
  const ncnn_functions_t *fn = &bare->fn;
  const int count = bare->net_get_output_count(bare->net);
  int code = 0;
  for (int i = 0; i < count; ++i) {
    if (bare->outputs[i]) fn->mat_destroy(bare->outputs[i]);
    bare->outputs[i] = NULL;
  }
  const uint64_t begin = mmd_time_ns();
  ncnn_mat_t *mat = make_picture(fn, input);
  ncnn_extractor_t *extractor = fn->extractor_create(bare->net);
  code |= fn->extractor_input(extractor, bare->net_get_input_name(bare->net, 0), mat);
  for (int i = 0; i < count; ++i) {
    code |= fn->extractor_extract(extractor, bare->net_get_output_name(bare->net, i),
                                  &bare->outputs[i]);
  }
  fn->extractor_destroy(extractor);
  fn->mat_destroy(mat);
  *out_us = (double)(mmd_time_ns() - begin) * 1e-3;
  return code == 0 ? NULL : MMD_ERROR(MMD_INTERNAL, "ncnn: code %d", code);
}

//===--- ours --------------------------------------------------------------===//

static mmd_status_t run_ours(mmd_session_t *session, const mmd_tensor_t *input,
                             mmd_tensor_t *outputs, double *out_us) {
  const size_t count = mmd_session_output_count(session);
  if (count > MAX_OUTPUTS) return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu outputs", count);
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&outputs[i]);
  const uint64_t begin = mmd_time_ns();
  MMD_TRY(mmd_session_run(session, input, 1, outputs, count));
  *out_us = (double)(mmd_time_ns() - begin) * 1e-3;
  return NULL;
}

//===--- both --------------------------------------------------------------===//

static mmd_status_t make_noise(const mmd_session_t *session, mmd_tensor_t *out_input) {
  if (mmd_session_input(session, 0)->rank != 4)
    return MMD_ERROR(MMD_NOT_SUPPORTED, "the input is no picture");
  MMD_TRY(bench_make_input(session, out_input));
  float *data = mmd_tensor_mutable_data(out_input);
  uint32_t noise = 1;
  for (size_t i = 0; i < mmd_tensor_count(out_input); ++i) {
    noise = noise * 1664525U + 1013904223U;
    data[i] = (float)(noise >> 8) / (float)(1U << 23) - 1;
  }
  return NULL;
}

// Rows of a mat lie side by side, its planes |cstep| apart.
static double difference(const ncnn_functions_t *fn, const ncnn_mat_t *mat,
                         const mmd_tensor_t *tensor) {
  const size_t plane =
      (size_t)fn->mat_get_w(mat) * (size_t)fn->mat_get_h(mat) * (size_t)fn->mat_get_d(mat);
  const size_t count = mmd_tensor_count(tensor), step = fn->mat_get_cstep(mat);
  const float *data = fn->mat_get_data(mat);
  double largest = 0, scale = 0;
  if (plane * (size_t)fn->mat_get_c(mat) != count) return INFINITY;
  for (size_t i = 0; i < count; ++i) {
    const double ours = mmd_tensor_get_f64(tensor, i);
    const double other = (double)data[i / plane * step + i % plane];
    if (!(fabs(ours - other) <= largest)) largest = fabs(ours - other);
    scale = fmax(scale, fabs(other));
  }
  return largest / fmax(scale, 1e-9);
}

static mmd_status_t measure(bare_t *bare, mmd_session_t *session, int runs, double *times,
                            double *out_difference) {
  mmd_tensor_t input = {0}, outputs[MAX_OUTPUTS] = {0};
  mmd_status_t status = make_noise(session, &input);
  double ignored;
  for (int i = 0; i < 2 * (WARM_UP + runs) && !status; ++i) {
    // Who is first changes, since the second finds the caches warm.
    const bool is_ours = (i + i / 2) % 2 != 0;
    const int round = i / 2 - WARM_UP;
    double *time = round < 0 ? &ignored : &times[is_ours ? runs + round : round];
    status = is_ours ? run_ours(session, &input, outputs, time) : run_bare(bare, &input, time);
  }
  const size_t count = mmd_session_output_count(session);
  *out_difference = (int)count == bare->net_get_output_count(bare->net) ? 0 : (double)INFINITY;
  for (size_t i = 0; i < count && !status && isfinite(*out_difference); ++i) {
    *out_difference = fmax(*out_difference, difference(&bare->fn, bare->outputs[i], &outputs[i]));
  }
  for (size_t i = 0; i < count && i < MAX_OUTPUTS; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_tensor_deinit(&input);
  return status;
}

int main(int argc, char **argv) {
  const int runs = argc == 5 ? atoi(argv[4]) : 0;
  double *times = runs > 0 ? malloc(2 * sizeof *times * (size_t)runs) : NULL;
  if (!times) return 2;
  bare_t bare = {0};
  double largest = 0;
  mmd_session_t *session = NULL;
  mmd_status_t status = open_bare(argv[2], atoi(argv[3]), &bare);
  if (!status) status = bench_open("ncnn", argv[1], true, atoi(argv[3]), &session);
  if (!status) status = measure(&bare, session, runs, times, &largest);
  if (status) {
    fprintf(stderr, "%s\n", mmd_status_message(status));
    return mmd_status_ignore(status) ? 1 : 0;
  }
  const double bare_us = bench_median(times, runs), ours_us = bench_median(times + runs, runs);
  printf("bare_us=%.1f ours_us=%.1f bare_min_us=%.1f ours_min_us=%.1f difference=%.3g\n", bare_us,
         ours_us, times[0], times[runs], largest);
  mmd_session_destroy(session);
  free(times);
  return 0;
}
