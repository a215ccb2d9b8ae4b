// SPDX-License-Identifier: Apache-2.0
#include "formats/pyconfig/pyconfig.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/pyconfig/loader.h"

static mmd_status_t no_files(void *self, const char *path, char **out_text, size_t *out_size) {
  (void)self;
  (void)out_text;
  (void)out_size;
  return MMD_ERROR(MMD_NOT_FOUND, "%s: other files cannot be read here", path);
}

static mmd_status_t check_reserved(mmd_pyctx_t *ctx, const mmd_pyfile_t *file,
                                   const mmd_pyobj_t *config) {
  static const char *const reserved[] = {"filename", "text", "pretty_text", "env_variables"};
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; ++i) {
    if (!mmd_pydict_get_text(config, reserved[i])) continue;
    ctx->at = mmd_pyfile_assignment(file, reserved[i]);
    mmd_status_t status =
        mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the key '%s' is reserved", reserved[i]);
    return ctx->at ? status : mmd_status_annotate(status, "%s", file->name);
  }
  return NULL;
}

// What empties a dict comes before what fills it, whatever their order on the command line.
static mmd_status_t apply_overrides(const mmd_pyconfig_options_t *options, mmd_value_t *config) {
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t i = 0; i < options->override_count; ++i) {
      const char *assignment = options->overrides[i];
      if (mmd_pyconfig_override_deletes(assignment) == (pass == 0))
        MMD_TRY(mmd_pyconfig_apply_override(config, assignment));
    }
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_pyctx_t *ctx, mmd_pyfile_t *file, const char *text, size_t size,
                             mmd_value_t **out_config) {
  mmd_pyresult_t result;
  mmd_pyobj_t *config;
  MMD_TRY(mmd_pyfile_load(ctx, file, text, size, &result));
  ctx->at = NULL;
  MMD_TRY(mmd_pyresult_clean(ctx, &result, &config));
  MMD_TRY(check_reserved(ctx, file, config));
  ctx->at = NULL;
  MMD_TRY(mmd_status_annotate(mmd_py_to_value(ctx, config, out_config), "%s", file->name));
  mmd_status_t status = apply_overrides(ctx->options, *out_config);
  if (status) {
    mmd_value_release(*out_config);
    *out_config = NULL;
  }
  return status;
}

static mmd_status_t start(const char *path, const char *text, size_t size,
                          const mmd_pyconfig_options_t *options, mmd_value_t **out_config) {
  mmd_pyctx_t ctx;
  *out_config = NULL;
  char *absolute = mmd_path_absolute(path);
  MMD_TRY_ALLOC(absolute);
  mmd_status_t status = mmd_pyctx_init(&ctx, options);
  if (!status) {
    mmd_pyfile_t file = {.path = mmd_py_normal_path(&ctx, absolute),
                         .name = mmd_py_normal_path(&ctx, path)};
    status = file.path && file.name ? evaluate(&ctx, &file, text, size, out_config)
                                    : mmd_status_no_memory();
    if (mmd_status_code(status) == MMD_OUT_OF_MEMORY &&
        ctx.arena.used_bytes * 2 > ctx.arena.limit_bytes) {
      status = mmd_status_annotate(status, "%s: evaluation of the config may take %zu MiB", path,
                                   ctx.arena.limit_bytes >> 20);
    }
    mmd_pyctx_deinit(&ctx);
  }
  mmd_free(absolute);
  return status;
}

mmd_status_t mmd_pyconfig_read(const char *path, const mmd_pyconfig_options_t *options,
                               mmd_value_t **out_config) {
  const mmd_pyconfig_options_t defaults = {0};
  return start(path, NULL, 0, options ? options : &defaults, out_config);
}

mmd_status_t mmd_pyconfig_parse(const char *text, size_t size, const char *name,
                                const mmd_pyconfig_options_t *options, mmd_value_t **out_config) {
  mmd_pyconfig_options_t own = {0};
  if (options) own = *options;
  if (!own.load) own.load = no_files;
  return start(name, text ? text : "", size, &own, out_config);
}
