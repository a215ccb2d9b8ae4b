// SPDX-License-Identifier: Apache-2.0
#include "convert/limits.h"

#include <string.h>

#define MIB_BITS 20
#define BILLION 1000000000u

// The options' ranges keep these products within 64 bits.
void mmd_limits_evaluator(const mmd_limits_t *limits, mmd_evaluator_options_t *options) {
  options->memory_limit = (size_t)limits->max_memory << MIB_BITS;
  options->work_limit = (uint64_t)limits->max_work * BILLION;
  options->step_limit = (uint64_t)limits->max_steps;
}

mmd_onnx_import_options_t mmd_limits_import(const mmd_limits_t *limits) {
  return (mmd_onnx_import_options_t){
      .memory_limit = (size_t)limits->max_memory << MIB_BITS,
      .file_limit = (uint64_t)limits->max_file_size << MIB_BITS,
      .count_limit = (uint64_t)limits->max_tensors,
      .nesting_limit = (int)limits->max_nesting,
  };
}

mmd_status_t mmd_limits_session(const mmd_limits_t *limits, const char *backend,
                                mmd_str_t *out_json) {
  mmd_evaluator_options_t options = {0};
  if (strcmp(backend, "reference") != 0) return mmd_str_append(out_json, "{}");
  mmd_limits_evaluator(limits, &options);
  return mmd_str_printf(
      out_json, "{\"memory_limit\": %llu, \"work_limit\": %llu, \"step_limit\": %llu}",
      (unsigned long long)options.memory_limit, (unsigned long long)options.work_limit,
      (unsigned long long)options.step_limit);
}
