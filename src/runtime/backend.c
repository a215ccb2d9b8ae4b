// SPDX-License-Identifier: Apache-2.0
//
// The list of loaded backends and the search for modules.
#include "runtime/backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/plugin_error.h"

#define MODULE_PREFIX "libmmdeploy_"
#define MODULE_SUFFIX ".so"

static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;
static mmd_backend_t *g_backends;  // in order of loading; entries are never removed

//===--- host table --------------------------------------------------------===//

static void *host_allocate(void *self, size_t size) {
  (void)self;
  return mmd_alloc_uninit(size);
}

static void *host_reallocate(void *self, void *pointer, size_t size) {
  (void)self;
  return mmd_realloc(pointer, size);
}

static void host_free(void *self, void *pointer) {
  (void)self;
  mmd_free(pointer);
}

static void host_log(void *self, int32_t level, const char *message) {
  (void)self;
  const bool known = level >= MMD_LOG_TRACE && level < MMD_LOG_OFF;
  mmd_log(known ? (mmd_log_level_t)level : MMD_LOG_INFO, "module", 0, "%s", message);
}

static void host_parallel_for(void *pool, size_t count, size_t grain,
                              void (*fn)(void *context, size_t begin, size_t end), void *context) {
  mmd_parallel_for(pool, count, grain, fn, context);
}

static const mmdeploy_host_t g_host = {
    .abi_version = MMDEPLOY_BACKEND_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_host_t),
    .allocate = host_allocate,
    .reallocate = host_reallocate,
    .free = host_free,
    .log = host_log,
    .parallel_for = host_parallel_for,
};

//===--- list --------------------------------------------------------------===//

static mmd_backend_t *find_loaded(const char *name) {
  for (mmd_backend_t *b = g_backends; b; b = b->next) {
    if (strcmp(b->table->name, name) == 0) return b;
  }
  return NULL;
}

static mmd_status_t check_table(const mmdeploy_backend_t *table, const char *origin) {
  if (table->abi_version != MMDEPLOY_BACKEND_ABI_VERSION) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: backend ABI version %u found, version %u is needed",
                     origin, table->abi_version, MMDEPLOY_BACKEND_ABI_VERSION);
  }
  if (table->struct_size < offsetof(mmdeploy_backend_t, buffer_allocate)) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: backend table of %u bytes is too small", origin,
                     table->struct_size);
  }
  if (!table->name || !table->open || !table->close || !table->session_create ||
      !table->session_destroy || !table->session_inputs || !table->session_outputs || !table->run ||
      !table->version || !table->library || !table->devices) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: backend table lacks a required function", origin);
  }
  return NULL;
}

// Takes |module| on success.
static mmd_status_t add_backend(mmdeploy_backend_query_fn query, mmd_dynlib_t *module,
                                const char *path, mmd_backend_t **out_backend) {
  const char *origin = *path ? path : "linked-in backend";
  mmdeploy_plugin_error_t error = {0};
  const mmdeploy_backend_t *table = query(MMDEPLOY_BACKEND_ABI_VERSION, &g_host, &error);
  if (!table) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: %s", origin,
                     error.code ? error.message : "the module refused this host");
  }
  MMD_TRY(check_table(table, origin));
  mmd_backend_t *known = find_loaded(table->name);
  if (known) {
    if (module) mmd_dynlib_close(module);
    *out_backend = known;
    return NULL;
  }
  mmd_backend_t *backend = mmd_alloc(sizeof *backend);
  MMD_TRY_ALLOC(backend);
  backend->module_path = mmd_strdup(path);
  mmd_status_t status = backend->module_path ? NULL : mmd_status_no_memory();
  if (!status) status = mmd_mutex_init(&backend->mutex);
  if (status) {
    mmd_free(backend->module_path);
    mmd_free(backend);
    return status;
  }
  backend->table = table;
  backend->module = module;
  mmd_backend_t **tail = &g_backends;
  while (*tail) tail = &(*tail)->next;
  *tail = backend;
  *out_backend = backend;
  return NULL;
}

static mmd_status_t load_module(const char *path, mmd_backend_t **out_backend) {
  mmd_dynlib_t *module = NULL;
  MMD_TRY(mmd_dynlib_open(path, &module));
  mmdeploy_backend_query_fn query = NULL;
  mmd_status_t status = NULL;
  if (mmd_dynlib_has(module, MMDEPLOY_BACKEND_QUERY_SYMBOL)) {
    status = mmd_dynlib_symbol(module, MMDEPLOY_BACKEND_QUERY_SYMBOL, &query);
  } else {
    status = MMD_ERROR(
        MMD_UNAVAILABLE,
        "%s: no symbol '" MMDEPLOY_BACKEND_QUERY_SYMBOL "'; this is no backend module", path);
  }
  if (!status) status = add_backend(query, module, path, out_backend);
  if (status) mmd_dynlib_close(module);
  return status;
}

