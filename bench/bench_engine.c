// SPDX-License-Identifier: Apache-2.0
#include "bench/bench_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FREE_SIDE = 224 };

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double bench_median(double *times, int count) {
  qsort(times, (size_t)count, sizeof *times, compare);
  return times[count / 2];
}

void bench_name_weights(const char *net, char weights[1024]) {
  const char *dot = strrchr(net, '.');
  snprintf(weights, 1024, "%.*s.bin", dot ? (int)(dot - net) : (int)strlen(net), net);
}

mmd_status_t bench_open(const char *backend_name, const char *net, bool has_weights, int threads,
                        mmd_session_t **out_session) {
  mmd_backend_t *backend;
  char weights[1024];
  bench_name_weights(net, weights);
  mmd_session_options_t options = {.name = net,
                                   .net_path = net,
                                   .weights_path = has_weights ? weights : NULL,
                                   .threads = threads};
  MMD_TRY(mmd_storage_map_file(net, &options.net));
  mmd_status_t status = has_weights ? mmd_storage_map_file(weights, &options.weights) : NULL;
  if (!status) status = mmd_backend_get(backend_name, &backend);
  if (!status) status = mmd_session_create(backend, &options, out_session);
  mmd_storage_release(options.net);
  mmd_storage_release(options.weights);
  return status;
}

mmd_status_t bench_make_input(const mmd_session_t *session, mmd_tensor_t *out_input) {
  const mmdeploy_plugin_tensor_info_t *info = mmd_session_input(session, 0);
  mmd_shape_t shape = {.rank = info->rank};
  for (int i = 0; i < info->rank; ++i)
    shape.dims[i] = info->dims[i] > 0 ? info->dims[i] : i < 2 ? 1 : FREE_SIDE;
  return mmd_tensor_create((mmd_dtype_t)info->dtype, &shape, true, out_input);
}
