// SPDX-License-Identifier: Apache-2.0
#include "pipeline/session_cache.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

struct mmd_shared_session {
  mmd_session_cache_t *cache;
  mmd_shared_session_t *next;
  size_t users;
  const mmd_package_net_t *net;
  char *device_name, *options_json;
  int device_id, threads;
  // Its own, because pipelines come and go; no thread starts before the engine asks for one.
  mmd_pool_t *pool;
  mmd_session_t *session;
};

static const char *text_or(const char *text, const char *fallback) {
  return text ? text : fallback;
}

static bool is_match(const mmd_shared_session_t *shared, const mmd_session_key_t *key) {
  return shared->net == key->net && shared->threads == key->threads &&
         shared->device_id == key->device_id &&
         mmd_str_equal(shared->device_name, text_or(key->device_name, "cpu")) &&
         mmd_str_equal(shared->options_json, text_or(key->options_json, "{}"));
}

static void free_shared(mmd_shared_session_t *shared) {
  mmd_session_destroy(shared->session);
  mmd_pool_destroy(shared->pool);
  mmd_free(shared->device_name);
  mmd_free(shared->options_json);
  mmd_free(shared);
}

typedef struct net_files_t {
  mmd_storage_t *net, *weights;
  char *net_path, *weights_path;
} net_files_t;

static mmd_status_t read_files(mmd_package_t *package, const mmd_package_net_t *net,
                               net_files_t *files) {
  MMD_TRY(mmd_package_read(package, net->net, &files->net, &files->net_path));
  if (!*net->weights) return NULL;
  return mmd_package_read(package, net->weights, &files->weights, &files->weights_path);
}

static void free_files(net_files_t *files) {
  mmd_storage_release(files->net);
  mmd_storage_release(files->weights);
  mmd_free(files->net_path);
  mmd_free(files->weights_path);
}

static mmd_status_t open_session(mmd_package_t *package, mmd_shared_session_t *shared) {
  const mmd_package_net_t *net = shared->net;
  net_files_t files = {0};
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get(net->backend, &backend);
  if (!status) status = read_files(package, net, &files);
  if (!status) {
    const mmd_session_options_t options = {
        .name = net->name,
        .net = files.net,
        .net_path = files.net_path,
        .weights = files.weights,
        .weights_path = files.weights_path,
        .device_name = shared->device_name,
        .device_id = shared->device_id,
        .threads = shared->threads,
        .pool = shared->pool,
        .precision = net->precision,
        .options_json = shared->options_json,
    };
    status = mmd_session_create(backend, &options, &shared->session);
  }
  free_files(&files);
  return status;
}

static mmd_status_t fill(mmd_package_t *package, const mmd_session_key_t *key,
                         mmd_shared_session_t *shared) {
  shared->net = key->net;
  shared->device_id = key->device_id;
  shared->threads = key->threads;
  shared->device_name = mmd_strdup(text_or(key->device_name, "cpu"));
  shared->options_json = mmd_strdup(text_or(key->options_json, "{}"));
  MMD_TRY_ALLOC(shared->device_name);
  MMD_TRY_ALLOC(shared->options_json);
  MMD_TRY(mmd_pool_create((unsigned)key->threads, &shared->pool));
  return open_session(package, shared);
}

static mmd_status_t add(mmd_package_t *package, mmd_session_cache_t *cache,
                        const mmd_session_key_t *key, mmd_shared_session_t **out_shared) {
  mmd_shared_session_t *shared = mmd_alloc(sizeof *shared);
  MMD_TRY_ALLOC(shared);
  mmd_status_t status = fill(package, key, shared);
  if (status) {
    free_shared(shared);
    return status;
  }
  shared->cache = cache;
  shared->next = cache->first;
  cache->first = shared;
  *out_shared = shared;
  return NULL;
}

mmd_status_t mmd_shared_session_acquire(mmd_package_t *package, const mmd_session_key_t *key,
                                        mmd_shared_session_t **out_session) {
  mmd_session_cache_t *cache = mmd_package_sessions(package);
  *out_session = NULL;
  mmd_mutex_lock(&cache->mutex);
  mmd_shared_session_t *shared = cache->first;
  while (shared && !is_match(shared, key)) shared = shared->next;
  mmd_status_t status = shared ? NULL : add(package, cache, key, &shared);
  if (!status) {
    ++shared->users;
    *out_session = shared;
  }
  mmd_mutex_unlock(&cache->mutex);
  return status;
}

void mmd_shared_session_release(mmd_shared_session_t *shared) {
  if (!shared) return;
  mmd_session_cache_t *cache = shared->cache;
  mmd_mutex_lock(&cache->mutex);
  const bool is_last = --shared->users == 0;
  if (is_last) {
    mmd_shared_session_t **link = &cache->first;
    while (*link != shared) link = &(*link)->next;
    *link = shared->next;
  }
  mmd_mutex_unlock(&cache->mutex);
  if (is_last) free_shared(shared);
}

mmd_session_t *mmd_shared_session_get(const mmd_shared_session_t *shared) {
  return shared->session;
}
