// SPDX-License-Identifier: Apache-2.0
//
// model.h and the part of ext.h about models.
#include "mmdeploy/model.h"

#include <string.h>

#include "base/alloc.h"
#include "mmdeploy/ext.h"
#include "pipeline/describe.h"
#include "sdk/handle.h"
#include "value/json.h"

mmd_status_t mmd_package_fault(mmd_status_t status) {
  if (mmd_status_code(status) != MMD_INVALID_ARGUMENT) return status;
  mmd_status_t fault = MMD_ERROR(MMD_CORRUPT, "%s", mmd_status_message(status));
  mmd_status_free(status);
  return fault;
}

static mmd_status_t wrap_package(mmd_package_t *package, mmdeploy_model_t *out_model) {
  mmdeploy_model_t model = mmd_alloc(sizeof *model);
  if (!model) {
    mmd_package_release(package);
    return mmd_status_no_memory();
  }
  model->tag = MMD_TAG_MODEL;
  model->package = package;
  *out_model = model;
  return NULL;
}

mmd_status_t mmd_model_open(const char *path, mmdeploy_model_t *out_model) {
  MMD_CHECK_POINTER(out_model);
  *out_model = NULL;
  MMD_CHECK_POINTER(path);
  mmd_package_t *package = NULL;
  MMD_TRY(mmd_package_fault(mmd_package_open(path, &package)));
  return wrap_package(package, out_model);
}

int mmdeploy_model_create_by_path(const char *path, mmdeploy_model_t *model) {
  return mmd_last_error_set(__func__, mmd_model_open(path, model));
}

//===--- archives in memory ------------------------------------------------===//

static mmd_status_t copy_bytes(const void *buffer, size_t size, mmd_storage_t **out_storage) {
  MMD_TRY(mmd_storage_create(size, false, out_storage));
  memcpy(mmd_storage_mutable_data(*out_storage), buffer, size);
  return NULL;
}

static mmd_status_t open_memory(const void *buffer, size_t size, bool copy,
                                mmdeploy_model_t *out_model) {
  MMD_CHECK_POINTER(out_model);
  *out_model = NULL;
  if (!buffer || !size)
    return MMD_ERROR(MMD_CORRUPT, "%zu bytes at %p are no zip archive", size, buffer);
  mmd_storage_t *storage = NULL;
  mmd_package_t *package = NULL;
  if (copy)
    MMD_TRY(copy_bytes(buffer, size, &storage));
  else
    MMD_TRY(mmd_storage_borrow(buffer, size, NULL, NULL, &storage));
  mmd_status_t status = mmd_package_fault(mmd_package_open_memory(storage, &package));
  mmd_storage_release(storage);
  return status ? status : wrap_package(package, out_model);
}

int mmdeploy_model_create(const void *buffer, int size, mmdeploy_model_t *model) {
  return mmd_last_error_set(__func__,
                            open_memory(buffer, size > 0 ? (size_t)size : 0, true, model));
}

int mmdeploy_model_create_from_memory(const void *buffer, size_t size, int copy,
                                      mmdeploy_model_t *model) {
  return mmd_last_error_set(__func__, open_memory(buffer, size, copy != 0, model));
}

void mmdeploy_model_destroy(mmdeploy_model_t model) {
  if (!model || model->tag != MMD_TAG_MODEL) return;
  mmd_package_release(model->package);
  mmd_free(model->deploy_text);
  mmd_free(model->pipeline_text);
  model->tag = 0;
  mmd_free(model);
}

//===--- what a model tells ------------------------------------------------===//

// The JSON text of |value|, made once and kept in |*slot| as long as the model lives.
static mmd_status_t keep_json(char **slot, const mmd_value_t *value, const char **out_text) {
  if (!*slot) MMD_TRY(mmd_json_format(value, 4, slot));
  *out_text = *slot;
  return NULL;
}

// What the converter found with the class names; NULL = nothing.
static mmd_status_t find_palette(mmdeploy_model_t model, const char **out_text) {
  const mmd_value_t *detail = NULL;
  MMD_TRY(mmd_package_fault(mmd_package_detail(model->package, &detail)));
  *out_text = mmd_value_get_string(mmd_object_get(detail, "palette"), NULL);
  return NULL;
}

static mmd_status_t get_info(mmdeploy_model_t model, const char *key, const char **value) {
  MMD_CHECK_POINTER(value);
  *value = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  MMD_CHECK_POINTER(key);
  const mmd_package_net_t *net = mmd_package_net(model->package, 0);
  const mmd_value_t *pipeline = NULL;
  if (strcmp(key, "task") == 0) *value = mmd_package_task(model->package);
  if (strcmp(key, "version") == 0) {
    *value =
        mmd_value_get_string(mmd_object_get(mmd_package_deploy(model->package), "version"), "");
  }
  if (net && strcmp(key, "backend") == 0) *value = net->backend;
  if (net && strcmp(key, "net") == 0) *value = net->net;
  if (net && strcmp(key, "precision") == 0) *value = net->precision;
  if (strcmp(key, "deploy") == 0)
    return keep_json(&model->deploy_text, mmd_package_deploy(model->package), value);
  if (strcmp(key, "pipeline") == 0) {
    MMD_TRY(mmd_package_fault(mmd_package_pipeline(model->package, &pipeline)));
    return keep_json(&model->pipeline_text, pipeline, value);
  }
  if (strcmp(key, "palette") == 0) MMD_TRY(find_palette(model, value));
  if (*value) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE,
                   "key '%s'; task, version, backend, net, precision, pipeline, deploy and, where "
                   "the package has one, palette are known",
                   key);
}

int mmdeploy_model_get_info(mmdeploy_model_t model, const char *key, const char **value) {
  return mmd_last_error_set(__func__, get_info(model, key, value));
}

static mmd_status_t inspect(mmdeploy_model_t model, char **json) {
  MMD_CHECK_POINTER(json);
  *json = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  mmd_value_t *description = NULL;
  MMD_TRY(mmd_package_fault(mmd_package_describe(model->package, &description)));
  mmd_status_t status = mmd_json_format(description, 4, json);
  mmd_value_release(description);
  return status;
}

int mmdeploy_model_inspect(mmdeploy_model_t model, char **json) {
  return mmd_last_error_set(__func__, inspect(model, json));
}

static const mmd_value_t *get_classes(const char *function, mmdeploy_model_t model) {
  const mmd_value_t *classes = NULL;
  if (!model || model->tag != MMD_TAG_MODEL) {
    mmd_last_error_keep(function, mmd_null_argument("model"));
    return NULL;
  }
  mmd_last_error_keep(function, mmd_package_fault(mmd_package_classes(model->package, &classes)));
  return classes;
}

int mmdeploy_model_class_count(mmdeploy_model_t model) {
  return (int)mmd_array_size(get_classes(__func__, model));
}

const char *mmdeploy_model_class_name(mmdeploy_model_t model, int label_id) {
  const mmd_value_t *classes = get_classes(__func__, model);
  if (label_id < 0 || (size_t)label_id >= mmd_array_size(classes)) return NULL;
  return mmd_value_get_string(mmd_array_at(classes, (size_t)label_id), NULL);
}
