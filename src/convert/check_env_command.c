// SPDX-License-Identifier: Apache-2.0
//
// `check-env`: what this installation has and finds, in the original's layout.
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/alloc.h"
#include "base/dynlib.h"
#include "base/file.h"
#include "base/map.h"
#include "base/thread.h"
#include "convert/commands.h"
#include "convert/registry.h"
#include "convert/target.h"
#include "kernels/cpu.h"
#include "mmdeploy/version.h"
#include "pipeline/preprocess.h"
#include "pipeline/registry.h"
#include "runtime/session.h"

typedef struct check_env_options_t {
  bool unused;
} check_env_options_t;

static const mmd_option_table_t g_table = {"check-env", NULL, 0, sizeof(check_env_options_t)};

//===--- environment -------------------------------------------------------===//

// "model name" of /proc/cpuinfo, or "".
static void read_processor_name(char *name, size_t size) {
  char line[512];
  FILE *file = fopen("/proc/cpuinfo", "r");
  *name = 0;
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    const char *colon = strchr(line, ':');
    if (strncmp(line, "model name", 10) != 0 || !colon) continue;
    colon += 1 + strspn(colon + 1, " \t");
    snprintf(name, size, "%.*s", (int)strcspn(colon, "\n"), colon);
    break;
  }
  fclose(file);
}

static mmd_status_t print_line(mmd_command_context_t *context, mmd_value_t *group,
                               const char *label, const char *value) {
  mmd_command_printf(context, "%s: %s\n", label, value);
  return mmd_object_take(group, label, mmd_value_string(value));
}

// A sister library beside this one: its path, or why it cannot be used.
static mmd_status_t check_library(mmd_command_context_t *context, mmd_value_t *group,
                                  const char *label, const char *file) {
  char *self = mmd_dynlib_path_of((const void *)&g_table);
  char *directory = self ? mmd_path_directory(self) : NULL;
  char *path = directory ? mmd_path_join(directory, file) : NULL;
  mmd_dynlib_t *library = NULL;
  mmd_status_t status = mmd_dynlib_open(path && mmd_path_exists(path) ? path : file, &library);
  mmd_str_t text = {0};
  if (status) {
    mmd_status_t shown = mmd_str_printf(&text, "None (%s)", mmd_status_message(status));
    mmd_status_free(status);
    status = shown;
  } else {
    status = mmd_str_append(&text, mmd_dynlib_path(library));
  }
  // It stays open: other parts of the process may have it in use.
  if (!status) status = print_line(context, group, label, mmd_str_text(&text));
  mmd_dynlib_close(library);
  mmd_str_deinit(&text);
  mmd_free(path);
  mmd_free(directory);
  mmd_free(self);
  return status;
}

static mmd_status_t check_own_library(mmd_command_context_t *context, mmd_value_t *group) {
  char *self = mmd_dynlib_path_of((const void *)&g_table);
  mmd_status_t status =
      print_line(context, group, "libmmdeploy_convert", self ? self : "linked in");
  mmd_free(self);
  return status;
}

static mmd_status_t check_system(mmd_command_context_t *context, mmd_value_t *group) {
  struct utsname system;
  char text[512], processor[256];
  if (uname(&system) == 0) {
    snprintf(text, sizeof text, "%s %s %s", system.sysname, system.release, system.machine);
    MMD_TRY(print_line(context, group, "platform", text));
  }
  read_processor_name(processor, sizeof processor);
  snprintf(text, sizeof text, "%s%s%u available, kernels use %s", processor, *processor ? ", " : "",
           mmd_processor_count(), mmd_cpu_isa_name(mmd_cpu_isa()));
  MMD_TRY(print_line(context, group, "processor", text));
#ifdef __VERSION__
  MMD_TRY(print_line(context, group, "compiler", __VERSION__));
#endif
  return NULL;
}

static mmd_status_t check_environment(mmd_command_context_t *context) {
  mmd_value_t *group = mmd_value_object();
  MMD_TRY(mmd_object_take(context->result, "environment", group));
  mmd_command_text(context, "**********Environmental information**********\n");
  MMD_TRY(check_system(context, group));
  MMD_TRY(print_line(context, group, "MMDeploy", MMDEPLOY_VERSION));
  MMD_TRY(print_line(context, group, "formats of MMDeploy",
                     MMDEPLOY_COMPAT_0X_VERSION ", " MMDEPLOY_COMPAT_1X_VERSION));
  MMD_TRY(check_own_library(context, group));
  return check_library(context, group, "libmmdeploy_media", "libmmdeploy_media.so.0");
}

