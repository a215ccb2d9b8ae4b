// SPDX-License-Identifier: Apache-2.0
//
// What targets share: names of the files they write, the opset they lower from, how they refuse.
#ifndef MMD_BACKENDS_TARGET_UTIL_H_
#define MMD_BACKENDS_TARGET_UTIL_H_

#include <stdarg.h>

#include "base/status.h"
#include "graph/graph.h"
#include "mmdeploy/plugin/target.h"

// Names file |index| of |out_result| after request->save_file, with |suffix| in place of its own
// (NULL: as it is), and gives its path in the work directory, freed with mmd_free. |key| is the
// deploy config's dict for messages.
mmd_status_t mmd_target_name_file(const mmdeploy_target_request_t *request, const char *key,
                                  const char *suffix, size_t index,
                                  mmdeploy_target_result_t *out_result,
                                  char **out_path) MMD_MUST_USE;

// Whether weights are to be stored in half precision: the request's precision, or the deploy
// config's backend_config.precision. Others than FP32 and FP16 are refused.
mmd_status_t mmd_target_wants_f16(const mmdeploy_target_request_t *request,
                                  bool *out_is_f16) MMD_MUST_USE;

// Spells our composite operators out and raises the standard ones to |opset|; types are to be
// inferred again.
mmd_status_t mmd_target_raise(mmdeploy_graph_t *graph, int64_t opset) MMD_MUST_USE;

// "ENGINE: node, reason".
mmd_status_t mmd_target_refusal(const char *engine, const mmd_node_t *node, const char *fmt,
                                va_list arguments) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TARGET_UTIL_H_
