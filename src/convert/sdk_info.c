// SPDX-License-Identifier: Apache-2.0
#include "convert/sdk_info.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/sha256.h"
#include "mmdeploy/version.h"
#include "value/json.h"

static const char *release_version(mmd_dialect_t dialect) {
  return dialect == MMD_DIALECT_0X ? MMDEPLOY_COMPAT_0X_VERSION : MMDEPLOY_COMPAT_1X_VERSION;
}

//===--- deploy.json -------------------------------------------------------===//

// Only ncnn's net looks at it.
static const char *precision_of(const mmd_task_context_t *context) {
  const mmd_value_t *config = mmd_object_get(context->deploy_cfg, "backend_config");
  if (strcmp(context->backend, "ncnn") != 0) return "FP32";
  return mmd_value_get_string(mmd_object_get(config, "precision"), "FP32");
}

static mmd_status_t fill_net(const mmd_sdk_info_request_t *request, const char *name,
                             mmd_value_t *net) {
  const mmdeploy_target_result_t *files = request->files;
  MMD_TRY(mmd_object_take(net, "name", mmd_value_string(name)));
  MMD_TRY(
      mmd_object_take(net, "net", mmd_value_string(files->file_count > 0 ? files->files[0] : "")));
  MMD_TRY(mmd_object_take(net, "weights",
                          mmd_value_string(files->file_count > 1 ? files->files[1] : "")));
  MMD_TRY(mmd_object_take(net, "backend", mmd_value_string(request->context->backend)));
  MMD_TRY(mmd_object_take(net, "precision", mmd_value_string(precision_of(request->context))));
  MMD_TRY(mmd_object_take(net, "batch_size", mmd_value_int(1)));
  return mmd_object_take(net, "dynamic_shape",
                         mmd_value_bool(mmd_deploy_is_dynamic_batch(request->deploy, "input")));
}

static mmd_status_t make_deploy(const mmd_sdk_info_request_t *request, const char *name,
                                mmd_value_t **out_deploy) {
  mmd_value_t *deploy = mmd_value_object();
  MMD_TRY_ALLOC(deploy);
  *out_deploy = deploy;
  MMD_TRY(mmd_object_take(deploy, "version",
                          mmd_value_string(release_version(request->context->dialect))));
  MMD_TRY(mmd_object_take(deploy, "task", mmd_value_string(request->task->sdk_task)));
  mmd_value_t *models = mmd_value_array();
  MMD_TRY(mmd_object_take(deploy, "models", models));
  mmd_value_t *net = mmd_value_object();
  MMD_TRY(mmd_array_take(models, net));
  MMD_TRY(fill_net(request, name, net));
  return mmd_object_take(deploy, "customs", mmd_value_array());
}

//===--- pipeline.json -----------------------------------------------------===//

static mmd_status_t take_names(mmd_value_t *object, const char *key, const char *a, const char *b) {
  mmd_value_t *names = mmd_value_array();
  MMD_TRY(mmd_object_take(object, key, names));
  MMD_TRY(mmd_array_take(names, mmd_value_string(a)));
  return b ? mmd_array_take(names, mmd_value_string(b)) : NULL;
}

// The static tag of 0.x: which steps a generated kernel would have to do. |*out_text| stays empty
// when there is none.
static mmd_status_t tag_steps(const mmd_value_t *transforms, mmd_str_t *steps) {
  static const char *const known[] = {
      "LoadImageFromFile", "DefaultFormatBundle", "Resize",  "CenterCrop",
      "Normalize",         "ImageToTensor",       "Collect", "Pad"};
  unsigned seen = 0;
  bool is_float = false;
#define STEP(name) \
  MMD_TRY(mmd_str_printf(steps, "%s{\"type\": \"%s\"}", steps->size ? ", " : "", name))
  for (size_t i = 0; i < mmd_array_size(transforms); ++i) {
    const mmd_value_t *t = mmd_array_at(transforms, i);
    const char *type = mmd_value_get_string(mmd_object_get(t, "type"), "");
    unsigned k = 0;
    while (k < 8 && strcmp(known[k], type) != 0) ++k;
    if (k == 8 || (seen >> k & 1)) return mmd_str_clear(steps), NULL;
    seen |= 1u << k;
    const bool to_float =
        k == 0   ? mmd_value_get_bool(mmd_object_get(t, "to_float32"), false)
        : k == 1 ? mmd_value_get_bool(mmd_object_get(t, "img_to_float"), true) && !is_float
        : k == 4 ? !is_float
                 : false;
    if (k == 0) {
      const char *color = mmd_value_get_string(mmd_object_get(t, "color_type"), "color");
      const bool is_color =
          strcmp(color, "color") == 0 || strcmp(color, "color_ignore_orientation") == 0;
      STEP(is_color ? "cvtColorBGR" : "cvtColorGray");
    }
    if (to_float) STEP("CastFloat");
    is_float = is_float || to_float;
    if (k == 2 || k == 3) STEP(type);
    if (k == 4 && mmd_value_get_bool(mmd_object_get(t, "to_rgb"), true)) STEP("cvtColorRGB");
    if (k == 4) STEP("Normalize");
    if (k == 7 && !is_float) return mmd_str_clear(steps), NULL;
    if (k == 7) STEP("Pad");
    if (k == 1 || k == 5) STEP("HWC2CHW");
  }
#undef STEP
  if (!is_float) mmd_str_clear(steps);
  return NULL;
}