mmd_status_t mmd_backend_register_static(mmdeploy_backend_query_fn query) {
  mmd_backend_t *ignored = NULL;
  mmd_mutex_lock(&g_mutex);
  mmd_status_t status = add_backend(query, NULL, "", &ignored);
  mmd_mutex_unlock(&g_mutex);
  return status;
}

mmd_status_t mmd_backend_load(const char *path, mmd_backend_t **out_backend) {
  *out_backend = NULL;
  mmd_mutex_lock(&g_mutex);
  mmd_status_t status = load_module(path, out_backend);
  mmd_mutex_unlock(&g_mutex);
  return status;
}

//===--- search ------------------------------------------------------------===//

typedef mmd_status_t (*directory_fn)(void *context, const char *directory);

static mmd_status_t visit_plugin_path(directory_fn fn, void *context) {
  const char *path = getenv("MMDEPLOY_PLUGIN_PATH");
  while (path && *path) {
    const size_t size = strcspn(path, ":");
    if (size) {
      char *directory = mmd_strndup(path, size);
      MMD_TRY_ALLOC(directory);
      mmd_status_t status = fn(context, directory);
      mmd_free(directory);
      MMD_TRY(status);
    }
    path += size + (path[size] == ':');
  }
  return NULL;
}

static mmd_status_t visit_below(const char *base, const char *name, directory_fn fn,
                                void *context) {
  char *directory = mmd_path_join(base, name);
  MMD_TRY_ALLOC(directory);
  mmd_status_t status = fn(context, directory);
  mmd_free(directory);
  return status;
}

// Calls |fn| for each directory that may hold modules, in order of preference.
static mmd_status_t visit_directories(directory_fn fn, void *context) {
  MMD_TRY(visit_plugin_path(fn, context));
  char *self = mmd_dynlib_path_of((const void *)&g_host);
  MMD_TRY_ALLOC(self);  // the loader always knows the object of its own data
  char *base = mmd_path_directory(self);
  mmd_free(self);
  MMD_TRY_ALLOC(base);
  mmd_status_t status = visit_below(base, "mmdeploy", fn, context);
  if (!status) status = visit_below(base, "../lib/mmdeploy", fn, context);
  mmd_free(base);
  return status;
}

typedef struct search_t {
  const char *file;
  char *found;
  mmd_str_t tried;
} search_t;

static mmd_status_t search_directory(void *context, const char *directory) {
  search_t *search = context;
  if (search->found) return NULL;
  char *path = mmd_path_join(directory, search->file);
  MMD_TRY_ALLOC(path);
  if (mmd_path_exists(path)) {
    search->found = path;
    return NULL;
  }
  mmd_status_t status =
      mmd_str_printf(&search->tried, "%s%s", search->tried.size ? ", " : "", path);
  mmd_free(path);
  return status;
}

static bool is_plain_name(const char *name) {
  return *name &&
         strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
             strlen(name);
}

static mmd_status_t describe_missing(const char *name, const search_t *search) {
  char **names = NULL;
  size_t count = 0;
  MMD_TRY(mmd_backend_list(&names, &count));
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count; ++i) {
    if (!status) status = mmd_str_printf(&text, "%s%s", i ? ", " : "", names[i]);
    mmd_free(names[i]);
  }
  mmd_free(names);
  if (!status) {
    status =
        MMD_ERROR(MMD_UNAVAILABLE, "backend '%s' is not available (available: %s; looked for %s)",
                  name, count ? mmd_str_text(&text) : "none", mmd_str_text(&search->tried));
  }
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t find_module(const char *name, search_t *search) {
  mmd_str_t file = {0};
  mmd_status_t status = mmd_str_printf(&file, MODULE_PREFIX "%s" MODULE_SUFFIX, name);
  search->file = mmd_str_text(&file);
  if (!status) status = visit_directories(search_directory, search);
  mmd_str_deinit(&file);
  return status;
}

mmd_status_t mmd_backend_get(const char *name, mmd_backend_t **out_backend) {
  *out_backend = NULL;
  if (!is_plain_name(name)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' cannot be the name of a backend", name);
  }
  mmd_mutex_lock(&g_mutex);
  *out_backend = find_loaded(name);
  if (*out_backend) {
    mmd_mutex_unlock(&g_mutex);
    return NULL;
  }
  search_t search = {0};
  mmd_status_t status = find_module(name, &search);
  if (!status && search.found) status = load_module(search.found, out_backend);
  if (*out_backend && strcmp((*out_backend)->table->name, name) != 0) {
    status = MMD_ERROR(MMD_UNAVAILABLE, "%s: holds backend '%s', '%s' is expected", search.found,
                       (*out_backend)->table->name, name);
    *out_backend = NULL;
  }
  const bool missing = !status && !search.found;
  mmd_mutex_unlock(&g_mutex);
  if (missing) status = describe_missing(name, &search);
  mmd_free(search.found);
  mmd_str_deinit(&search.tried);
  return status;
}

//===--- listing -----------------------------------------------------------===//

