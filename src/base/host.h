// SPDX-License-Identifier: Apache-2.0
//
// For backend modules: makes this copy of base use the host's allocator, log and threads.
#ifndef MMD_BASE_HOST_H_
#define MMD_BASE_HOST_H_

#include "mmdeploy/plugin/common.h"

// Call before anything else of base. |host| lives as long as the process.
void mmd_host_attach(const mmdeploy_host_t *host);

#endif  // MMD_BASE_HOST_H_
