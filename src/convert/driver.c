// SPDX-License-Identifier: Apache-2.0
#include "convert/driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/checkpoint_source.h"
#include "convert/class_colors.h"
#include "convert/registry.h"
#include "formats/checkpoint/upgrade.h"
#include "formats/pyconfig/pyconfig.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "pipeline/preprocess.h"
#include "value/json.h"

void mmd_driver_deinit(mmd_driver_t *driver) {
  for (size_t i = 0; i < driver->partition.count; ++i) mmd_graph_destroy(driver->parts[i].graph);
  mmd_partition_deinit(&driver->partition);
  mmd_graph_destroy(driver->graph);
  mmd_value_release(driver->classes);
  mmd_value_release(driver->head_meta);
  mmd_checkpoint_destroy(driver->checkpoint);
  mmd_value_release(driver->deploy_cfg);
  mmd_value_release(driver->model_cfg);
  mmd_free(driver->ir_json);
  mmd_free(driver->backend_json);
}

//===--- configs -----------------------------------------------------------===//

static mmd_status_t read_model_config(mmd_driver_t *driver) {
  const size_t count = mmd_array_size(driver->cfg_options);
  const char **overrides = mmd_alloc_array(count + 1, sizeof *overrides);
  MMD_TRY_ALLOC(overrides);
  for (size_t i = 0; i < count; ++i) {
    overrides[i] = mmd_value_get_string(mmd_array_at(driver->cfg_options, i), "");
  }
  const mmd_pyconfig_options_t options = {.overrides = overrides, .override_count = count};
  mmd_status_t status = mmd_pyconfig_read(driver->model_cfg_path, &options, &driver->model_cfg);
  mmd_free(overrides);
  return status;
}

static bool is_codebase(const mmd_task_t *task, const char *name) {
  if (strcmp(task->codebase, name) == 0) return true;
  for (const char *const *alias = task->aliases; *alias; ++alias) {
    if (strcmp(*alias, name) == 0) return true;
  }
  return false;
}

static mmd_status_t find_task(mmd_driver_t *driver) {
  mmd_str_t known = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; mmd_task_table[i]; ++i) {
    const mmd_task_t *task = mmd_task_table[i];
    if (is_codebase(task, driver->deploy.codebase) && strcmp(task->task, driver->deploy.task) == 0)
      driver->task = task;
    if (!status)
      status = mmd_str_printf(&known, "%s%s %s", i ? ", " : "", task->codebase, task->task);
  }
  if (!status && !driver->task) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED,
                       "%s: codebase_config: task '%s' of '%s' is not supported yet; %s is",
                       driver->deploy_cfg_path, driver->deploy.task, driver->deploy.codebase,
                       mmd_str_text(&known));
  }
  mmd_str_deinit(&known);
  return status;
}

// A target's request carries configs as JSON text, since plugins know no values.
static mmd_status_t to_json(const mmd_value_t *value, char **out_text) {
  if (value) return mmd_json_format(value, 0, out_text);
  *out_text = mmd_strdup("{}");
  MMD_TRY_ALLOC(*out_text);
  return NULL;
}

static mmd_status_t find_target(mmd_driver_t *driver) {
  MMD_TRY(mmd_status_annotate(mmd_target_get(driver->deploy.backend, &driver->target), "%s",
                              driver->deploy_cfg_path));
  if (strcmp(driver->target->ir_type, driver->deploy.ir_type) != 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: backend '%s' needs an IR of type '%s', the config says '%s'",
                     driver->deploy_cfg_path, driver->target->name, driver->target->ir_type,
                     driver->deploy.ir_type);
  }
  MMD_TRY(to_json(driver->deploy.ir, &driver->ir_json));
  MMD_TRY(to_json(driver->deploy.backend_config, &driver->backend_json));
  driver->request = (mmdeploy_target_request_t){
      .struct_size = sizeof driver->request,
      .directory = driver->work_dir,
      .save_file = driver->deploy.save_file,
      .backend_config_json = driver->backend_json,
      .ir_config_json = driver->ir_json,
      .precision = "FP32",
      .python = driver->python,
  };
  return mmd_status_annotate(mmd_target_prepare(driver->target, &driver->request), "%s",
                             driver->deploy_cfg_path);
}

