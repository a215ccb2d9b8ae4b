// SPDX-License-Identifier: Apache-2.0
//
// A model package: a directory, or a zip archive of one, with deploy.json, pipeline.json and
// network files. Counted; read-only after opening, so handles and threads may share it.
#ifndef MMD_PIPELINE_PACKAGE_H_
#define MMD_PIPELINE_PACKAGE_H_

#include "base/status.h"
#include "base/storage.h"
#include "value/value.h"

typedef struct mmd_package mmd_package_t;

// One entry of deploy.json's "models".
typedef struct mmd_package_net_t {
  const char *name, *net, *weights, *backend, *precision;
  int64_t batch_size;  // most samples a forward may take
  bool dynamic_shape;
} mmd_package_net_t;

// Reads and checks deploy.json; the message tells a missing path, a network file, a directory
// without deploy.json and a damaged archive apart.
mmd_status_t mmd_package_open(const char *path, mmd_package_t **out_package) MMD_MUST_USE;
// |archive| is retained.
mmd_status_t mmd_package_open_memory(mmd_storage_t *archive,
                                     mmd_package_t **out_package) MMD_MUST_USE;
mmd_package_t *mmd_package_retain(mmd_package_t *package);
void mmd_package_release(mmd_package_t *package);

const char *mmd_package_path(
    const mmd_package_t *package);  // as opened; "memory" for archives in memory
const mmd_value_t *mmd_package_deploy(const mmd_package_t *package);
const char *mmd_package_task(
    const mmd_package_t *package);  // "Classifier", "" when deploy.json does not say
// Major version of deploy.json; 1 for NULL.
int mmd_package_release_number(const mmd_package_t *package);
size_t mmd_package_net_count(const mmd_package_t *package);
const mmd_package_net_t *mmd_package_net(const mmd_package_t *package, size_t index);
const mmd_package_net_t *mmd_package_find_net(const mmd_package_t *package, const char *name);

// pipeline.json, read on first use (thread-safe). Borrowed.
mmd_status_t mmd_package_pipeline(mmd_package_t *package,
                                  const mmd_value_t **out_pipeline) MMD_MUST_USE;
// detail.json, or a null value when there is none. Borrowed. What it says is for people and tools.
mmd_status_t mmd_package_detail(mmd_package_t *package,
                                const mmd_value_t **out_detail) MMD_MUST_USE;
// Class names from detail.json: an array of strings, or NULL when there are none. Borrowed.
mmd_status_t mmd_package_classes(mmd_package_t *package,
                                 const mmd_value_t **out_classes) MMD_MUST_USE;

// A file of the package: mapped, or a view into the archive. |out_path| (may be NULL) gets its path
// on disk, NULL inside archives; freed with mmd_free. The same storage is given to all callers
// while one of them holds it.
mmd_status_t mmd_package_read(mmd_package_t *package, const char *name, mmd_storage_t **out_storage,
                              char **out_path) MMD_MUST_USE;

// A small JSON file of the package, released by the caller; NULL when there is none of that name.
mmd_status_t mmd_package_read_json(const mmd_package_t *package, const char *name,
                                   mmd_value_t **out_value) MMD_MUST_USE;

// The sessions of the package's networks, for session_cache.c. Borrowed.
struct mmd_session_cache_t *mmd_package_sessions(mmd_package_t *package);

#endif  // MMD_PIPELINE_PACKAGE_H_
