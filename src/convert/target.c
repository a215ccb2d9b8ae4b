// SPDX-License-Identifier: Apache-2.0
#include "convert/target.h"

#include <string.h>

#include "base/alloc.h"
#include "base/dynlib.h"
#include "base/file.h"
#include "base/log.h"
#include "base/plugin_error.h"
#include "base/thread.h"
#include "convert/plugin.h"
#include "convert/registry.h"
#include "graph/tensor_info.h"
#include "runtime/session.h"
#include "writers/onnx/export.h"
#include "writers/onnx/lower_opset.h"

#define MAX_LOADED 32

//===--- services ----------------------------------------------------------===//

static void *service_allocate(void *self, size_t size) {
  (void)self;
  return mmd_alloc_uninit(size);
}

static void *service_reallocate(void *self, void *pointer, size_t size) {
  (void)self;
  return mmd_realloc(pointer, size);
}

static void service_free(void *self, void *pointer) {
  (void)self;
  mmd_free(pointer);
}

static void service_log(void *self, int32_t level, const char *message) {
  (void)self;
  const bool known = level >= MMD_LOG_TRACE && level < MMD_LOG_OFF;
  mmd_log(known ? (mmd_log_level_t)level : MMD_LOG_INFO, "target", 0, "%s", message);
}

static void service_parallel_for(void *pool, size_t count, size_t grain,
                                 void (*fn)(void *context, size_t begin, size_t end),
                                 void *context) {
  mmd_parallel_for(pool, count, grain, fn, context);
}

static size_t service_input_count(const mmdeploy_graph_t *graph) {
  return graph->root->input_count;
}

static size_t service_output_count(const mmdeploy_graph_t *graph) {
  return graph->root->output_count;
}

static int32_t describe_edge(const mmd_edge_t *edge, mmdeploy_plugin_tensor_info_t *out_info) {
  return mmd_edge_tensor_info(edge, out_info) ? MMDEPLOY_PLUGIN_OK : MMDEPLOY_PLUGIN_NOT_SUPPORTED;
}

static int32_t service_input_info(const mmdeploy_graph_t *graph, size_t index,
                                  mmdeploy_plugin_tensor_info_t *out_info) {
  if (index >= graph->root->input_count) return MMDEPLOY_PLUGIN_OUT_OF_RANGE;
  return describe_edge(graph->root->inputs[index], out_info);
}

static int32_t service_output_info(const mmdeploy_graph_t *graph, size_t index,
                                   mmdeploy_plugin_tensor_info_t *out_info) {
  if (index >= graph->root->output_count) return MMDEPLOY_PLUGIN_OUT_OF_RANGE;
  return describe_edge(graph->root->outputs[index], out_info);
}

static size_t service_node_count(const mmdeploy_graph_t *graph) {
  return graph->root->node_count;
}

static int32_t service_node_info(const mmdeploy_graph_t *graph, size_t index,
                                 const char **out_domain, const char **out_op,
                                 const char **out_name, int64_t *out_version) {
  const mmd_node_t *node = graph->root->first;
  for (size_t i = 0; node && i < index; ++i) node = node->next;
  if (!node) return MMDEPLOY_PLUGIN_OUT_OF_RANGE;
  *out_domain = node->domain;
  *out_op = node->op;
  *out_name = node->name;
  *out_version = node->version;
  return MMDEPLOY_PLUGIN_OK;
}

static mmd_status_t write_onnx(const mmdeploy_graph_t *graph, const char *path, int64_t opset) {
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = opset ? mmd_onnx_lower(copy, opset) : NULL;
  if (!status) status = mmd_onnx_export(copy, NULL, path);
  mmd_graph_destroy(copy);
  return status;
}

static int32_t service_write_onnx(const mmdeploy_graph_t *graph, const char *path, int64_t opset,
                                  mmdeploy_plugin_error_t *error) {
  return mmd_plugin_error_set(error, write_onnx(graph, path, opset));
}

static int32_t service_write_file(const char *path, const void *data, size_t size,
                                  mmdeploy_plugin_error_t *error) {
  return mmd_plugin_error_set(error, mmd_file_write(path, data, size));
}

