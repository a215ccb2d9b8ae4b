// SPDX-License-Identifier: Apache-2.0
#include "pipeline/package.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/thread.h"
#include "formats/zip/zip.h"
#include "pipeline/session_cache.h"
#include "value/json.h"
#include "value/options.h"

#define JSON_LIMIT ((size_t)64 << 20)

typedef struct package_file_t {
  char *name;
  mmd_storage_t *storage;
  char *path;  // NULL inside archives
  struct package_file_t *next;
} package_file_t;

struct mmd_package {
  _Atomic uint32_t references;
  char *path;
  mmd_zip_t *zip;  // NULL for directories
  mmd_value_t *deploy;
  mmd_package_net_t *nets;
  size_t net_count;
  mmd_mutex_t mutex;  // guards what is read on first use
  bool has_mutex, has_session_mutex;
  mmd_session_cache_t sessions;
  mmd_value_t *pipeline;
  mmd_value_t *detail;  // null value when there is none
  package_file_t *files;
};

//===--- files -------------------------------------------------------------===//

static mmd_status_t missing_file(const mmd_package_t *package, const char *name) {
  return MMD_ERROR(MMD_NOT_FOUND, "%s: '%s' is missing in the package", package->path, name);
}

// A file of a directory package. Names come from deploy.json and must stay inside.
static mmd_status_t directory_path(const mmd_package_t *package, const char *name,
                                   char **out_path) {
  *out_path = NULL;
  if (!mmd_path_is_contained(name)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: file name '%s' leaves the package", package->path,
                     name);
  }
  char *path = mmd_path_join(package->path, name);
  MMD_TRY_ALLOC(path);
  if (!mmd_path_exists(path)) {
    mmd_free(path);
    return missing_file(package, name);
  }
  *out_path = path;
  return NULL;
}

// Entries are found by base name, as the original does it, so archives with and without a top
// folder work.
static mmd_status_t find_entry(const mmd_package_t *package, const char *name,
                               const mmd_zip_entry_t **out_entry) {
  *out_entry = mmd_zip_find(package->zip, name);
  if (!*out_entry) *out_entry = mmd_zip_find_base(package->zip, mmd_path_base(name));
  return *out_entry ? NULL : missing_file(package, name);
}

static mmd_status_t read_small(const mmd_package_t *package, const char *name, char **out_data,
                               size_t *out_size) {
  if (package->zip) {
    const mmd_zip_entry_t *entry = NULL;
    MMD_TRY(find_entry(package, name, &entry));
    return mmd_zip_read(package->zip, entry, JSON_LIMIT, out_data, out_size);
  }
  char *path = NULL;
  MMD_TRY(directory_path(package, name, &path));
  mmd_status_t status = mmd_file_read_regular(path, JSON_LIMIT, out_data, out_size);
  mmd_free(path);
  return status;
}

static mmd_status_t read_json(const mmd_package_t *package, const char *name,
                              mmd_value_t **out_value) {
  char *data = NULL, *label = NULL;
  size_t size = 0;
  MMD_TRY(read_small(package, name, &data, &size));
  label = mmd_path_join(package->path, name);
  mmd_status_t status =
      label ? mmd_json_parse(data, size, label, out_value) : mmd_status_no_memory();
  mmd_free(label);
  mmd_free(data);
  return status;
}

static void release_view(void *storage) {
  mmd_storage_release(storage);
}

// An entry as a storage of its own: a view that keeps the archive.
static mmd_status_t view_entry(const mmd_package_t *package, const char *name,
                               mmd_storage_t **out_storage) {
  const mmd_zip_entry_t *entry = NULL;
  mmd_storage_t *bytes = NULL;
  size_t offset = 0;
  MMD_TRY(find_entry(package, name, &entry));
  MMD_TRY(mmd_zip_verify(package->zip, entry));
  MMD_TRY(mmd_zip_view(package->zip, entry, &bytes, &offset));
  mmd_status_t status = mmd_storage_borrow(mmd_storage_data(bytes) + offset, (size_t)entry->size,
                                           release_view, bytes, out_storage);
  if (status) mmd_storage_release(bytes);
  return status;
}

