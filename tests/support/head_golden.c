// SPDX-License-Identifier: Apache-2.0
#include "tests/support/head_golden.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/storage.h"
#include "formats/npy/npy.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

//===--- values ---===//

mmd_value_t *mmd_test_json(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "test", &value));
  return value;
}

void mmd_test_put_f32(mmd_value_t *object, const char *name, int rank, const int64_t *dims,
                      const float *data) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_shape_make(rank, dims, &shape));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, data, &tensor));
  mmd_assert_ok(mmd_object_take(object, name, mmd_value_tensor(&tensor)));
  mmd_tensor_deinit(&tensor);
}

static void assert_near_number(double wanted, double found, double tolerance, const char *path) {
  const bool is_near = (isnan(wanted) && isnan(found)) || fabs(wanted - found) <= tolerance;
  if (!is_near) fail_msg("%s: %.9g wanted, %.9g found", path, wanted, found);
}

void mmd_test_assert_near(const mmd_value_t *wanted, const mmd_value_t *found, double tolerance,
                          const char *path) {
  char inner[256];
  if (mmd_value_kind(wanted) == MMD_VALUE_OBJECT) {
    for (size_t i = 0; i < mmd_object_size(wanted); ++i) {
      const char *key = mmd_object_key_at(wanted, i);
      snprintf(inner, sizeof inner, "%s.%s", path, key);
      mmd_test_assert_near(mmd_object_value_at(wanted, i), mmd_object_get(found, key), tolerance,
                           inner);
    }
  } else if (mmd_value_kind(wanted) == MMD_VALUE_ARRAY) {
    if (mmd_array_size(wanted) != mmd_array_size(found)) {
      fail_msg("%s: %zu items wanted, %zu found", path, mmd_array_size(wanted),
               mmd_array_size(found));
    }
    for (size_t i = 0; i < mmd_array_size(wanted); ++i) {
      snprintf(inner, sizeof inner, "%s[%zu]", path, i);
      mmd_test_assert_near(mmd_array_at(wanted, i), mmd_array_at(found, i), tolerance, inner);
    }
  } else if (mmd_value_is_number(wanted) && mmd_value_is_number(found)) {
    assert_near_number(mmd_value_get_float(wanted, 0), mmd_value_get_float(found, 0), tolerance,
                       path);
  } else if (!mmd_value_equal(wanted, found)) {
    fail_msg("%s: other than wanted", path);
  }
}

//===--- running a head ---===//

// Files of the package, for heads with a dictionary.
static mmd_status_t read_file(void *files, const char *name, mmd_storage_t **out_storage) {
  char path[800];
  if (!files) return MMD_ERROR(MMD_NOT_FOUND, "no package around");
  snprintf(path, sizeof path, "%s/%s", (const char *)files, name);
  return mmd_storage_map_file(path, out_storage);
}

static mmd_status_t run_task(const mmd_component_t *component, int release,
                             const mmd_value_t *config, const char *folder, const mmd_call_t *call,
                             mmd_value_t *const *inputs, size_t input_count,
                             mmd_value_t **out_result) {
  const mmd_component_env_t env = {.release = release,
                                   .device = "cpu",
                                   .config = config,
                                   .read_file = read_file,
                                   .files = (void *)(uintptr_t)folder};
  const mmd_component_context_t context = {.device = "cpu", .release = release, .call = call};
  void *options = mmd_alloc(component->options->struct_size);
  MMD_TRY_ALLOC(options);
  mmd_status_t status = mmd_options_read(component->options, mmd_object_get(config, "params"),
                                         "params", false, options);
  if (!status && component->check) status = component->check(options, "params");
  if (!status && component->prepare) {
    status = component->prepare(options, &env, "params");
    if (status && component->release) component->release(options);
  }
  if (!status) {
    status = component->apply(options, &context, inputs, input_count, out_result);
    if (component->release) component->release(options);
  }
  mmd_free(options);
  return status;
}

mmd_status_t mmd_head_run(const mmd_component_t *component, int release, const char *params_json,
                          const mmd_call_t *call, mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  mmd_value_t *config = mmd_value_object();
  *out_result = NULL;
  if (params_json) mmd_assert_ok(mmd_object_take(config, "params", mmd_test_json(params_json)));
  mmd_status_t status =
      run_task(component, release, config, NULL, call, inputs, input_count, out_result);
  mmd_value_release(config);
  return status;
}

//===--- goldens ---===//

static const mmd_value_t *find_task(const mmd_value_t *pipeline, const mmd_component_t *component) {
  const mmd_value_t *tasks = mmd_object_get(mmd_object_get(pipeline, "pipeline"), "tasks");
  for (size_t i = 0; i < mmd_array_size(tasks); ++i) {
    const mmd_value_t *task = mmd_array_at(tasks, i);
    const char *module = mmd_value_get_string(mmd_object_get(task, "module"), "");
    const char *name = mmd_value_get_string(mmd_object_get(task, "component"), "");
    if (!strcmp(module, component->module) && !strcmp(name, component->name)) return task;
  }
  fail_msg("the package has no task %s.%s", component->module, component->name);
  return NULL;
}

