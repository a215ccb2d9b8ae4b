// SPDX-License-Identifier: Apache-2.0
//
// What the files of the suite share. A check is a function that returns a failed status when the
// backend is wrong; the runner holds the result against the expectations.
#ifndef MMD_BACKENDS_CONFORMANCE_CONFORMANCE_H_
#define MMD_BACKENDS_CONFORMANCE_CONFORMANCE_H_

#include "graph/graph.h"
#include "mmdeploy/plugin/target.h"
#include "runtime/session.h"

#define CONF_MAX_TENSORS 16
#define CONF_MAX_RUNS 4

// A network as graph text; constants whose name begins with "fill" get numbers that are not all the
// same.
typedef struct conf_case_t {
  const char *name;
  const char *text;
  const char
      *runs[CONF_MAX_RUNS];  // sizes of the named dimensions: "batch=2,h=5"; "" for static ones
} conf_case_t;

extern const conf_case_t conf_cases[];
extern const size_t conf_case_count;

// The backend under test.
typedef struct conf_context_t {
  mmd_backend_t *backend;
  const mmdeploy_backend_t *table;
  const mmdeploy_target_t *target;
  const char *directory;  // for net files
  int opset;              // of the deploy config that the target sees
} conf_context_t;

//===--- networks ----------------------------------------------------------===//

// A case written by the target.
typedef struct conf_net_t {
  const char *name;
  mmd_graph_t *graph;         // as parsed, with inferred types
  char *path, *weights_path;  // |weights_path| NULL when there is one file
  mmd_storage_t *bytes, *weights;
} conf_net_t;

mmd_status_t conf_net_create(const conf_context_t *context, const conf_case_t *item,
                             conf_net_t *out_net) MMD_MUST_USE;
void conf_net_deinit(conf_net_t *net);

// Inputs of one run and what the plain evaluator answers.
typedef struct conf_data_t {
  size_t input_count, output_count;
  mmd_tensor_t inputs[CONF_MAX_TENSORS], expected[CONF_MAX_TENSORS];
} conf_data_t;

mmd_status_t conf_data_create(const conf_net_t *net, const char *sizes, unsigned seed,
                              conf_data_t *out_data) MMD_MUST_USE;
void conf_data_deinit(conf_data_t *data);

// Numbers that depend on |seed|, small enough to be exact in every element type.
mmd_status_t conf_fill(mmd_dtype_t dtype, const mmd_shape_t *shape, unsigned seed,
                       mmd_tensor_t *out_tensor) MMD_MUST_USE;

//===--- sessions ----------------------------------------------------------===//

// Options of a session over |net|: bytes and path.
mmd_session_options_t conf_options(const conf_net_t *net);
// Runs and compares shapes, element types and, with |compare_values|, numbers.
mmd_status_t conf_run(mmd_session_t *session, const conf_data_t *data,
                      bool compare_values) MMD_MUST_USE;
void conf_tensors_deinit(mmd_tensor_t *tensors, size_t count);

// NULL when |status| failed with one of |codes| (bits 1 << code) and a message that holds |part|
// (NULL = any) in one line. Frees |status|.
mmd_status_t conf_expect(mmd_status_t status, unsigned codes, const char *part) MMD_MUST_USE;
#define CONF_CODE(code) (1u << (code))
#define CONF_ANY_CODE (~CONF_CODE(MMD_INTERNAL))

//===--- checks ------------------------------------------------------------===//

typedef struct conf_case_check_t {
  const char *name;
  mmd_status_t (*run)(const conf_context_t *context, const conf_case_t *item,
                      const conf_net_t *net);
} conf_case_check_t;

typedef struct conf_check_t {
  const char *name;
  mmd_status_t (*run)(const conf_context_t *context);
} conf_check_t;

extern const conf_case_check_t conf_case_checks[];  // made on every case
extern const conf_check_t conf_session_checks[];    // lives, wrong arguments, threads
extern const conf_check_t conf_input_checks[];      // hostile files and options
extern const conf_check_t conf_memory_checks[];     // short memory

//===--- expectations ------------------------------------------------------===//

typedef enum conf_expectation_t {
  CONF_PASS,
  CONF_UNSUPPORTED,
  CONF_EXPECTED_FAILURE
} conf_expectation_t;

// What the check |name| ("case.check") shall do on |backend|, and why.
conf_expectation_t conf_expectation(const char *backend, const char *name, const char **out_reason);
// Adds those of a file: lines "unsupported PATTERN REASON" and "failure PATTERN REASON"; '#' begins
// a comment. They hold for whatever backend is tested.
mmd_status_t conf_expectations_read(const char *path) MMD_MUST_USE;

#endif  // MMD_BACKENDS_CONFORMANCE_CONFORMANCE_H_