static package_file_t *find_file(const mmd_package_t *package, const char *name) {
  package_file_t *file = package->files;
  while (file && strcmp(file->name, name) != 0) file = file->next;
  return file;
}

static void free_file(package_file_t *file) {
  mmd_storage_release(file->storage);
  mmd_free(file->path);
  mmd_free(file->name);
  mmd_free(file);
}

static mmd_status_t load_file(mmd_package_t *package, const char *name, package_file_t *file) {
  file->name = mmd_strdup(name);
  MMD_TRY_ALLOC(file->name);
  if (package->zip) return view_entry(package, name, &file->storage);
  MMD_TRY(directory_path(package, name, &file->path));
  return mmd_storage_map_file(file->path, &file->storage);
}

static mmd_status_t add_file(mmd_package_t *package, const char *name, package_file_t **out_file) {
  package_file_t *file = mmd_alloc(sizeof *file);
  MMD_TRY_ALLOC(file);
  mmd_status_t status = load_file(package, name, file);
  if (status) {
    free_file(file);
    return status;
  }
  file->next = package->files;
  package->files = file;
  *out_file = file;
  return NULL;
}

mmd_status_t mmd_package_read(mmd_package_t *package, const char *name, mmd_storage_t **out_storage,
                              char **out_path) {
  *out_storage = NULL;
  if (out_path) *out_path = NULL;
  mmd_mutex_lock(&package->mutex);
  package_file_t *file = find_file(package, name);
  mmd_status_t status = file ? NULL : add_file(package, name, &file);
  mmd_mutex_unlock(&package->mutex);
  MMD_TRY(status);
  if (out_path && file->path) {
    *out_path = mmd_strdup(file->path);
    MMD_TRY_ALLOC(*out_path);
  }
  *out_storage = mmd_storage_retain(file->storage);
  return NULL;
}

//===--- deploy.json -------------------------------------------------------===//