static mmd_status_t take_tag(mmd_value_t *preprocess, const mmd_value_t *transforms) {
  mmd_str_t steps = {0}, text = {0};
  mmd_status_t status = tag_steps(transforms, &steps);
  if (!status && steps.size) {
    char hex[65];
    status = mmd_str_printf(&text, "[%s]", mmd_str_text(&steps));
    if (!status) {
      mmd_sha256_hex(mmd_str_text(&text), text.size, hex);
      status = mmd_object_take(preprocess, "sha256", mmd_value_string(hex));
    }
    if (!status) status = mmd_object_take(preprocess, "fuse_transform", mmd_value_bool(false));
  }
  mmd_str_deinit(&text);
  mmd_str_deinit(&steps);
  return status;
}

static mmd_status_t make_preprocess(const mmd_sdk_info_request_t *request, mmd_value_t *tasks) {
  mmd_value_t *task = mmd_value_object();
  MMD_TRY(mmd_array_take(tasks, task));
  MMD_TRY(mmd_object_take(task, "type", mmd_value_string("Task")));
  MMD_TRY(mmd_object_take(task, "module", mmd_value_string("Transform")));
  MMD_TRY(mmd_object_take(task, "name", mmd_value_string("Preprocess")));
  MMD_TRY(take_names(task, "input", "img", NULL));
  MMD_TRY(take_names(task, "output", "prep_output", NULL));
  mmd_value_t *transforms = NULL;
  MMD_TRY(request->task->preprocess(request->context, &transforms));
  MMD_TRY(mmd_object_take(task, "transforms", transforms));
  if (request->context->dialect == MMD_DIALECT_1X) return NULL;
  return take_tag(task, mmd_object_get(task, "transforms"));
}

// These engines know no names: tensors are numbered.
static bool has_numbers(const mmd_deploy_view_t *deploy) {
  return mmd_str_equal(deploy->backend, "torchscript") || mmd_str_equal(deploy->backend, "rknn");
}

static mmd_status_t number_outputs(const mmd_deploy_view_t *deploy, mmd_value_t *map) {
  char number[24];
  for (size_t i = 0; has_numbers(deploy) && i < deploy->output_count; ++i) {
    snprintf(number, sizeof number, "#%zu", i);
    MMD_TRY(mmd_object_take(map, deploy->output_names[i], mmd_value_string(number)));
  }
  return NULL;
}