//===--- backends ----------------------------------------------------------===//

static mmd_status_t list_devices(mmd_backend_t *backend, mmd_str_t *text) {
  const mmdeploy_backend_device_t *devices = NULL;
  size_t count = 0;
  MMD_TRY(mmd_backend_devices(backend, &devices, &count));
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(
        mmd_str_printf(text, "%s%s (%d)", i ? ", " : "", devices[i].name, (int)devices[i].count));
  }
  return NULL;
}

static mmd_status_t print_detail(mmd_command_context_t *context, mmd_value_t *item,
                                 const char *label, const char *value) {
  mmd_command_printf(context, "  %s:\t%s\n", label, value);
  return mmd_object_take(item, label, mmd_value_string(value));
}

static mmd_status_t print_found(mmd_command_context_t *context, const char *name,
                                mmd_backend_t *backend, mmd_value_t *item) {
  const char *version = mmd_backend_version(backend), *library = mmd_backend_library(backend);
  const char *module = mmd_backend_module_path(backend);
  mmd_command_printf(context, "%s:\t%s\n", name, *version ? version : "built in");
  MMD_TRY(mmd_object_take(item, "found", mmd_value_bool(true)));
  MMD_TRY(mmd_object_take(item, "version", mmd_value_string(version)));
  MMD_TRY(print_detail(context, item, "module", *module ? module : "linked in"));
  if (*library) MMD_TRY(print_detail(context, item, "library", library));
  mmd_str_t devices = {0};
  mmd_status_t status = list_devices(backend, &devices);
  if (!status) status = print_detail(context, item, "devices", mmd_str_text(&devices));
  mmd_str_deinit(&devices);
  return status;
}

// MMDEPLOY_<NAME>_LIBRARY is what every module with a vendor library listens to.
static mmd_status_t print_variable(mmd_command_context_t *context, const char *name,
                                   mmd_value_t *item) {
  char variable[128];
  int size = snprintf(variable, sizeof variable, "MMDEPLOY_%s_LIBRARY", name);
  for (int i = 0; i < size && variable[i]; ++i) {
    if (variable[i] >= 'a' && variable[i] <= 'z') variable[i] = (char)(variable[i] - 'a' + 'A');
  }
  return print_detail(context, item, "library variable", variable);
}

static const char *why_no_module(const mmdeploy_target_t *target) {
  if (!target || !mmd_target_has_prepare(target)) return "no module of this name was found";
  return mmd_target_tries(target)
             ? "no module of this name; the compiler makes files for other machines, which its "
               "simulator checks here"
             : "no module of this name; the compiler makes files for other machines";
}

static mmd_status_t print_missing(mmd_command_context_t *context, const char *name,
                                  mmd_backend_t *backend, const char *reason, mmd_value_t *item) {
  const mmdeploy_target_t *target = NULL;
  mmd_command_printf(context, "%s:\tNone\n", name);
  MMD_TRY(mmd_object_take(item, "found", mmd_value_bool(false)));
  mmd_status_t status = mmd_target_get(name, &target);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  if (!backend) return print_detail(context, item, "reason", why_no_module(target));
  MMD_TRY(print_detail(context, item, "module", mmd_backend_module_path(backend)));
  MMD_TRY(print_detail(context, item, "reason", reason));
  return print_variable(context, name, item);
}