// {"output": ["net_output.npz", "output"]} -> {"output": tensor}
static mmd_value_t *read_outputs(const char *folder, const mmd_value_t *names) {
  mmd_value_t *outputs = mmd_value_object();
  for (size_t i = 0; i < mmd_object_size(names); ++i) {
    const mmd_value_t *place = mmd_object_value_at(names, i);
    const char *file = mmd_value_get_string(mmd_array_at(place, 0), "");
    const char *key = mmd_value_get_string(mmd_array_at(place, 1), "");
    char path[800];
    mmd_value_t *arrays = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, file);
    mmd_assert_ok(mmd_npz_read_file(path, &arrays));
    mmd_value_t *array = mmd_object_get(arrays, key);
    if (!array) fail_msg("%s has no array '%s'", path, key);
    mmd_assert_ok(mmd_object_take(outputs, mmd_object_key_at(names, i), mmd_value_retain(array)));
    mmd_value_release(arrays);
  }
  return outputs;
}

mmd_value_t *mmd_head_case_arrays(const mmd_head_case_t *head_case, const char *key) {
  const bool is_file = strstr(key, ".npz") != NULL;
  const char *file =
      is_file ? key : mmd_value_get_string(mmd_object_get(head_case->item, key), NULL);
  char path[800];
  mmd_value_t *arrays = NULL;
  if (!file) fail_msg("%s: %s: no %s", head_case->golden, head_case->name, key);
  snprintf(path, sizeof path, "%s/tests/tasks/goldens/%s/%s", MMD_SOURCE_DIR, head_case->golden,
           file);
  mmd_assert_ok(mmd_npz_read_file(path, &arrays));
  return arrays;
}

static void check_case(const char *folder, const char *package, const mmd_component_t *component,
                       const mmd_value_t *task, const mmd_value_t *item, mmd_head_case_t *head_case,
                       mmd_head_compare_fn compare) {
  const size_t length = strlen(package);
  const int release = length > 3 && !strcmp(package + length - 3, "_1x") ? 1 : 0;
  mmd_value_t *metas = mmd_object_get(item, "img_metas");
  head_case->name = mmd_value_get_string(mmd_object_get(item, "name"), "");
  head_case->item = item;
  head_case->answer = mmd_object_get(item, "answer");
  if (mmd_object_get(head_case->answer, "error")) head_case->answer = NULL;
  head_case->codebase = mmd_object_get(item, "codebase");
  head_case->infer_output = read_outputs(folder, mmd_object_get(item, "outputs"));
  head_case->prep_output = mmd_value_object();
  if (metas) {
    mmd_assert_ok(mmd_object_take(head_case->prep_output, "img_metas", mmd_value_retain(metas)));
  }
  // One name stands for the network's output alone.
  const bool is_alone = mmd_array_size(mmd_object_get(task, "input")) == 1;
  mmd_value_t *inputs[] = {head_case->prep_output, head_case->infer_output};
  head_case->result = NULL;
  mmd_assert_ok(run_task(component, release, task, package, NULL, inputs + is_alone,
                         is_alone ? 1 : 2, &head_case->result));
  compare(head_case);
  mmd_value_release(head_case->result);
  mmd_value_release(head_case->prep_output);
  mmd_value_release(head_case->infer_output);
}

void mmd_head_golden_check(const char *golden, const mmd_component_t *component,
                           const char *params_json, mmd_head_compare_fn compare) {
  char folder[512], package[512], path[600];
  mmd_value_t *pipeline = NULL, *head = NULL, *task = NULL;
  snprintf(folder, sizeof folder, "%s/tests/tasks/goldens/%s", MMD_SOURCE_DIR, golden);
  snprintf(package, sizeof package, "%s/tests/tasks/packages/%s", MMD_SOURCE_DIR, golden);
  snprintf(path, sizeof path, "%s/pipeline.json", package);
  mmd_assert_ok(mmd_json_read_file(path, &pipeline));
  snprintf(path, sizeof path, "%s/head.json", folder);
  mmd_assert_ok(mmd_json_read_file(path, &head));
  mmd_assert_ok(mmd_value_copy(find_task(pipeline, component), &task));
  if (params_json) mmd_assert_ok(mmd_object_take(task, "params", mmd_test_json(params_json)));
  const mmd_value_t *cases = mmd_object_get(head, "cases");
  assert_true(mmd_array_size(cases) > 0);
  for (size_t i = 0; i < mmd_array_size(cases); ++i) {
    mmd_head_case_t head_case = {.golden = golden};
    check_case(folder, package, component, task, mmd_array_at(cases, i), &head_case, compare);
  }
  mmd_value_release(task);
  mmd_value_release(head);
  mmd_value_release(pipeline);
}
