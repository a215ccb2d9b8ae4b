// SPDX-License-Identifier: Apache-2.0
#include "base/host.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/thread.h"

static const mmdeploy_host_t *g_host;

static void *host_allocate(void *self, size_t size) {
  return g_host->allocate(self, size);
}

static void *host_reallocate(void *self, void *pointer, size_t size) {
  return g_host->reallocate(self, pointer, size);
}

static void host_free(void *self, void *pointer) {
  g_host->free(self, pointer);
}

static void host_log(mmd_log_level_t level, const char *message, void *user) {
  (void)user;
  g_host->log(g_host->self, (int32_t)level, message);
}

static void host_parallel_for(mmd_pool_t *pool, size_t count, size_t grain, mmd_range_fn fn,
                              void *context) {
  g_host->parallel_for(pool, count, grain, fn, context);
}

void mmd_host_attach(const mmdeploy_host_t *host) {
  if (g_host == host) return;
  g_host = host;
  const mmd_allocator_t allocator = {.self = host->self,
                                     .allocate = host_allocate,
                                     .reallocate = host_reallocate,
                                     .free = host_free};
  mmd_allocator_set(&allocator);
  mmd_log_set_level(MMD_LOG_TRACE);  // the host filters
  mmd_log_set_callback(host_log, NULL);
  mmd_parallel_for_redirect(host_parallel_for);
}
