// SPDX-License-Identifier: Apache-2.0
//
// bench_openvino NET.xml THREADS RUNS: one picture of zeros through a session of ours and through
// the C interface of the same library, in turns. Free sizes are 1 and, of pictures, 224. The
// library is MMDEPLOY_OPENVINO_LIBRARY. Prints one line of key=value. With one thread the engine
// computes in its caller: the caller's processor time (…_cpu_us) is that of the whole call and does
// not count other programs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backends/openvino/runtime/ov_api.h"
#include "base/dynlib.h"
#include "bench/bench_engine.h"

enum { WARM_UP = 20, MAX_OUTPUTS = 16 };

// Of one call.
typedef struct cost_t {
  double us, cpu_us;
} cost_t;

static double cpu_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static cost_t start_cost(void) {
  return (cost_t){(double)mmd_time_ns() * 1e-3, cpu_us()};
}

static cost_t since(cost_t begin) {
  return (cost_t){(double)mmd_time_ns() * 1e-3 - begin.us, cpu_us() - begin.cpu_us};
}

//===--- the engine alone --------------------------------------------------===//

typedef struct bare_t {
  ov_functions_t fn;
  ov_infer_request_t *request;
  int element_type;
  size_t output_count;
} bare_t;

static mmd_status_t load(const char *path, ov_functions_t *fn) {
  mmd_dynlib_t *library = NULL;
  MMD_TRY(mmd_dynlib_open(path, &library));  // to the end of the process
#define LOAD(name, result, parameters) MMD_TRY(mmd_dynlib_symbol(library, "ov_" #name, &fn->name));
  MMD_OV_FUNCTIONS(LOAD)
#undef LOAD
  return NULL;
}

#define TRY_OV(call)                                                                              \
  do {                                                                                            \
    if ((call) != OV_OK) return MMD_ERROR(MMD_INTERNAL, "%s: %s", #call, fn->get_last_err_msg()); \
  } while (0)

static mmd_status_t open_bare(const char *path, const char *threads, bare_t *bare) {
  const ov_functions_t *fn = &bare->fn;
  ov_core_t *core = NULL;
  ov_model_t *model = NULL;
  ov_compiled_model_t *compiled = NULL;
  ov_port_t *port = NULL;
  MMD_TRY(load(getenv("MMDEPLOY_OPENVINO_LIBRARY"), &bare->fn));
  TRY_OV(fn->core_create(&core));
  TRY_OV(fn->core_read_model(core, path, NULL, &model));
  // What our module tells the engine; with one thread it leaves the stream out.
  const size_t words = strcmp(threads, "1") == 0 ? 8 : 6;
  TRY_OV(fn->core_compile_model(core, model, "CPU", words, &compiled, "INFERENCE_PRECISION_HINT",
                                "f32", "PERFORMANCE_HINT", "LATENCY", "INFERENCE_NUM_THREADS",
                                threads, "NUM_STREAMS", "0"));
  TRY_OV(fn->compiled_model_outputs_size(compiled, &bare->output_count));
  TRY_OV(fn->compiled_model_input_by_index(compiled, 0, &port));
  TRY_OV(fn->port_get_element_type(port, &bare->element_type));
  TRY_OV(fn->compiled_model_create_infer_request(compiled, &bare->request));
  return NULL;
}

// Input over the caller's memory, run, the outputs' memory.
static mmd_status_t run_bare(const bare_t *bare, const mmd_tensor_t *input, cost_t *out_cost) {
  const ov_functions_t *fn = &bare->fn;
  ov_tensor_t *tensor = NULL;
  int64_t dims[MMD_MAX_RANK];
  void *data = NULL, *result = NULL;
  const void *bytes = mmd_tensor_data(input);
  memcpy(&data, &bytes, sizeof data);
  memcpy(dims, input->shape.dims, sizeof input->shape.dims);
  const cost_t begin = start_cost();
  const ov_shape_t shape = {input->shape.rank, dims};
  TRY_OV(fn->tensor_create_from_host_ptr(bare->element_type, shape, data, &tensor));
  TRY_OV(fn->infer_request_set_input_tensor_by_index(bare->request, 0, tensor));
  TRY_OV(fn->infer_request_infer(bare->request));
  fn->tensor_free(tensor);
  for (size_t i = 0; i < bare->output_count; ++i) {
    TRY_OV(fn->infer_request_get_output_tensor_by_index(bare->request, i, &tensor));
    TRY_OV(fn->tensor_data(tensor, &result));
    fn->tensor_free(tensor);
  }
  *out_cost = since(begin);
  return NULL;
}

//===--- ours --------------------------------------------------------------===//

static mmd_status_t run_ours(mmd_session_t *session, const mmd_tensor_t *input, cost_t *out_cost) {
  mmd_tensor_t outputs[MAX_OUTPUTS] = {0};
  const size_t count = mmd_session_output_count(session);
  if (count > MAX_OUTPUTS) return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu outputs", count);
  const cost_t begin = start_cost();
  MMD_TRY(mmd_session_run(session, input, 1, outputs, count));
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&outputs[i]);
  *out_cost = since(begin);
  return NULL;
}

//===--- both --------------------------------------------------------------===//

// Times of one side.
typedef struct times_t {
  double *us, *cpu_us;
} times_t;

static mmd_status_t measure(const bare_t *bare, mmd_session_t *session, int runs,
                            const times_t sides[2]) {
  mmd_tensor_t input;
  mmd_status_t status = bench_make_input(session, &input);
  for (int i = 0; i < 2 * (WARM_UP + runs) && !status; ++i) {
    // Who is first changes, since the second finds the caches warm.
    const bool is_ours = (i + i / 2) % 2 != 0;
    const int round = i / 2 - WARM_UP;
    cost_t cost;
    status = is_ours ? run_ours(session, &input, &cost) : run_bare(bare, &input, &cost);
    if (round < 0 || status) continue;
    sides[is_ours].us[round] = cost.us;
    sides[is_ours].cpu_us[round] = cost.cpu_us;
  }
  mmd_tensor_deinit(&input);
  return status;
}

static void print_side(const char *name, const times_t *side, int runs) {
  const double us = bench_median(side->us, runs), cpu = bench_median(side->cpu_us, runs);
  printf("%s_us=%.1f %s_min_us=%.1f %s_cpu_us=%.1f %s_min_cpu_us=%.1f\n", name, us, name,
         side->us[0], name, cpu, name, side->cpu_us[0]);
}

int main(int argc, char **argv) {
  const int runs = argc == 4 ? atoi(argv[3]) : 0;
  double *times = runs > 0 ? malloc(4 * sizeof *times * (size_t)runs) : NULL;
  if (!times) return 2;
  const times_t sides[] = {{times, times + runs}, {times + 2 * runs, times + 3 * runs}};
  bare_t bare = {0};
  mmd_session_t *session = NULL;
  mmd_status_t status = open_bare(argv[1], argv[2], &bare);
  if (!status) status = bench_open("openvino", argv[1], true, atoi(argv[2]), &session);
  if (!status) status = measure(&bare, session, runs, sides);
  if (status) {
    fprintf(stderr, "%s\n", mmd_status_message(status));
    return mmd_status_ignore(status) ? 1 : 0;
  }
  print_side("bare", &sides[0], runs);
  print_side("ours", &sides[1], runs);
  mmd_session_destroy(session);
  free(times);
  return 0;
}
