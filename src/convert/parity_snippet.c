// SPDX-License-Identifier: Apache-2.0
#include "convert/parity_snippet.h"

#include <string.h>

#include "convert/registry.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/openmmlab/config.h"

#define DEFAULT_SIZE 224

static const char *model_type(const mmd_value_t *model_cfg) {
  return mmd_value_get_string(mmd_object_get_path(model_cfg, "model.type"), "");
}

// The scope that the config names, else the code base that has its model type.
static const char *find_codebase(const mmd_value_t *model_cfg) {
  const char *scope = mmd_value_get_string(mmd_object_get(model_cfg, "default_scope"), NULL);
  if (scope) return mmd_codebase_of_scope(scope);
  const char *type = mmd_type_without_scope(model_type(model_cfg));
  for (size_t i = 0; mmd_module_registry[i]; ++i)
    if (strcmp(mmd_module_registry[i]->type, type) == 0) return mmd_module_registry[i]->codebase;
  return "";
}

static mmd_status_t no_snippet(const mmd_value_t *model_cfg, const char *codebase) {
  mmd_str_t known = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; mmd_task_table[i] && !status; ++i) {
    const mmd_task_t *task = mmd_task_table[i];
    if (!task->snippet[0] && !task->snippet[1]) continue;
    status = mmd_str_printf(&known, "%s%s %s", known.size ? ", " : "", task->codebase, task->task);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED,
                       "there is no snippet for model type '%s'%s%s%s; there is one for %s",
                       model_type(model_cfg), *codebase ? " of '" : "", codebase,
                       *codebase ? "'" : "", mmd_str_text(&known));
  }
  mmd_str_deinit(&known);
  return status;
}

static mmd_status_t find_task(const mmd_value_t *model_cfg, mmd_dialect_t dialect,
                              const mmd_task_t **out_task) {
  const char *codebase = find_codebase(model_cfg);
  for (size_t i = 0; mmd_task_table[i]; ++i) {
    *out_task = mmd_task_table[i];
    if (strcmp(mmd_task_table[i]->codebase, codebase) == 0 && mmd_task_table[i]->snippet[dialect])
      return NULL;
  }
  return no_snippet(model_cfg, codebase);
}

// As Python writes a string.
static mmd_status_t append_literal(const char *text, mmd_str_t *out) {
  MMD_TRY(mmd_str_append(out, "'"));
  for (; *text; ++text) {
    if (*text == '\\' || *text == '\'') MMD_TRY(mmd_str_append(out, "\\"));
    if (*text == '\n') {
      MMD_TRY(mmd_str_append(out, "\\n"));
    } else {
      MMD_TRY(mmd_str_append_n(out, text, 1));
    }
  }
  return mmd_str_append(out, "'");
}

static mmd_status_t append_shape(const mmd_snippet_request_t *request,
                                 const mmd_task_context_t *context, const mmd_task_t *task,
                                 mmd_str_t *out) {
  int64_t size[2] = {request->height, request->width};
  if (size[0] <= 0) MMD_TRY(task->input_size(context, size));
  for (int i = 0; i < 2; ++i)
    if (size[i] <= 0) size[i] = DEFAULT_SIZE;
  const int64_t channels =
      mmd_value_get_int(mmd_object_get_path(context->model_cfg, "model.backbone.in_channels"), 3);
  return mmd_str_printf(out, "1, %lld, %lld, %lld", (long long)channels, (long long)size[0],
                        (long long)size[1]);
}

static mmd_status_t fill(const mmd_snippet_request_t *request, const mmd_task_context_t *context,
                         const mmd_task_t *task, mmd_str_t *out) {
  const char *at = task->snippet[context->dialect];
  while (*at) {
    const size_t plain = strcspn(at, "{");
    MMD_TRY(mmd_str_append_n(out, at, plain));
    at += plain;
    if (!*at) break;
    const size_t size = strcspn(at, "}") + 1;
    if (strncmp(at, "{config}", size) == 0) {
      MMD_TRY(append_literal(request->config, out));
    } else if (strncmp(at, "{checkpoint}", size) == 0) {
      MMD_TRY(append_literal(request->checkpoint, out));
    } else if (strncmp(at, "{file}", size) == 0) {
      MMD_TRY(append_literal(request->file, out));
    } else if (strncmp(at, "{shape}", size) == 0) {
      MMD_TRY(append_shape(request, context, task, out));
    } else {
      return MMD_ERROR(MMD_INTERNAL, "snippet of %s: %.*s", task->codebase, (int)size, at);
    }
    at += size;
  }
  return NULL;
}

static mmd_status_t make(const mmd_snippet_request_t *request, const mmd_value_t *model_cfg,
                         mmd_str_t *out_text) {
  const mmd_task_t *task = NULL;
  const mmd_task_context_t context = {.model_cfg = model_cfg,
                                      .model_cfg_path = request->config,
                                      .modules = mmd_module_registry,
                                      .dialect = mmd_dialect_detect(model_cfg)};
  MMD_TRY(find_task(model_cfg, context.dialect, &task));
  return fill(request, &context, task, out_text);
}

mmd_status_t mmd_snippet_make(const mmd_snippet_request_t *request, mmd_str_t *out_text) {
  mmd_value_t *model_cfg = NULL;
  MMD_TRY(mmd_pyconfig_read(request->config, NULL, &model_cfg));
  mmd_status_t status = make(request, model_cfg, out_text);
  mmd_value_release(model_cfg);
  return mmd_status_annotate(status, "%s", request->config);
}