const mmdeploy_host_t mmd_target_host_base = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_host_t),
    .allocate = service_allocate,
    .reallocate = service_reallocate,
    .free = service_free,
    .log = service_log,
    .parallel_for = service_parallel_for,
};

static const mmdeploy_target_host_t g_host = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_host_t),
    .base = &mmd_target_host_base,
    .input_count = service_input_count,
    .output_count = service_output_count,
    .input_info = service_input_info,
    .output_info = service_output_info,
    .node_count = service_node_count,
    .node_info = service_node_info,
    .write_onnx = service_write_onnx,
    .write_file = service_write_file,
    .graph = &mmd_plugin_graph_api,
};

//===--- lookup ------------------------------------------------------------===//

static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;
static const mmdeploy_target_t *g_loaded[MAX_LOADED];
static mmd_dynlib_t *g_libraries[MAX_LOADED];  // of the targets; kept for the life of the process
static size_t g_loaded_count;

static const mmdeploy_target_t *find_loaded(const char *name) {
  const mmdeploy_target_t *found = NULL;
  mmd_mutex_lock(&g_mutex);
  for (size_t i = 0; i < g_loaded_count && !found; ++i) {
    if (strcmp(g_loaded[i]->name, name) == 0) found = g_loaded[i];
  }
  mmd_mutex_unlock(&g_mutex);
  return found;
}

const mmdeploy_target_t *mmd_target_at(size_t index) {
  size_t count = 0;
  while (mmd_target_registry[count]) ++count;
  if (index < count) return mmd_target_registry[index];
  mmd_mutex_lock(&g_mutex);
  const mmdeploy_target_t *target = index - count < g_loaded_count ? g_loaded[index - count] : NULL;
  mmd_mutex_unlock(&g_mutex);
  return target;
}

const char *mmd_target_get_command(const mmdeploy_target_t *target) {
  const size_t needed = offsetof(mmdeploy_target_t, get) + sizeof target->get;
  return target->struct_size < needed ? NULL : target->get;
}

bool mmd_target_tries(const mmdeploy_target_t *target) {
  const size_t needed = offsetof(mmdeploy_target_t, features) + sizeof target->features;
  return target->struct_size >= needed && (target->features & MMDEPLOY_TARGET_TRIES);
}

double mmd_target_precision(const mmdeploy_target_t *target) {
  const size_t needed = offsetof(mmdeploy_target_t, precision) + sizeof target->precision;
  return target->struct_size < needed ? 0 : target->precision;
}

static mmd_status_t add_modules(mmd_map_t *names) {
  char **found = NULL;
  size_t count = 0;
  MMD_TRY(mmd_backend_list(&found, &count));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count; ++i) {
    if (!status) status = mmd_map_set(names, found[i], names, NULL);
    mmd_free(found[i]);
  }
  mmd_free(found);
  return status;
}

mmd_status_t mmd_target_backends(mmd_map_t **out_names) {
  *out_names = NULL;
  mmd_map_t *all = NULL, *sorted = NULL;
  MMD_TRY(mmd_map_create(&all));
  mmd_status_t status = mmd_map_create(&sorted);
  if (!status) status = add_modules(all);
  for (size_t i = 0; mmd_target_at(i) && !status; ++i)
    status = mmd_map_set(all, mmd_target_at(i)->name, all, NULL);
  // Few names: the smallest of what is left each time.
  for (size_t left = mmd_map_size(all); left && !status; --left) {
    const char *first = mmd_map_at(all, 0).key;
    for (size_t i = 1; i < left; ++i) {
      if (strcmp(mmd_map_at(all, i).key, first) < 0) first = mmd_map_at(all, i).key;
    }
    status = mmd_map_set(sorted, first, sorted, NULL);
    mmd_map_remove(all, first);
  }
  mmd_map_destroy(all);
  if (status) {
    mmd_map_destroy(sorted);
    sorted = NULL;
  }
  *out_names = sorted;
  return status;
}

