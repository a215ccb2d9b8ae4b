// SPDX-License-Identifier: Apache-2.0
#include "convert/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dynlib.h"
#include "base/file.h"
#include "base/plugin_error.h"
#include "base/thread.h"
#include "convert/target.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "runtime/session.h"

enum { MAX_FILES = 64, MAX_PASSES = 256 };

static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;  // for what follows
static struct {
  char *path;
  mmd_dynlib_t *library;
} g_files[MAX_FILES];  // what is loaded; kept for the life of the process
static size_t g_file_count;
static mmd_plugin_pass_t g_passes[MAX_PASSES];
static size_t g_pass_count;

size_t mmd_plugin_pass_count(void) {
  mmd_mutex_lock(&g_mutex);
  const size_t count = g_pass_count;
  mmd_mutex_unlock(&g_mutex);
  return count;
}

mmd_plugin_pass_t mmd_plugin_pass_at(size_t index) {
  mmd_mutex_lock(&g_mutex);
  const mmd_plugin_pass_t pass = g_passes[index];
  mmd_mutex_unlock(&g_mutex);
  return pass;
}

//===--- checks ------------------------------------------------------------===//

static bool is_pass_name(const char *name) {
  if (!name || *name < 'a' || *name > 'z') return false;
  return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool is_taken(const char *name) {
  const mmd_pass_t *ours;
  if (!mmd_status_ignore(mmd_pass_find(name, &ours))) return true;
  for (size_t i = 0; i < g_pass_count; ++i) {
    if (strcmp(g_passes[i].pass->name, name) == 0) return true;
  }
  return false;
}

static mmd_status_t check_pass(const mmdeploy_graph_pass_t *pass, size_t index) {
  if (!pass || pass->struct_size < sizeof *pass || !pass->run)
    return MMD_ERROR(MMD_UNAVAILABLE, "pass %zu is too small or has no run function", index);
  if (!is_pass_name(pass->name)) {
    return MMD_ERROR(MMD_UNAVAILABLE,
                     "pass %zu: '%s' is no name; lower-case letters, digits and "
                     "'_' are",
                     index, pass->name ? pass->name : "");
  }
  if (is_taken(pass->name))
    return MMD_ERROR(MMD_UNAVAILABLE, "there is a pass '%s' already", pass->name);
  return NULL;
}

static mmd_status_t check_table(const mmdeploy_graph_plugin_t *plugin) {
  if (plugin->abi_version != MMDEPLOY_GRAPH_ABI_VERSION) {
    return MMD_ERROR(MMD_UNAVAILABLE, "graph ABI version %u found, version %u is needed",
                     (unsigned)plugin->abi_version, MMDEPLOY_GRAPH_ABI_VERSION);
  }
  if (plugin->struct_size < sizeof *plugin || (plugin->pass_count && !plugin->passes)) {
    return MMD_ERROR(MMD_UNAVAILABLE, "its table is of %u bytes, %zu are needed",
                     (unsigned)plugin->struct_size, sizeof *plugin);
  }
  if (plugin->pass_count > MAX_PASSES - g_pass_count)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "at most %d passes can be loaded", MAX_PASSES);
  return NULL;
}

//===--- loading -----------------------------------------------------------===//

// All passes or none.
static mmd_status_t add_passes(const mmdeploy_graph_plugin_t *plugin, const char *path) {
  MMD_TRY(check_table(plugin));
  const size_t before = g_pass_count;
  for (size_t i = 0; i < plugin->pass_count; ++i) {
    mmd_status_t status = check_pass(plugin->passes[i], i);
    if (status) {
      g_pass_count = before;
      return status;
    }
    g_passes[g_pass_count++] = (mmd_plugin_pass_t){plugin->passes[i], path};
  }
  return NULL;
}

static mmd_status_t query_passes(mmd_dynlib_t *library, const char *path) {
  mmdeploy_graph_query_fn query = NULL;
  mmdeploy_plugin_error_t error = {0};
  MMD_TRY(mmd_dynlib_symbol(library, MMDEPLOY_GRAPH_QUERY_SYMBOL, &query));
  const mmdeploy_graph_plugin_t *plugin =
      query(MMDEPLOY_GRAPH_ABI_VERSION, &mmd_plugin_graph_api, &error);
  error.message[sizeof error.message - 1] = '\0';
  if (!plugin) return MMD_ERROR(MMD_UNAVAILABLE, "%s", error.message);
  return add_passes(plugin, path);
}

static mmd_status_t add_file(mmd_dynlib_t *library, const char *path) {
  const bool has_target = mmd_dynlib_has(library, MMDEPLOY_TARGET_QUERY_SYMBOL);
  const bool has_passes = mmd_dynlib_has(library, MMDEPLOY_GRAPH_QUERY_SYMBOL);
  const bool has_backend = mmd_dynlib_has(library, MMDEPLOY_BACKEND_QUERY_SYMBOL);
  if (!has_target && !has_passes && !has_backend) {
    return MMD_ERROR(MMD_UNAVAILABLE,
                     "no symbol '" MMDEPLOY_GRAPH_QUERY_SYMBOL "' or '" MMDEPLOY_TARGET_QUERY_SYMBOL
                     "'; this is no plugin for the converter");
  }
  const size_t before = g_pass_count;
  if (has_passes) MMD_TRY(query_passes(library, path));
  mmd_backend_t *backend = NULL;
  mmd_status_t status = has_backend ? mmd_backend_load(path, &backend) : NULL;
  if (!status && has_target) status = mmd_target_load(path);
  if (status) g_pass_count = before;
  return status;
}