#define AT(field) offsetof(mmd_package_net_t, field)
static const mmd_option_t g_net_options[] = {
    {.name = "name",
     .type = MMD_OPTION_STRING,
     .offset = AT(name),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Key of the net."},
    {.name = "net",
     .type = MMD_OPTION_STRING,
     .offset = AT(net),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Network file."},
    {.name = "weights",
     .type = MMD_OPTION_STRING,
     .offset = AT(weights),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Second file, or empty."},
    {.name = "backend",
     .type = MMD_OPTION_STRING,
     .offset = AT(backend),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Engine."},
    {.name = "batch_size",
     .type = MMD_OPTION_INT,
     .offset = AT(batch_size),
     .flags = MMD_OPTION_REQUIRED,
     .min = 1,
     .max = 65536,
     .help = "Most samples a run may take."},
    {.name = "precision",
     .type = MMD_OPTION_STRING,
     .offset = AT(precision),
     .flags = MMD_OPTION_REQUIRED,
     .help = "FP32, FP16 or INT8."},
    {.name = "dynamic_shape",
     .type = MMD_OPTION_BOOL,
     .offset = AT(dynamic_shape),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Recorded only."},
};
static const mmd_option_table_t g_net_table =
    MMD_OPTION_TABLE("models[]", mmd_package_net_t, g_net_options);

static mmd_status_t read_nets(mmd_package_t *package) {
  const mmd_value_t *models = mmd_object_get(package->deploy, "models");
  if (mmd_value_kind(models) != MMD_VALUE_ARRAY || !mmd_array_size(models)) {
    return MMD_ERROR(
        MMD_CORRUPT,
        "%s: deploy.json: models: a list of at least one network is expected, %s found",
        package->path, models ? mmd_value_kind_name(mmd_value_kind(models)) : "nothing");
  }
  package->net_count = mmd_array_size(models);
  package->nets = mmd_alloc_array(package->net_count, sizeof *package->nets);
  MMD_TRY_ALLOC(package->nets);
  for (size_t i = 0; i < package->net_count; ++i) {
    mmd_str_t where = {0};
    mmd_status_t status = mmd_str_printf(&where, "models[%zu]", i);
    if (!status) {
      status = mmd_options_read(&g_net_table, mmd_array_at(models, i), mmd_str_text(&where), false,
                                &package->nets[i]);
    }
    mmd_str_deinit(&where);
    MMD_TRY(mmd_status_annotate(status, "%s: deploy.json", package->path));
  }
  return NULL;
}

static mmd_status_t read_deploy(mmd_package_t *package) {
  MMD_TRY(read_json(package, "deploy.json", &package->deploy));
  if (!mmd_value_get_string(mmd_object_get(package->deploy, "version"), NULL)) {
    return MMD_ERROR(MMD_CORRUPT, "%s: deploy.json: version: a text such as \"0.14.0\" is expected",
                     package->path);
  }
  return read_nets(package);
}

//===--- opening -----------------------------------------------------------===//

static mmd_status_t check_directory(const mmd_package_t *package) {
  char *path = mmd_path_join(package->path, "deploy.json");
  MMD_TRY_ALLOC(path);
  const bool exists = mmd_path_exists(path);
  mmd_free(path);
  if (exists) return NULL;
  return MMD_ERROR(
      MMD_CORRUPT,
      "%s: there is no deploy.json in the folder; was it converted without --dump-info?",
      package->path);
}

static bool looks_like_network(const char *path) {
  static const char *const extensions[] = {".onnx", ".engine", ".xml", ".param", ".bin",
                                           ".pt",   ".json",   ".pth", NULL};
  for (size_t i = 0; extensions[i]; ++i) {
    if (strcmp(mmd_path_extension(path), extensions[i]) == 0) return true;
  }
  return false;
}

static mmd_status_t open_path(mmd_package_t *package) {
  const char *path = package->path;
  if (!mmd_path_exists(path)) return MMD_ERROR(MMD_NOT_FOUND, "%s: no such file or folder", path);
  if (mmd_path_is_directory(path)) {
    MMD_TRY(check_directory(package));
    return read_deploy(package);
  }
  if (looks_like_network(path)) {
    return MMD_ERROR(MMD_CORRUPT, "%s is a file of a package; give the folder that holds it", path);
  }
  MMD_TRY(mmd_zip_open_file(path, NULL, &package->zip));
  return read_deploy(package);
}

static mmd_status_t package_create(const char *path, mmd_package_t **out_package) {
  mmd_package_t *package = mmd_alloc(sizeof *package);
  MMD_TRY_ALLOC(package);
  atomic_init(&package->references, 1);
  package->path = mmd_strdup(path);
  mmd_status_t status = package->path ? mmd_mutex_init(&package->mutex) : mmd_status_no_memory();
  package->has_mutex = !status;
  if (!status) status = mmd_mutex_init(&package->sessions.mutex);
  package->has_session_mutex = !status;
  if (status) {
    mmd_package_release(package);
    return status;
  }
  *out_package = package;
  return NULL;
}

mmd_status_t mmd_package_open(const char *path, mmd_package_t **out_package) {
  mmd_package_t *package = NULL;
  *out_package = NULL;
  MMD_TRY(package_create(path, &package));
  mmd_status_t status = open_path(package);
  if (status) {
    mmd_package_release(package);
    return status;
  }
  *out_package = package;
  return NULL;
}

mmd_status_t mmd_package_open_memory(mmd_storage_t *archive, mmd_package_t **out_package) {
  mmd_package_t *package = NULL;
  *out_package = NULL;
  MMD_TRY(package_create("memory", &package));
  mmd_status_t status = mmd_zip_open(archive, "memory", NULL, &package->zip);
  if (!status) status = read_deploy(package);
  if (status) {
    mmd_package_release(package);
    return status;
  }
  *out_package = package;
  return NULL;
}

mmd_package_t *mmd_package_retain(mmd_package_t *package) {
  if (package) atomic_fetch_add_explicit(&package->references, 1, memory_order_relaxed);
  return package;
}

void mmd_package_release(mmd_package_t *package) {
  if (!package || atomic_fetch_sub_explicit(&package->references, 1, memory_order_acq_rel) != 1)
    return;
  while (package->files) {
    package_file_t *next = package->files->next;
    free_file(package->files);
    package->files = next;
  }
  mmd_value_release(package->detail);
  mmd_value_release(package->pipeline);
  mmd_value_release(package->deploy);
  mmd_free(package->nets);
  mmd_zip_destroy(package->zip);
  if (package->has_session_mutex) mmd_mutex_deinit(&package->sessions.mutex);
  if (package->has_mutex) mmd_mutex_deinit(&package->mutex);
  mmd_free(package->path);
  mmd_free(package);
}

//===--- content -----------------------------------------------------------===//

const char *mmd_package_path(const mmd_package_t *package) {
  return package->path;
}

mmd_session_cache_t *mmd_package_sessions(mmd_package_t *package) {
  return &package->sessions;
}

const mmd_value_t *mmd_package_deploy(const mmd_package_t *package) {
  return package->deploy;
}

const char *mmd_package_task(const mmd_package_t *package) {
  return mmd_value_get_string(mmd_object_get(package->deploy, "task"), "");
}

int mmd_package_release_number(const mmd_package_t *package) {
  if (!package) return 1;
  const mmd_value_t *deploy = mmd_package_deploy(package);
  const char *version = mmd_value_get_string(mmd_object_get(deploy, "version"), "");
  int release = 0;
  if (*version == 'v') ++version;
  for (int i = 0; i < 4 && version[i] >= '0' && version[i] <= '9'; ++i) {
    release = release * 10 + (version[i] - '0');
  }
  return release;
}

size_t mmd_package_net_count(const mmd_package_t *package) {
  return package->net_count;
}

const mmd_package_net_t *mmd_package_net(const mmd_package_t *package, size_t index) {
  return index < package->net_count ? &package->nets[index] : NULL;
}

const mmd_package_net_t *mmd_package_find_net(const mmd_package_t *package, const char *name) {
  for (size_t i = 0; i < package->net_count; ++i) {
    if (strcmp(package->nets[i].name, name) == 0) return &package->nets[i];
  }
  return NULL;
}

mmd_status_t mmd_package_pipeline(mmd_package_t *package, const mmd_value_t **out_pipeline) {
  mmd_mutex_lock(&package->mutex);
  mmd_status_t status =
      package->pipeline ? NULL : read_json(package, "pipeline.json", &package->pipeline);
  *out_pipeline = package->pipeline;
  mmd_mutex_unlock(&package->mutex);
  return status;
}

static mmd_status_t has_file(const mmd_package_t *package, const char *name, bool *out_has) {
  if (package->zip) {
    *out_has = mmd_zip_find_base(package->zip, name) != NULL;
    return NULL;
  }
  char *path = mmd_path_join(package->path, name);
  MMD_TRY_ALLOC(path);
  *out_has = mmd_path_exists(path);
  mmd_free(path);
  return NULL;
}

mmd_status_t mmd_package_read_json(const mmd_package_t *package, const char *name,
                                   mmd_value_t **out_value) {
  bool exists = false;
  *out_value = NULL;
  MMD_TRY(has_file(package, name, &exists));
  return exists ? read_json(package, name, out_value) : NULL;
}

static mmd_status_t read_detail(mmd_package_t *package) {
  MMD_TRY(mmd_package_read_json(package, "detail.json", &package->detail));
  if (!package->detail) package->detail = mmd_value_null();
  MMD_TRY_ALLOC(package->detail);
  return NULL;
}

mmd_status_t mmd_package_detail(mmd_package_t *package, const mmd_value_t **out_detail) {
  mmd_mutex_lock(&package->mutex);
  mmd_status_t status = package->detail ? NULL : read_detail(package);
  *out_detail = package->detail;
  mmd_mutex_unlock(&package->mutex);
  return status;
}

mmd_status_t mmd_package_classes(mmd_package_t *package, const mmd_value_t **out_classes) {
  const mmd_value_t *detail = NULL;
  *out_classes = NULL;
  MMD_TRY(mmd_package_detail(package, &detail));
  const mmd_value_t *classes = mmd_object_get(detail, "classes");
  if (mmd_value_kind(classes) == MMD_VALUE_ARRAY) *out_classes = classes;
  return NULL;
}
