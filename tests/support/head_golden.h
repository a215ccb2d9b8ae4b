// SPDX-License-Identifier: Apache-2.0
//
// A post-processing head alone against tests/tasks/goldens/<name>/head.json: the tensors of a real
// network and the geometry go in, what comes out is compared with the answer kept there. The
// parameters are those of the package of the same name.
#ifndef MMD_TESTS_SUPPORT_HEAD_GOLDEN_H_
#define MMD_TESTS_SUPPORT_HEAD_GOLDEN_H_

#include "value/component.h"

typedef struct mmd_head_case_t {
  const char *golden, *name;
  const mmd_value_t *item;      // of head.json
  const mmd_value_t *answer;    // of the original runtime; NULL where it could not answer itself
  const mmd_value_t *codebase;  // of the code base's own post-processing; NULL where not asked
  mmd_value_t *prep_output, *infer_output;
  mmd_value_t *result;  // of our head
} mmd_head_case_t;

// Called for each case; asserts that |result| is the answer.
typedef void (*mmd_head_compare_fn)(const mmd_head_case_t *head_case);

// Runs |component| on all cases of |golden|. |params_json| replaces the package's parameters; NULL
// keeps them.
void mmd_head_golden_check(const char *golden, const mmd_component_t *component,
                           const char *params_json, mmd_head_compare_fn compare);

// The arrays of the file that |key| of the case names ("arrays", "codebase_arrays"), or of |key|
// itself when it ends in ".npz"; a new reference.
mmd_value_t *mmd_head_case_arrays(const mmd_head_case_t *head_case, const char *key);

// Runs |component| once, as the pipeline does. |inputs| as it gets them. The status is the head's.
mmd_status_t mmd_head_run(const mmd_component_t *component, int release, const char *params_json,
                          const mmd_call_t *call, mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) MMD_MUST_USE;

// A JSON text as a value; fails the test when it is none.
mmd_value_t *mmd_test_json(const char *text);
// A float tensor under |name| in |object|.
void mmd_test_put_f32(mmd_value_t *object, const char *name, int rank, const int64_t *dims,
                      const float *data);

// Every member and element of |wanted| must be in |found|: numbers within |tolerance|, the rest
// equal. |path| begins messages.
void mmd_test_assert_near(const mmd_value_t *wanted, const mmd_value_t *found, double tolerance,
                          const char *path);

#endif  // MMD_TESTS_SUPPORT_HEAD_GOLDEN_H_
