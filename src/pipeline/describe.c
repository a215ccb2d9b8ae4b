// SPDX-License-Identifier: Apache-2.0
#include "pipeline/describe.h"

#include <string.h>

#include "pipeline/preprocess.h"

enum { MAX_DEPTH = 16 };  // of pipelines within pipelines

static mmd_status_t set_copy(mmd_value_t *object, const char *key, const mmd_value_t *value) {
  mmd_value_t *copy = NULL;
  if (!value) return NULL;
  MMD_TRY(mmd_value_copy(value, &copy));
  return mmd_object_take(object, key, copy);
}

// Keeps a failure as the member "error": the rest can still be told. Lack of memory passes.
static mmd_status_t keep_error(mmd_status_t status, mmd_value_t *object) {
  if (!status || mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_t kept =
      mmd_object_take(object, "error", mmd_value_string(mmd_status_message(status)));
  mmd_status_free(status);
  return kept;
}

//===--- networks ----------------------------------------------------------===//

static mmd_status_t add_size(mmd_package_t *package, const char *name, mmd_value_t *item) {
  mmd_storage_t *bytes = NULL;
  MMD_TRY(mmd_package_read(package, name, &bytes, NULL));
  const size_t size = mmd_storage_size(bytes);
  mmd_storage_release(bytes);
  return mmd_object_take(item, "bytes", mmd_value_int((int64_t)size));
}

static mmd_status_t add_net(mmd_package_t *package, const mmd_package_net_t *net,
                            mmd_value_t *nets) {
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(nets, item));
  MMD_TRY(mmd_object_take(item, "name", mmd_value_string(net->name)));
  MMD_TRY(mmd_object_take(item, "net", mmd_value_string(net->net)));
  if (net->weights && *net->weights)
    MMD_TRY(mmd_object_take(item, "weights", mmd_value_string(net->weights)));
  MMD_TRY(mmd_object_take(item, "backend", mmd_value_string(net->backend)));
  MMD_TRY(mmd_object_take(item, "precision", mmd_value_string(net->precision)));
  MMD_TRY(mmd_object_take(item, "batch_size", mmd_value_int(net->batch_size)));
  MMD_TRY(mmd_object_take(item, "dynamic_shape", mmd_value_bool(net->dynamic_shape)));
  return keep_error(add_size(package, net->net, item), item);
}

static mmd_status_t add_nets(mmd_package_t *package, mmd_value_t *result) {
  mmd_value_t *nets = mmd_value_array();
  MMD_TRY(mmd_object_take(result, "nets", nets));
  for (size_t i = 0; i < mmd_package_net_count(package); ++i) {
    MMD_TRY(add_net(package, mmd_package_net(package, i), nets));
  }
  return NULL;
}

//===--- pipeline ----------------------------------------------------------===//

mmd_status_t mmd_package_describe_steps(const mmd_package_t *package, const mmd_value_t *transforms,
                                        mmd_value_t **out_steps) {
  mmd_preprocess_t *preprocess = NULL;
  MMD_TRY(mmd_preprocess_create(transforms, mmd_package_release_number(package),
                                "pipeline.json: transforms", false, NULL, &preprocess));
  mmd_status_t status = mmd_preprocess_describe(preprocess, out_steps);
  mmd_preprocess_destroy(preprocess);
  return status;
}

static mmd_status_t add_steps(const mmd_package_t *package, const mmd_value_t *transforms,
                              mmd_value_t *item) {
  mmd_value_t *steps = NULL;
  MMD_TRY(keep_error(mmd_package_describe_steps(package, transforms, &steps), item));
  return steps ? mmd_object_take(item, "steps", steps) : set_copy(item, "steps", transforms);
}

static mmd_status_t add_task(const mmd_package_t *package, const mmd_value_t *task,
                             mmd_value_t *tasks) {
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(tasks, item));
  for (size_t i = 0; i < mmd_object_size(task); ++i) {
    const char *key = mmd_object_key_at(task, i);
    if (strcmp(key, "transforms") == 0)
      MMD_TRY(add_steps(package, mmd_object_value_at(task, i), item));
    else
      MMD_TRY(set_copy(item, key, mmd_object_value_at(task, i)));
  }
  return NULL;
}

static mmd_status_t add_tasks(const mmd_package_t *package, const mmd_value_t *pipeline, int depth,
                              mmd_value_t *tasks) {
  const mmd_value_t *list = mmd_object_get(pipeline, "tasks");
  for (size_t i = 0; i < mmd_array_size(list); ++i) {
    const mmd_value_t *task = mmd_array_at(list, i);
    if (mmd_object_get(task, "tasks") && depth < MAX_DEPTH)
      MMD_TRY(add_tasks(package, task, depth + 1, tasks));
    else
      MMD_TRY(add_task(package, task, tasks));
  }
  return NULL;
}

static mmd_status_t add_pipeline(mmd_package_t *package, mmd_value_t *result) {
  const mmd_value_t *pipeline = NULL;
  mmd_value_t *tasks = mmd_value_array();
  MMD_TRY(mmd_object_take(result, "tasks", tasks));
  MMD_TRY(mmd_package_pipeline(package, &pipeline));
  const mmd_value_t *inner = mmd_object_get(pipeline, "pipeline");
  return add_tasks(package, inner ? inner : pipeline, 0, tasks);
}

//===--- what the converter left -------------------------------------------===//

static mmd_status_t add_origin(mmd_package_t *package, mmd_value_t *result) {
  const mmd_value_t *detail = NULL, *classes = NULL;
  MMD_TRY(mmd_package_detail(package, &detail));
  MMD_TRY(mmd_package_classes(package, &classes));
  MMD_TRY(set_copy(result, "codebase", mmd_object_get(detail, "codebase")));
  MMD_TRY(set_copy(result, "verification", mmd_object_get(detail, "verification")));
  return set_copy(result, "classes", classes);
}

static mmd_status_t fill(mmd_package_t *package, mmd_value_t *result) {
  const mmd_value_t *version = mmd_object_get(mmd_package_deploy(package), "version");
  MMD_TRY(mmd_object_take(result, "task", mmd_value_string(mmd_package_task(package))));
  MMD_TRY(mmd_object_take(result, "version", mmd_value_string(mmd_value_get_string(version, ""))));
  MMD_TRY(add_nets(package, result));
  MMD_TRY(add_pipeline(package, result));
  MMD_TRY(add_origin(package, result));
  mmd_value_t *parity = NULL;
  MMD_TRY(mmd_package_read_json(package, "parity.json", &parity));
  return parity ? mmd_object_take(result, "parity", parity) : NULL;
}

mmd_status_t mmd_package_describe(mmd_package_t *package, mmd_value_t **out_description) {
  mmd_value_t *result = mmd_value_object();
  MMD_TRY_ALLOC(result);
  mmd_status_t status = fill(package, result);
  if (status)
    mmd_value_release(result);
  else
    *out_description = result;
  return status;
}