static mmd_status_t check_device(const mmd_driver_t *driver) {
  const char *device = driver->device ? driver->device : "cpu";
  if (strcmp(device, "cpu") == 0 || strncmp(device, "cpu:", 4) == 0) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "--device %s: this build converts and verifies on 'cpu' only",
                   device);
}

// The runtime must be able to do what the package will ask for.
static mmd_status_t check_transforms(const mmd_driver_t *driver) {
  mmd_value_t *transforms = NULL;
  mmd_preprocess_t *preprocess = NULL;
  MMD_TRY(mmd_status_annotate(driver->task->preprocess(&driver->context, &transforms), "%s",
                              driver->model_cfg_path));
  mmd_status_t status =
      mmd_preprocess_create(transforms, driver->context.dialect == MMD_DIALECT_1X ? 1 : 0,
                            "test pipeline", true, NULL, &preprocess);
  mmd_preprocess_destroy(preprocess);
  mmd_value_release(transforms);
  return mmd_status_annotate(status, "%s", driver->model_cfg_path);
}

mmd_status_t mmd_driver_read(mmd_driver_t *driver) {
  MMD_TRY(mmd_stages_next(&driver->stages, "read configs"));
  MMD_TRY(check_device(driver));
  MMD_TRY(mmd_pyconfig_read(driver->deploy_cfg_path, NULL, &driver->deploy_cfg));
  MMD_TRY(mmd_status_annotate(mmd_deploy_view_read(driver->deploy_cfg, &driver->deploy), "%s",
                              driver->deploy_cfg_path));
  MMD_TRY(mmd_status_annotate(mmd_partition_read(driver->deploy_cfg, &driver->partition), "%s",
                              driver->deploy_cfg_path));
  MMD_TRY(find_task(driver));
  MMD_TRY(find_target(driver));
  MMD_TRY(driver->head.head ? mmd_driver_head_read(driver) : read_model_config(driver));
  driver->context = (mmd_task_context_t){
      .deploy_cfg = driver->deploy_cfg,
      .model_cfg = driver->model_cfg,
      .model_cfg_path = driver->model_cfg_path,
      .modules = mmd_module_registry,
      .dialect = mmd_dialect_detect(driver->model_cfg),
      .backend = driver->deploy.backend,
  };
  MMD_TRY(mmd_driver_tell_backend(driver));
  return check_transforms(driver);
}

//===--- graph -------------------------------------------------------------===//

static mmd_status_t read_class_file(const char *path, mmd_value_t **out_classes) {
  char *text = NULL;
  size_t size = 0;
  MMD_TRY(mmd_file_read(path, (size_t)16 << 20, &text, &size));
  mmd_value_t *names = mmd_value_array();
  mmd_status_t status = names ? NULL : mmd_status_no_memory();
  const char *end = text + size;
  for (const char *line = text; !status && line < end;) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    const char *next = stop ? stop + 1 : end;
    size_t length = (size_t)((stop ? stop : end) - line);
    if (length && line[length - 1] == '\r') --length;
    status = mmd_array_take(names, mmd_value_string_n(line, length));
    line = next;
  }
  mmd_free(text);
  if (!status && !mmd_array_size(names))
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: no class name in the file", path);
  if (status) {
    mmd_value_release(names);
    return status;
  }
  *out_classes = names;
  return NULL;
}

static mmd_status_t find_classes(mmd_driver_t *driver) {
  if (driver->classes_path) return read_class_file(driver->classes_path, &driver->classes);
  mmd_value_t *classes = NULL;
  MMD_TRY(driver->task->classes(&driver->context, &classes));
  if (mmd_value_kind(classes) != MMD_VALUE_ARRAY) {
    mmd_value_release(classes);
    classes = NULL;
  }
  driver->classes = classes;
  return NULL;
}

