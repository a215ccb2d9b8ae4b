// SPDX-License-Identifier: Apache-2.0
//
// The convert side's exported symbol, in a module outside our tree. In the tree
// backends/registry_convert.c names the target instead.
#include <stdio.h>

#include "mmdeploy/plugin/target.h"

extern const mmdeploy_target_t mmd_null_target;

MMDEPLOY_PLUGIN_EXPORT const mmdeploy_target_t *mmdeploy_target_query(
    uint32_t host_abi_version, const mmdeploy_target_host_t *host, mmdeploy_plugin_error_t *error);

const mmdeploy_target_t *mmdeploy_target_query(uint32_t host_abi_version,
                                               const mmdeploy_target_host_t *host,
                                               mmdeploy_plugin_error_t *error) {
  (void)host;  // it is handed to every call again
  if (host_abi_version < MMDEPLOY_TARGET_ABI_VERSION) {
    error->code = MMDEPLOY_PLUGIN_UNAVAILABLE;
    snprintf(error->message, sizeof error->message, "the host is older than this module");
    return NULL;
  }
  return &mmd_null_target;
}
