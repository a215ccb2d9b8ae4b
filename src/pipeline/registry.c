// SPDX-License-Identifier: Apache-2.0
#include "pipeline/registry.h"

#include <stddef.h>

#include "runtime/session.h"

mmd_status_t mmd_backend_registry_use(void) {
  for (size_t i = 0; mmd_backend_registry[i]; ++i) {
    MMD_TRY(mmd_backend_register_static(mmd_backend_registry[i]));
  }
  return NULL;
}