// A list of another length than the network's scores would name the wrong classes.
static mmd_status_t check_class_file(const mmd_driver_t *driver) {
  const mmd_region_t *root = driver->graph->root;
  if (!driver->classes_path || root->output_count != 1) return NULL;
  const mmd_type_t *type = &root->outputs[0]->type;
  const int64_t scores = type->has_rank && type->rank == 2 ? mmd_dim_number(type->dims[1]) : -1;
  if (scores < 0 || (size_t)scores == mmd_array_size(driver->classes)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %zu class names; the network has %lld classes",
                   driver->classes_path, mmd_array_size(driver->classes), (long long)scores);
}

static mmd_status_t build_graph(mmd_driver_t *driver, mmd_weights_t *weights) {
  for (const char *const *key = driver->task->ignored_keys; key && *key; ++key) {
    MMD_TRY(mmd_weights_ignore(weights, *key));
  }
  MMD_TRY(mmd_status_annotate(driver->task->build(&driver->context, weights, &driver->graph), "%s",
                              driver->model_cfg_path));
  return mmd_weights_report(weights);
}

// The network is there since the configs were read.
static mmd_status_t build_head(mmd_driver_t *driver) {
  MMD_TRY(mmd_stages_next(&driver->stages, "build graph"));
  driver->context.checkpoint_meta = driver->head_meta;
  MMD_TRY(find_classes(driver));
  return mmd_driver_head_build(driver);
}

mmd_status_t mmd_driver_build(mmd_driver_t *driver) {
  if (driver->head.head) return build_head(driver);
  MMD_TRY(mmd_stages_next(&driver->stages, "read checkpoint"));
  MMD_TRY(mmd_checkpoint_source_open(driver->checkpoint_path, NULL, &driver->checkpoint));
  const mmd_upgrade_release_t release =
      driver->context.dialect == MMD_DIALECT_0X ? MMD_UPGRADE_0X : MMD_UPGRADE_1X;
  MMD_TRY(mmd_checkpoint_upgrade(driver->checkpoint, release, NULL));
  driver->context.checkpoint_meta = mmd_checkpoint_meta(driver->checkpoint);
  MMD_TRY(find_classes(driver));
  MMD_TRY(mmd_stages_next(&driver->stages, "build graph"));
  mmd_weights_t *weights = NULL;
  MMD_TRY(mmd_weights_create(driver->checkpoint, driver->checkpoint_path, &weights));
  mmd_status_t status = build_graph(driver, weights);
  mmd_weights_destroy(weights);
  MMD_TRY(status);
  MMD_TRY(mmd_graph_infer(driver->graph));
  return check_class_file(driver);
}

//===--- passes and files --------------------------------------------------===//

