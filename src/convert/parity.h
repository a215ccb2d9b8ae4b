// SPDX-License-Identifier: Apache-2.0
//
// Backend parity: our evaluator against the engine on the same graph and inputs; and model parity:
// the engine against arrays that the original framework recorded.
#ifndef MMD_CONVERT_PARITY_H_
#define MMD_CONVERT_PARITY_H_

#include "base/progress.h"
#include "convert/limits.h"
#include "convert/target.h"
#include "frontends/openmmlab/task.h"
#include "value/value.h"

typedef enum mmd_verify_mode_t {
  MMD_VERIFY_NONE,
  MMD_VERIFY_OUTPUTS,
  MMD_VERIFY_LAYERS
} mmd_verify_mode_t;

typedef struct mmd_parity_case_t {
  const char *name;              // the picture's path, or "reference"
  const mmd_tensor_t *inputs;    // in graph order, packed
  const mmd_tensor_t *expected;  // outputs of the original framework, or NULL
} mmd_parity_case_t;

typedef struct mmd_parity_request_t {
  mmd_verify_mode_t mode;
  const mmd_graph_t *graph;  // legalised
  const mmdeploy_target_t *target;
  const mmdeploy_target_request_t *target_request;
  const mmdeploy_target_result_t *files;
  const char *backend, *device_name;
  int device_id, threads;
  const mmd_limits_t *limits;  // of our evaluator; NULL: the defaults
  double tolerance;            // largest difference relative to the largest number of the output
  const mmd_parity_case_t *cases;
  size_t case_count;
  const mmd_ranking_t *rankings;  // outputs in the order of scores, or NULL
  const mmd_value_t *classes;     // names for the top-5 lines, or NULL
  const mmd_progress_t *progress;
} mmd_parity_request_t;

// |*out_report| is what parity.json holds: {"passed", "tolerance", "backend", "backend_version",
// "cases":
// [{"input", "outputs": [{"name", "shape", "max_abs", "mean_abs", "max_rel", "passed"}…], "top5":
// …}], "layers": …}. An output whose rows changed places within ties of their scores, and were
// compared as they belong together, says how many: "tied_rows". A failed comparison is no failed
// status.
mmd_status_t mmd_parity_run(const mmd_parity_request_t *request,
                            mmd_value_t **out_report) MMD_MUST_USE;
bool mmd_parity_passed(const mmd_value_t *report);
// The report as a table for people; appends.
mmd_status_t mmd_parity_print(const mmd_value_t *report, mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_CONVERT_PARITY_H_