// Operators that are no part of ONNX, each name once.
static mmd_status_t print_custom_ops(mmd_command_context_t *context,
                                     const mmdeploy_target_t *target, mmd_value_t *item) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < target->op_count && !status; ++i) {
    const mmdeploy_target_op_t *op = &target->ops[i];
    if (strcmp(op->domain, "mmdeploy") != 0) continue;
    status = mmd_str_printf(&text, "%s%s", text.size ? ", " : "", op->name);
  }
  if (!status && text.size)
    status = print_detail(context, item, "custom operators", mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

// Of targets that start one: whether it is there.
static mmd_status_t print_compiler(mmd_command_context_t *context, const mmdeploy_target_t *target,
                                   bool *out_is_found, mmd_value_t *item) {
  const mmdeploy_target_request_t request = {.struct_size = sizeof request};
  char place[1024] = "";
  mmd_status_t status = mmd_target_prepare(target, &request);
  if (!status) status = mmd_target_find(target, &request, place, sizeof place);
  *out_is_found = !status;
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  if (!status) return print_detail(context, item, "compiler", *place ? place : "found");
  mmd_str_t text = {0};
  mmd_status_t shown = mmd_str_printf(&text, "None (%s)", mmd_status_message(status));
  mmd_status_free(status);
  if (!shown) shown = print_detail(context, item, "compiler", mmd_str_text(&text));
  mmd_str_deinit(&text);
  return shown;
}

static mmd_status_t print_target(mmd_command_context_t *context, const char *name, bool is_found,
                                 mmd_value_t *item) {
  const mmdeploy_target_t *target = NULL;
  mmd_status_t status = mmd_target_get(name, &target);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  if (!target) return print_detail(context, item, "convert", "None");
  char text[256];
  snprintf(text, sizeof text, "from %s", target->ir_type);
  MMD_TRY(print_custom_ops(context, target, item));
  MMD_TRY(print_detail(context, item, "convert", text));
  if (mmd_target_has_prepare(target)) MMD_TRY(print_compiler(context, target, &is_found, item));
  const char *command = mmd_target_get_command(target);
  return command && !is_found ? print_detail(context, item, "get it", command) : NULL;
}

static mmd_status_t check_backend(mmd_command_context_t *context, const char *name,
                                  mmd_value_t *backends) {
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_object_take(backends, name, item));
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get(name, &backend);
  if (!status) status = mmd_backend_open(backend);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  const bool is_found = !status;
  if (is_found) {
    MMD_TRY(print_found(context, name, backend, item));
  } else {
    mmd_status_t shown = print_missing(context, name, backend, mmd_status_message(status), item);
    mmd_status_free(status);
    MMD_TRY(shown);
  }
  return print_target(context, name, is_found, item);
}

static mmd_status_t check_backends(mmd_command_context_t *context) {
  mmd_value_t *backends = mmd_value_object();
  mmd_map_t *names = NULL;
  MMD_TRY(mmd_object_take(context->result, "backends", backends));
  mmd_command_text(context, "\n**********Backend information**********\n");
  MMD_TRY(mmd_target_backends(&names));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_map_size(names) && !status; ++i) {
    status = check_backend(context, mmd_map_at(names, i).key, backends);
  }
  mmd_map_destroy(names);
  return status;
}

//===--- codebases ---------------------------------------------------------===//

static size_t count_modules(const char *codebase) {
  size_t count = 0;
  for (size_t i = 0; mmd_module_registry[i]; ++i) {
    count += strcmp(mmd_module_registry[i]->codebase, codebase) == 0;
  }
  return count;
}

static mmd_status_t check_codebases(mmd_command_context_t *context) {
  mmd_value_t *codebases = mmd_value_object();
  MMD_TRY(mmd_object_take(context->result, "codebases", codebases));
  mmd_command_text(context, "\n**********Codebase information**********\n");
  for (size_t i = 0; mmd_task_table[i]; ++i) {
    const mmd_task_t *task = mmd_task_table[i];
    const size_t modules = count_modules(task->codebase);
    mmd_value_t *item = mmd_value_object();
    MMD_TRY(mmd_object_take(codebases, task->codebase, item));
    MMD_TRY(mmd_object_take(item, "task", mmd_value_string(task->task)));
    MMD_TRY(mmd_object_take(item, "modules", mmd_value_int((int64_t)modules)));
    mmd_command_printf(context, "%s:\t%s (%s, %s), %zu modules\n", task->codebase, task->task,
                       task->release[0], task->release[1], modules);
  }
  return NULL;
}

static mmd_status_t check_runtime(mmd_command_context_t *context) {
  mmd_value_t *tasks = mmd_value_array();
  size_t transforms = 0, heads = 0;
  MMD_TRY(mmd_object_take(context->result, "tasks", tasks));
  while (mmd_transform_registry[transforms]) ++transforms;
  while (mmd_postprocess_registry[heads]) ++heads;
  mmd_command_text(context, "\n**********Runtime information**********\ntasks:\t");
  for (size_t i = 0; mmd_task_registry[i]; ++i) {
    MMD_TRY(mmd_array_take(tasks, mmd_value_string(mmd_task_registry[i])));
    mmd_command_printf(context, "%s%s", i ? ", " : "", mmd_task_registry[i]);
  }
  mmd_command_printf(context, "\ntransforms:\t%zu\npost-processing heads:\t%zu\n", transforms,
                     heads);
  return NULL;
}

static mmd_status_t run(const void *options, mmd_command_context_t *context) {
  (void)options;
  MMD_TRY(check_environment(context));
  MMD_TRY(check_backends(context));
  MMD_TRY(check_codebases(context));
  return check_runtime(context);
}

const mmd_command_t mmd_check_env_command = {
    .name = "check-env",
    .summary = "Show versions, backends, devices and codebases of this installation.",
    .options = &g_table,
    .run = run,
};
