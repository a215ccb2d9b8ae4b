// SPDX-License-Identifier: Apache-2.0
//
// Sessions of a package's networks, shared by all pipelines made from it with the same device,
// threads and options: weights are loaded once. A session goes when its last user releases it.
#ifndef MMD_PIPELINE_SESSION_CACHE_H_
#define MMD_PIPELINE_SESSION_CACHE_H_

#include "base/thread.h"
#include "pipeline/package.h"
#include "runtime/session.h"

typedef struct mmd_shared_session mmd_shared_session_t;

// Inside a package.
typedef struct mmd_session_cache_t {
  mmd_mutex_t mutex;  // held while a session is made, so that two handles do not make it twice
  mmd_shared_session_t *first;
} mmd_session_cache_t;

typedef struct mmd_session_key_t {
  const mmd_package_net_t *net;
  const char *device_name;  // NULL = "cpu"
  int device_id;
  int threads;               // 1 or more
  const char *options_json;  // NULL = "{}"
} mmd_session_key_t;

// |package| must outlive the session.
mmd_status_t mmd_shared_session_acquire(mmd_package_t *package, const mmd_session_key_t *key,
                                        mmd_shared_session_t **out_session) MMD_MUST_USE;
void mmd_shared_session_release(mmd_shared_session_t *session);  // NULL is fine
mmd_session_t *mmd_shared_session_get(const mmd_shared_session_t *session);

#endif  // MMD_PIPELINE_SESSION_CACHE_H_