static mmd_status_t make_inference(const mmd_sdk_info_request_t *request, const char *name,
                                   mmd_value_t *tasks) {
  const char *input = request->deploy->input_count ? request->deploy->input_names[0] : "input";
  mmd_value_t *task = mmd_value_object();
  MMD_TRY(mmd_array_take(tasks, task));
  MMD_TRY(mmd_object_take(task, "name", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(task, "type", mmd_value_string("Task")));
  MMD_TRY(mmd_object_take(task, "module", mmd_value_string("Net")));
  MMD_TRY(mmd_object_take(task, "is_batched",
                          mmd_value_bool(mmd_deploy_is_dynamic_batch(request->deploy, input))));
  MMD_TRY(take_names(task, "input", "prep_output", NULL));
  MMD_TRY(take_names(task, "output", "infer_output", NULL));
  mmd_value_t *map = mmd_value_object();
  MMD_TRY(mmd_object_take(task, "input_map", map));
  MMD_TRY(
      mmd_object_take(map, "img", mmd_value_string(has_numbers(request->deploy) ? "#0" : input)));
  map = mmd_value_object();
  MMD_TRY(mmd_object_take(task, "output_map", map));
  return number_outputs(request->deploy, map);
}

static mmd_status_t make_postprocess(const mmd_sdk_info_request_t *request, mmd_value_t *tasks) {
  char *component = NULL;
  mmd_value_t *params = NULL;
  MMD_TRY(request->task->postprocess(request->context, &component, &params));
  mmd_value_t *task = mmd_value_object();
  mmd_status_t status = mmd_array_take(tasks, task);
  if (!status) status = mmd_object_take(task, "type", mmd_value_string("Task"));
  if (!status)
    status = mmd_object_take(task, "module", mmd_value_string(request->task->sdk_module));
  if (!status) status = mmd_object_take(task, "name", mmd_value_string("postprocess"));
  if (!status) status = mmd_object_take(task, "component", mmd_value_string(component));
  if (!status) status = mmd_object_take(task, "params", mmd_value_retain(params));
  if (!status) status = take_names(task, "output", "post_output", NULL);
  if (!status && request->task->postprocess_needs_input) {
    status = take_names(task, "input", "prep_output", "infer_output");
  } else if (!status) {
    status = take_names(task, "input", "infer_output", NULL);
  }
  mmd_value_release(params);
  mmd_free(component);
  return status;
}

static mmd_status_t make_pipeline(const mmd_sdk_info_request_t *request, const char *name,
                                  mmd_value_t **out_pipeline) {
  mmd_value_t *outer = mmd_value_object();
  MMD_TRY_ALLOC(outer);
  *out_pipeline = outer;
  mmd_value_t *pipeline = mmd_value_object();
  MMD_TRY(mmd_object_take(outer, "pipeline", pipeline));
  MMD_TRY(take_names(pipeline, "input", "img", NULL));
  MMD_TRY(take_names(pipeline, "output", "post_output", NULL));
  mmd_value_t *tasks = mmd_value_array();
  MMD_TRY(mmd_object_take(pipeline, "tasks", tasks));
  MMD_TRY(make_preprocess(request, tasks));
  MMD_TRY(make_inference(request, name, tasks));
  return make_postprocess(request, tasks);
}

//===--- detail.json -------------------------------------------------------===//

static mmd_status_t take_copy(mmd_value_t *object, const char *key, const mmd_value_t *value) {
  mmd_value_t *copy = NULL;
  if (value) MMD_TRY(mmd_value_copy(value, &copy));
  return mmd_object_take(object, key, value ? copy : mmd_value_object());
}

static mmd_status_t make_detail(const mmd_sdk_info_request_t *request, mmd_value_t **out_detail) {
  const mmd_task_context_t *context = request->context;
  mmd_value_t *detail = mmd_value_object();
  MMD_TRY_ALLOC(detail);
  *out_detail = detail;
  MMD_TRY(mmd_object_take(detail, "version", mmd_value_string(release_version(context->dialect))));
  mmd_value_t *codebase = mmd_value_object();
  MMD_TRY(mmd_object_take(detail, "codebase", codebase));
  const mmd_value_t *codebase_config = request->deploy->codebase_config;
  MMD_TRY(take_copy(codebase, "task", mmd_object_get(codebase_config, "task")));
  MMD_TRY(take_copy(codebase, "codebase", mmd_object_get(codebase_config, "type")));
  MMD_TRY(mmd_object_take(codebase, "version",
                          mmd_value_string(request->task->release[context->dialect])));
  MMD_TRY(mmd_object_take(codebase, "pth", mmd_value_string(request->checkpoint_path)));
  MMD_TRY(mmd_object_take(codebase, "config", mmd_value_string(context->model_cfg_path)));
  MMD_TRY(take_copy(detail, "codebase_config", codebase_config));
  MMD_TRY(take_copy(detail, "onnx_config", request->deploy->ir));
  MMD_TRY(take_copy(detail, "backend_config", request->deploy->backend_config));
  MMD_TRY(take_copy(detail, "calib_config", mmd_object_get(context->deploy_cfg, "calib_config")));
  MMD_TRY(
      mmd_object_take(detail, "generator", mmd_value_string("mmdeploy in C " MMDEPLOY_VERSION)));
  MMD_TRY(mmd_object_take(detail, "verification", mmd_value_string(request->verification)));
  if (request->palette && *request->palette)
    MMD_TRY(mmd_object_take(detail, "palette", mmd_value_string(request->palette)));
  return request->classes ? take_copy(detail, "classes", request->classes) : NULL;
}

//===--- all three ---------------------------------------------------------===//

mmd_status_t mmd_sdk_info_create(const mmd_sdk_info_request_t *request, mmd_sdk_info_t *out_info) {
  memset(out_info, 0, sizeof *out_info);
  char *name = NULL;
  MMD_TRY(request->task->model_name(request->context, &name));
  mmd_status_t status = make_deploy(request, name, &out_info->deploy);
  if (!status) status = make_pipeline(request, name, &out_info->pipeline);
  if (!status) status = make_detail(request, &out_info->detail);
  mmd_free(name);
  if (status) mmd_sdk_info_deinit(out_info);
  return status;
}

void mmd_sdk_info_deinit(mmd_sdk_info_t *info) {
  mmd_value_release(info->deploy);
  mmd_value_release(info->pipeline);
  mmd_value_release(info->detail);
  memset(info, 0, sizeof *info);
}

static mmd_status_t write_one(const mmd_value_t *value, const char *directory, const char *name) {
  char *path = mmd_path_join(directory, name);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = mmd_json_write_file(value, 4, path);
  mmd_free(path);
  return status;
}

mmd_status_t mmd_sdk_info_write(const mmd_sdk_info_t *info, const char *directory) {
  MMD_TRY(write_one(info->pipeline, directory, "pipeline.json"));
  MMD_TRY(write_one(info->detail, directory, "detail.json"));
  return write_one(info->deploy, directory, "deploy.json");
}