static mmd_status_t unknown_target(const char *name) {
  mmd_str_t known = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; mmd_target_registry[i] && !status; ++i) {
    status = mmd_str_printf(&known, "%s%s", i ? ", " : "", mmd_target_registry[i]->name);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED,
                       "backend '%s' is not a conversion target of this build; %s are", name,
                       mmd_str_text(&known));
  }
  mmd_str_deinit(&known);
  return status;
}

// A module that is found by the backend's name may hold its convert side too.
static mmd_status_t load_from_module(const char *name) {
  mmd_backend_t *backend = NULL;
  mmd_dynlib_t *module = NULL;
  mmd_status_t status = mmd_backend_get(name, &backend);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);  // no module: the name is not known
  if (!backend || !*mmd_backend_module_path(backend)) return NULL;
  MMD_TRY(mmd_dynlib_open(mmd_backend_module_path(backend), &module));
  const bool has_target = mmd_dynlib_has(module, MMDEPLOY_TARGET_QUERY_SYMBOL);
  mmd_dynlib_close(module);
  return has_target ? mmd_target_load(mmd_backend_module_path(backend)) : NULL;
}

mmd_status_t mmd_target_get(const char *name, const mmdeploy_target_t **out_target) {
  *out_target = find_loaded(name);
  for (size_t i = 0; !*out_target && mmd_target_registry[i]; ++i) {
    if (strcmp(mmd_target_registry[i]->name, name) == 0) *out_target = mmd_target_registry[i];
  }
  if (*out_target) return NULL;
  MMD_TRY(load_from_module(name));
  *out_target = find_loaded(name);
  return *out_target ? NULL : unknown_target(name);
}

// Takes |library| on success.
static mmd_status_t add_loaded(const mmdeploy_target_t *target, mmd_dynlib_t *library,
                               const char *path) {
  if (target->abi_version != MMDEPLOY_TARGET_ABI_VERSION || !target->name || !target->write) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: target ABI version %u found, version %u is needed", path,
                     target->abi_version, MMDEPLOY_TARGET_ABI_VERSION);
  }
  mmd_status_t status = NULL;
  mmd_mutex_lock(&g_mutex);
  if (g_loaded_count == MAX_LOADED) {
    status = MMD_ERROR(MMD_OUT_OF_RANGE, "%s: at most %d targets can be loaded", path, MAX_LOADED);
  } else {
    g_libraries[g_loaded_count] = library;
    g_loaded[g_loaded_count++] = target;
  }
  mmd_mutex_unlock(&g_mutex);
  return status;
}

mmd_status_t mmd_target_load(const char *path) {
  mmd_dynlib_t *library = NULL;
  MMD_TRY(mmd_dynlib_open(path, &library));
  mmdeploy_target_query_fn query = NULL;
  mmdeploy_plugin_error_t error = {0};
  mmd_status_t status = NULL;
  if (mmd_dynlib_has(library, MMDEPLOY_TARGET_QUERY_SYMBOL)) {
    status = mmd_dynlib_symbol(library, MMDEPLOY_TARGET_QUERY_SYMBOL, &query);
  } else {
    status = MMD_ERROR(
        MMD_UNAVAILABLE,
        "%s: no symbol '" MMDEPLOY_TARGET_QUERY_SYMBOL "'; this is no conversion target", path);
  }
  const mmdeploy_target_t *target =
      status ? NULL : query(MMDEPLOY_TARGET_ABI_VERSION, &g_host, &error);
  if (!status && !target) status = MMD_ERROR(MMD_UNAVAILABLE, "%s: %s", path, error.message);
  if (!status) status = add_loaded(target, library, path);
  if (status) mmd_dynlib_close(library);
  return status;
}

//===--- use ---------------------------------------------------------------===//

static const mmdeploy_target_op_t *find_op(const mmdeploy_target_t *target,
                                           const mmd_node_t *node) {
  for (size_t i = 0; i < target->op_count; ++i) {
    const mmdeploy_target_op_t *op = &target->ops[i];
    const bool is_domain = strcmp(op->domain, "*") == 0 || strcmp(op->domain, node->domain) == 0;
    if (is_domain && (strcmp(op->name, "*") == 0 || strcmp(op->name, node->op) == 0)) return op;
  }
  return NULL;
}