static bool is_loaded(const char *path) {
  for (size_t i = 0; i < g_file_count; ++i) {
    if (strcmp(g_files[i].path, path) == 0) return true;
  }
  return false;
}

static mmd_status_t load_file(const char *path) {
  if (is_loaded(path)) return NULL;
  if (g_file_count == MAX_FILES)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: at most %d plugins can be loaded", path, MAX_FILES);
  char *copy = mmd_strdup(path);
  MMD_TRY_ALLOC(copy);
  mmd_dynlib_t *library = NULL;
  mmd_status_t status = mmd_dynlib_open(path, &library);
  if (!status) status = mmd_status_annotate(add_file(library, copy), "%s", path);
  if (status) {
    mmd_dynlib_close(library);
    mmd_free(copy);
    return status;
  }
  g_files[g_file_count].path = copy;
  g_files[g_file_count++].library = library;
  return NULL;
}

mmd_status_t mmd_plugin_load(const char *path) {
  mmd_mutex_lock(&g_mutex);
  mmd_status_t status = load_file(path);
  mmd_mutex_unlock(&g_mutex);
  return status;
}

//===--- search ------------------------------------------------------------===//

static mmd_status_t load_named(const char *directory, const char *name) {
  char *path = mmd_path_join(directory, name);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = mmd_plugin_load(path);
  mmd_free(path);
  return status;
}

static mmd_status_t load_directory(const char *directory) {
  char **names = NULL;
  size_t count = 0;
  if (!mmd_path_is_directory(directory)) return NULL;
  MMD_TRY(mmd_path_list(directory, &names, &count));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count; ++i) {
    if (!status && mmd_str_ends_with(names[i], "_plugin.so"))
      status = load_named(directory, names[i]);
    mmd_free(names[i]);
  }
  mmd_free(names);
  return status;
}

static mmd_status_t load_search_path(void) {
  const char *path = getenv("MMDEPLOY_PLUGIN_PATH");
  while (path && *path) {
    const size_t size = strcspn(path, ":");
    char *directory = mmd_strndup(path, size);
    MMD_TRY_ALLOC(directory);
    mmd_status_t status = size ? load_directory(directory) : NULL;
    mmd_free(directory);
    MMD_TRY(mmd_status_annotate(status, "MMDEPLOY_PLUGIN_PATH"));
    path += size + (path[size] == ':');
  }
  return NULL;
}

mmd_status_t mmd_plugin_load_all(const mmd_value_t *paths) {
  for (size_t i = 0; i < mmd_array_size(paths); ++i) {
    const char *path = mmd_value_get_string(mmd_array_at(paths, i), "");
    MMD_TRY(mmd_status_annotate(mmd_plugin_load(path), "--plugin"));
  }
  return load_search_path();
}

//===--- passes ------------------------------------------------------------===//

static mmd_status_t unknown_pass(const char *name) {
  const char *names[MAX_PASSES];
  const mmd_pass_t *ours;
  const size_t count = mmd_plugin_pass_count();
  if (!mmd_status_ignore(mmd_pass_find(name, &ours)))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is a pass of ours; --passes takes those", name);
  if (!count)
    return MMD_ERROR(MMD_NOT_FOUND, "there is no pass '%s': no plugin with passes is loaded", name);
  for (size_t i = 0; i < count; ++i) names[i] = mmd_plugin_pass_at(i).pass->name;
  const char *nearest = mmd_nearest_name(name, names, count);
  return MMD_ERROR(MMD_NOT_FOUND, "no plugin has a pass '%s'; '%s' is one", name,
                   nearest ? nearest : names[0]);
}

static mmd_status_t find_pass(const char *name, mmd_plugin_pass_t *out_pass) {
  for (size_t i = 0; i < mmd_plugin_pass_count(); ++i) {
    *out_pass = mmd_plugin_pass_at(i);
    if (strcmp(out_pass->pass->name, name) == 0) return NULL;
  }
  return mmd_status_annotate(unknown_pass(name), "--pass");
}

static mmd_status_t run_pass(mmd_graph_t *graph, const mmdeploy_graph_pass_t *pass) {
  mmdeploy_plugin_error_t error = {0};
  int32_t changed = 0;
  const int32_t code = pass->run(&mmd_plugin_graph_api, graph, &changed, &error);
  if (code && !*error.message)
    return MMD_ERROR(MMD_INTERNAL, "fails with code %d and no message", (int)code);
  MMD_TRY(mmd_plugin_error_status(code, &error));
  mmd_status_t status = mmd_graph_verify(graph);
  if (!status && changed) status = mmd_graph_infer(graph);
  return mmd_status_annotate(status, "leaves a broken graph");
}

mmd_status_t mmd_plugin_run_passes(mmd_graph_t *graph, const mmd_value_t *names) {
  mmd_plugin_pass_t pass;
  for (size_t i = 0; i < mmd_array_size(names); ++i)
    MMD_TRY(find_pass(mmd_value_get_string(mmd_array_at(names, i), ""), &pass));
  for (size_t i = 0; i < mmd_array_size(names); ++i) {
    MMD_TRY(find_pass(mmd_value_get_string(mmd_array_at(names, i), ""), &pass));
    MMD_TRY(mmd_status_annotate(run_pass(graph, pass.pass), "pass %s of %s", pass.pass->name,
                                pass.path));
  }
  return NULL;
}

mmd_status_t mmd_plugin_apply(mmd_graph_t *graph, const mmd_value_t *paths,
                              const mmd_value_t *names) {
  if (!paths && !names) return NULL;
  MMD_TRY(mmd_plugin_load_all(paths));
  return mmd_plugin_run_passes(graph, names);
}
