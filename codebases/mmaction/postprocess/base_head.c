// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmaction/postprocess/base_head.h"

#include <stddef.h>

#include "value/class_scores.h"
#include "value/net_output.h"

#define HEAD "BaseHead"

typedef struct base_head_t {
  int64_t topk;
} base_head_t;

static const mmd_option_t g_options[] = {
    {.name = "topk",
     .type = MMD_OPTION_INT,
     .offset = offsetof(base_head_t, topk),
     .default_text = "1",
     .min = 1,
     .max = INT32_MAX,
     .help = "Number of classes that are given out."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, base_head_t, g_options);

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const base_head_t *head = options;
  const int64_t dims[] = {1, -1};
  const int64_t k = mmd_call_int(context ? context->call : NULL, "topk", head->topk);
  mmd_tensor_t scores = {0};
  MMD_TRY(mmd_net_output_get(inputs[input_count - 1], HEAD, "output", MMD_F32, 2, dims, &scores));
  mmd_value_t *result = mmd_value_array();
  mmd_status_t status =
      result ? mmd_class_scores_append_best(mmd_tensor_data(&scores), mmd_tensor_count(&scores),
                                            (size_t)k, result)
             : mmd_status_no_memory();
  mmd_tensor_deinit(&scores);
  if (status)
    mmd_value_release(result);
  else
    *out_result = result;
  return status;
}

// clang-format off
#define ACTION_HEAD(label)                                                                         \
  {.module = "mmaction", .name = (label), .help = "The classes with the highest scores, best first.", \
   .options = &g_table, .apply = apply}
// clang-format on

const mmd_component_t mmd_action_base_head = ACTION_HEAD("BaseHead");
const mmd_component_t mmd_action_slow_fast_head = ACTION_HEAD("SlowFastHead");
const mmd_component_t mmd_action_tsn_head = ACTION_HEAD("TSNHead");