static mmd_status_t note_unsupported(const mmdeploy_target_op_t *op, const mmd_node_t *node,
                                     mmd_str_t *list) {
  MMD_TRY(mmd_str_append(list, list->size ? "; " : ""));
  MMD_TRY(mmd_node_describe(node, list));
  if (!op) return mmd_str_append(list, ": no such operator");
  return mmd_str_printf(list, ": version %lld found, %d to %d accepted%s%s",
                        (long long)node->version, op->min_version, op->max_version,
                        *op->note ? ", " : "", op->note);
}

static mmd_status_t check_region(const mmdeploy_target_t *target, const mmd_region_t *region,
                                 mmd_str_t *list) {
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    const mmdeploy_target_op_t *op = find_op(target, node);
    if (!op || node->version < op->min_version || node->version > op->max_version) {
      MMD_TRY(note_unsupported(op, node, list));
    }
    for (size_t i = 0; i < node->attr_count; ++i) {
      const mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION) MMD_TRY(check_region(target, attr->u.region, list));
    }
  }
  return NULL;
}

mmd_status_t mmd_target_check(const mmdeploy_target_t *target, const mmd_graph_t *graph) {
  mmd_str_t list = {0};
  mmd_status_t status = check_region(target, graph->root, &list);
  if (!status && list.size) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "backend '%s' cannot run: %s", target->name,
                       mmd_str_text(&list));
  }
  mmd_str_deinit(&list);
  return status;
}

bool mmd_target_has_prepare(const mmdeploy_target_t *target) {
  const size_t needed = offsetof(mmdeploy_target_t, prepare) + sizeof target->prepare;
  return target->struct_size >= needed && target->prepare;
}

mmd_status_t mmd_target_prepare(const mmdeploy_target_t *target,
                                const mmdeploy_target_request_t *request) {
  if (!mmd_target_has_prepare(target)) return NULL;
  mmdeploy_plugin_error_t error = {0};
  return mmd_plugin_error_status(target->prepare(request, &error), &error);
}

mmd_status_t mmd_target_find(const mmdeploy_target_t *target,
                             const mmdeploy_target_request_t *request, char *out_text,
                             size_t text_size) {
  const size_t needed = offsetof(mmdeploy_target_t, find) + sizeof target->find;
  mmdeploy_plugin_error_t error = {0};
  *out_text = 0;
  if (target->struct_size < needed || !target->find) return NULL;
  return mmd_plugin_error_status(target->find(request, out_text, text_size, &error), &error);
}

mmd_status_t mmd_target_legalize(const mmdeploy_target_t *target, mmd_graph_t *graph,
                                 const mmdeploy_target_request_t *request) {
  if (target->legalize) {
    mmdeploy_plugin_error_t error = {0};
    MMD_TRY(mmd_plugin_error_status(target->legalize(&g_host, graph, request, &error), &error));
  }
  return mmd_target_check(target, graph);
}

mmd_status_t mmd_target_write(const mmdeploy_target_t *target, const mmd_graph_t *graph,
                              const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result) {
  mmdeploy_plugin_error_t error = {0};
  memset(out_result, 0, sizeof *out_result);
  out_result->struct_size = sizeof *out_result;
  MMD_TRY(
      mmd_plugin_error_status(target->write(&g_host, graph, request, out_result, &error), &error));
  if (out_result->file_count > MMDEPLOY_TARGET_MAX_FILES) {
    return MMD_ERROR(MMD_INTERNAL, "target '%s' says it wrote %zu files; at most %d are possible",
                     target->name, out_result->file_count, MMDEPLOY_TARGET_MAX_FILES);
  }
  for (size_t i = 0; i < out_result->file_count; ++i) {
    out_result->files[i][sizeof out_result->files[i] - 1] = 0;
    char *path = mmd_path_join(request->directory, out_result->files[i]);
    MMD_TRY_ALLOC(path);
    const bool exists = mmd_path_exists(path);
    mmd_free(path);
    if (!exists) {
      return MMD_ERROR(MMD_INTERNAL, "target '%s' says it wrote %s, which is not there",
                       target->name, out_result->files[i]);
    }
  }
  return NULL;
}