static mmd_status_t list_directory(void *context, const char *directory) {
  mmd_map_t *names = context;
  char **files = NULL;
  size_t count = 0;
  if (!mmd_path_is_directory(directory)) return NULL;
  MMD_TRY(mmd_path_list(directory, &files, &count));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count; ++i) {
    const size_t size = strlen(files[i]);
    const size_t prefix = sizeof MODULE_PREFIX - 1, suffix = sizeof MODULE_SUFFIX - 1;
    if (!status && size > prefix + suffix && mmd_str_starts_with(files[i], MODULE_PREFIX) &&
        mmd_str_ends_with(files[i], MODULE_SUFFIX)) {
      files[i][size - suffix] = 0;
      status = mmd_map_set(names, files[i] + prefix, names, NULL);
    }
    mmd_free(files[i]);
  }
  mmd_free(files);
  return status;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

mmd_status_t mmd_backend_list(char ***out_names, size_t *out_count) {
  *out_names = NULL;
  *out_count = 0;
  mmd_map_t *names = NULL;
  MMD_TRY(mmd_map_create(&names));
  mmd_status_t status = NULL;
  mmd_mutex_lock(&g_mutex);
  for (mmd_backend_t *b = g_backends; b && !status; b = b->next) {
    status = mmd_map_set(names, b->table->name, b, NULL);
  }
  mmd_mutex_unlock(&g_mutex);
  if (!status) status = visit_directories(list_directory, names);
  const size_t count = mmd_map_size(names);
  char **list = NULL;
  size_t made = 0;
  if (!status) {
    list = mmd_alloc_array(count + 1, sizeof *list);
    if (!list) status = mmd_status_no_memory();
  }
  for (size_t i = 0; i < count && !status; ++i) {
    list[i] = mmd_strdup(mmd_map_at(names, i).key);
    if (list[i])
      ++made;
    else
      status = mmd_status_no_memory();
  }
  mmd_map_destroy(names);
  if (status) {
    for (size_t i = 0; i < made; ++i) mmd_free(list[i]);
    mmd_free(list);
    return status;
  }
  qsort(list, count, sizeof *list, compare_names);
  *out_names = list;
  *out_count = count;
  return NULL;
}

//===--- one backend -------------------------------------------------------===//

mmd_status_t mmd_backend_set_library(const char *name, const char *path) {
  mmd_backend_t *backend = NULL;
  MMD_TRY(mmd_backend_get(name, &backend));
  char *copy = NULL;
  if (path) {
    copy = mmd_strdup(path);
    MMD_TRY_ALLOC(copy);
  }
  mmd_mutex_lock(&backend->mutex);
  mmd_status_t status = NULL;
  if (backend->handle) {
    status =
        MMD_ERROR(MMD_INVALID_ARGUMENT,
                  "backend '%s' has opened %s already; choose the library before the first use",
                  name, backend->table->library(backend->handle));
    mmd_free(copy);
  } else {
    mmd_free(backend->library_path);
    backend->library_path = copy;
  }
  mmd_mutex_unlock(&backend->mutex);
  return status;
}

const mmdeploy_backend_t *mmd_backend_table(const mmd_backend_t *backend) {
  return backend->table;
}

const char *mmd_backend_module_path(const mmd_backend_t *backend) {
  return backend->module_path;
}

mmd_status_t mmd_backend_open(mmd_backend_t *backend) {
  mmd_status_t status = NULL;
  mmd_mutex_lock(&backend->mutex);
  if (!backend->handle) {
    mmdeploy_plugin_error_t error = {0};
    const int32_t code = backend->table->open(backend->library_path, &backend->handle, &error);
    if (code) backend->handle = NULL;  // whatever a failed call left there
    status = mmd_plugin_error_status(code, &error);
    status = mmd_status_annotate(status, "backend '%s'", backend->table->name);
  }
  mmd_mutex_unlock(&backend->mutex);
  return status;
}

static void *opened_handle(mmd_backend_t *backend) {
  mmd_mutex_lock(&backend->mutex);
  void *handle = backend->handle;
  mmd_mutex_unlock(&backend->mutex);
  return handle;
}

const char *mmd_backend_version(mmd_backend_t *backend) {
  void *handle = opened_handle(backend);
  return handle ? backend->table->version(handle) : "";
}

const char *mmd_backend_library(mmd_backend_t *backend) {
  void *handle = opened_handle(backend);
  return handle ? backend->table->library(handle) : "";
}

mmd_status_t mmd_backend_devices(mmd_backend_t *backend,
                                 const mmdeploy_backend_device_t **out_devices, size_t *out_count) {
  *out_devices = NULL;
  *out_count = 0;
  MMD_TRY(mmd_backend_open(backend));
  mmdeploy_plugin_error_t error = {0};
  const int32_t code =
      backend->table->devices(opened_handle(backend), out_devices, out_count, &error);
  return mmd_plugin_error_status(code, &error);
}
