// SPDX-License-Identifier: Apache-2.0
//
// What a backend is to know of the model, and the other way round.
#include "base/alloc.h"
#include "convert/driver.h"
#include "frontends/openmmlab/steps.h"
#include "value/json.h"

mmd_status_t mmd_driver_network_steps(const mmd_driver_t *driver, mmd_value_t **out_steps) {
  mmd_task_context_t context = driver->context;
  if (mmd_str_equal(context.backend, "rknn")) context.backend = "";
  return driver->task->preprocess(&context, out_steps);
}

static const mmd_value_t *find_normalize(const mmd_value_t *steps) {
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    if (mmd_step_is(mmd_array_at(steps, i), "Normalize")) return mmd_array_at(steps, i);
  }
  return NULL;
}

// config[key] = [numbers], unless the deploy config says it.
static mmd_status_t set_numbers(mmd_value_t *config, const char *key, const mmd_value_t *numbers) {
  if (!mmd_array_size(numbers) || mmd_object_get(config, key)) return NULL;
  mmd_value_t *lists = mmd_value_array(), *copy = NULL;
  MMD_TRY(mmd_object_take(config, key, lists));
  MMD_TRY(mmd_value_copy(numbers, &copy));
  return mmd_array_take(lists, copy);
}

static mmd_status_t tell_normalization(mmd_driver_t *driver, const mmd_value_t *normalize) {
  mmd_value_t *config = mmd_object_get(driver->deploy_cfg, "backend_config");
  mmd_value_t *common = mmd_object_get(config, "common_config");
  if (!normalize || mmd_value_kind(common) != MMD_VALUE_OBJECT) return NULL;
  MMD_TRY(set_numbers(common, "mean_values", mmd_object_get(normalize, "mean")));
  MMD_TRY(set_numbers(common, "std_values", mmd_object_get(normalize, "std")));
  char *json = NULL;
  MMD_TRY(mmd_json_format(config, 0, &json));
  mmd_free(driver->backend_json);
  driver->backend_json = json;
  driver->request.backend_config_json = json;
  return NULL;
}

mmd_status_t mmd_driver_tell_backend(mmd_driver_t *driver) {
  mmd_value_t *steps = NULL;
  if (!mmd_str_equal(driver->deploy.backend, "rknn")) return NULL;
  MMD_TRY(
      mmd_status_annotate(mmd_driver_network_steps(driver, &steps), "%s", driver->model_cfg_path));
  mmd_status_t status = tell_normalization(driver, find_normalize(steps));
  mmd_value_release(steps);
  return status;
}