static mmd_status_t dump_graph(void *user, const char *pass, int round, const mmd_graph_t *graph) {
  const mmd_driver_t *driver = user;
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_printf(&text, "// after %s, round %d\n", pass, round);
  if (!status) status = mmd_graph_print(graph, 0, &text);
  if (!status && driver->dump) driver->dump(driver->user, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

#ifdef NDEBUG
#define VERIFY_PASSES false
#else
#define VERIFY_PASSES true
#endif

mmd_status_t mmd_driver_optimize(mmd_driver_t *driver) {
  MMD_TRY(mmd_stages_next(&driver->stages, "optimize"));
  const mmd_pass_t *found = NULL;
  if (driver->dump_after && strcmp(driver->dump_after, "all") != 0) {
    MMD_TRY(mmd_status_annotate(mmd_pass_find(driver->dump_after, &found), "--dump-after"));
  }
  const mmd_pass_options_t options = {.verify = VERIFY_PASSES,
                                      .dump_after = driver->dump_after,
                                      .dump = dump_graph,
                                      .user = driver};
  MMD_TRY(mmd_passes_run(driver->graph, mmd_passes_convert, &options));
  MMD_TRY(mmd_graph_infer(driver->graph));
  return mmd_driver_cut(driver);
}

static bool is_input_symbol(const mmd_region_t *root, const mmd_dim_t *symbol) {
  for (size_t i = 0; i < root->input_count; ++i) {
    const mmd_type_t *type = &root->inputs[i]->type;
    for (int k = 0; type->has_rank && k < type->rank; ++k) {
      if (type->dims[k] == symbol) return true;
    }
  }
  return false;
}

// Sizes that follow from those of the inputs, like "batch" or "floor(height / 4)".
static bool follows_from_inputs(const mmd_region_t *root, const mmd_dim_t *dim) {
  if (mmd_dim_is_const(dim)) return true;
  if (dim->kind == MMD_DIM_SYMBOL) return is_input_symbol(root, dim);
  return follows_from_inputs(root, dim->a) && follows_from_inputs(root, dim->b);
}

// Sizes that depend on the data ("num_dets") are called as the deploy config's dynamic axes are.
static mmd_status_t label_outputs(mmd_driver_t *driver) {
  const mmd_region_t *root = driver->graph->root;
  for (size_t i = 0; i < root->output_count; ++i) {
    mmd_type_t type = root->outputs[i]->type;
    for (int axis = 0; type.has_rank && axis < type.rank; ++axis) {
      const char *label = NULL;
      if (!mmd_deploy_axis(&driver->deploy, root->outputs[i]->name, axis, &label) || !label ||
          follows_from_inputs(root, type.dims[axis])) {
        continue;
      }
      type.dims[axis] = mmd_dim_symbol(driver->graph, label);
      MMD_TRY_ALLOC(type.dims[axis]);
    }
    MMD_TRY(mmd_edge_set_type(root->outputs[i], &type));
  }
  return NULL;
}

mmd_status_t mmd_driver_write(mmd_driver_t *driver) {
  MMD_TRY(mmd_stages_next(&driver->stages, "write"));
  if (driver->partition.count) return mmd_driver_write_parts(driver);
  MMD_TRY(mmd_target_legalize(driver->target, driver->graph, &driver->request));
  MMD_TRY(mmd_graph_infer(driver->graph));
  MMD_TRY(label_outputs(driver));
  MMD_TRY(mmd_path_make_directories(driver->work_dir));
  return mmd_target_write(driver->target, driver->graph, &driver->request, &driver->files);
}

mmd_status_t mmd_driver_write_info(const mmd_driver_t *driver, const char *verification) {
  mmd_str_t palette = {0};
  mmd_status_t status = mmd_class_colors_find(driver->checkpoint, driver->model_cfg, &palette);
  const mmd_sdk_info_request_t request = {
      .task = driver->task,
      .context = &driver->context,
      .deploy = &driver->deploy,
      .checkpoint_path = driver->checkpoint_path,
      .files = &driver->files,
      .classes = driver->classes,
      .palette = mmd_str_text(&palette),
      .verification = verification,
  };
  mmd_sdk_info_t info;
  if (!status) status = mmd_sdk_info_create(&request, &info);
  mmd_str_deinit(&palette);
  MMD_TRY(status);
  status = mmd_sdk_info_write(&info, driver->work_dir);
  mmd_sdk_info_deinit(&info);
  return status;
}

// Needs no memory of ours, so that it works when that is short.
void mmd_driver_discard(const mmd_driver_t *driver) {
  static const char *const infos[] = {"deploy.json", "pipeline.json", "detail.json"};
  if (!driver->files.file_count && !driver->partition.count) return;
  const int folder = open(driver->work_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  for (size_t i = 0; i < driver->files.file_count; ++i)
    mmd_path_remove_at(folder, driver->files.files[i]);
  for (size_t i = 0; i < driver->partition.count; ++i) {
    const mmdeploy_target_result_t *files = &driver->parts[i].files;
    for (size_t k = 0; k < files->file_count; ++k) mmd_path_remove_at(folder, files->files[k]);
    // The whole network is written after all parts are.
    if (i + 1 == driver->partition.count && files->file_count)
      (void)unlinkat(folder, driver->deploy.save_file, 0);
  }
  for (size_t i = 0; i < sizeof infos / sizeof *infos; ++i) (void)unlinkat(folder, infos[i], 0);
  close(folder);
}
