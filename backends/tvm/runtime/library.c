// SPDX-License-Identifier: Apache-2.0
#include "backends/tvm/runtime/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/tvm/runtime/functions.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#define VARIABLE "MMDEPLOY_TVM_LIBRARY"
#define FFI "libtvm_ffi.so"
#define EXTRA "libtvm_runtime_extra.so"

//===--- calls -------------------------------------------------------------===//

mmd_status_t tvm_failure(const tvm_library_t *library, mmd_code_t code, const char *what) {
  void *error = NULL;
  char text[400] = "no message";
  library->take_error(&error);
  if (error) {
    const tvm_bytes_t *cell = (const tvm_bytes_t *)((const tvm_object_t *)error + 1);
    const tvm_bytes_t message = cell[1];  // behind the kind of the error
    const size_t line = message.data ? strcspn(message.data, "\r\n") : 0;
    if (line) snprintf(text, sizeof text, "%.*s", (int)(line < 390 ? line : 390), message.data);
    library->release(error);
  }
  return MMD_ERROR(code, "TVM: %s: %s", what, text);
}

mmd_status_t tvm_call(const tvm_library_t *library, void *function, tvm_value_t *arguments,
                      int32_t count, mmd_code_t code, const char *what, tvm_value_t *out_result) {
  *out_result = (tvm_value_t){0};
  if (library->call(function, arguments, count, out_result) == 0) return NULL;
  *out_result = (tvm_value_t){0};
  return tvm_failure(library, code, what);
}

void tvm_value_release(const tvm_library_t *library, tvm_value_t *value) {
  if (value->kind >= TVM_FIRST_OBJECT && value->v.object) library->release(value->v.object);
  *value = (tvm_value_t){0};
}

//===--- library files -----------------------------------------------------===//

// Functions of compiled networks are found by the names that these libraries show to all.
static mmd_status_t open_file(const char *path, void **out_handle) {
  *out_handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (*out_handle) return NULL;
  const char *why = dlerror();
  return MMD_ERROR(MMD_UNAVAILABLE, "%s: cannot load: %s", path, why ? why : "no reason given");
}

// Beside the runtime, or where the Python packages have it; then by name.
static mmd_status_t open_ffi(const char *runtime, void **out_handle) {
  static const char *const ways[] = {FFI, "../../tvm_ffi/lib/" FFI};
  char *folder = mmd_path_directory(runtime);
  MMD_TRY_ALLOC(folder);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < 2 && *folder && !status && !*out_handle; ++i) {
    char *path = mmd_path_join(folder, ways[i]);
    if (!path) status = mmd_status_no_memory();
    if (path && mmd_path_exists(path)) status = open_file(path, out_handle);
    mmd_free(path);
  }
  mmd_free(folder);
  if (!status && !*out_handle) status = open_file(FFI, out_handle);
  return status;
}

// Sorting is in a library of its own, which a network without it does not need.
static mmd_status_t open_extra(const char *runtime) {
  void *handle = NULL;  // stays open
  char *folder = mmd_path_directory(runtime);
  char *path = folder && *folder ? mmd_path_join(folder, EXTRA) : mmd_strdup(EXTRA);
  mmd_free(folder);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = open_file(path, &handle);
  mmd_free(path);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  return NULL;
}

static mmd_status_t open_files(const char *given, tvm_library_t *library) {
  const char *chosen = getenv(VARIABLE);
  const bool is_chosen = !(given && *given) && chosen && *chosen;
  const char *path = given && *given ? given : is_chosen ? chosen : "libtvm_runtime.so";
  if (strchr(path, '/') && !mmd_path_exists(path)) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s%s: no such file", is_chosen ? VARIABLE ": " : "", path);
  }
  library->path = mmd_strdup(path);
  MMD_TRY_ALLOC(library->path);
  mmd_status_t status = open_ffi(path, &library->ffi);
  if (!status) status = open_file(path, &library->runtime);
  if (!status) return open_extra(path);
  if (strchr(path, '/')) return status;
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  return MMD_ERROR(MMD_UNAVAILABLE, "libtvm_runtime.so is not on the loader's path; set " VARIABLE
                                    " to it (the PyPI package apache-tvm has it in tvm/lib)");
}

//===--- functions ---------------------------------------------------------===//

static mmd_status_t find_symbol(const tvm_library_t *library, const char *name, void *out_symbol) {
  void *symbol = dlsym(library->ffi, name);
  if (!symbol) {
    return MMD_ERROR(MMD_UNAVAILABLE,
                     "%s: no symbol '%s' in " FFI "; apache-tvm 0.20 or newer is needed",
                     library->path, name);
  }
  memcpy(out_symbol, &symbol, sizeof symbol);
  return NULL;
}

static mmd_status_t find_global(const tvm_library_t *library, const char *name, void **out) {
  const tvm_bytes_t bytes = {name, strlen(name)};
  if (library->get_global(&bytes, out) == 0 && *out) return NULL;
  return MMD_ERROR(MMD_UNAVAILABLE, "%s: no function '%s'; apache-tvm 0.20 or newer is needed",
                   library->path, name);
}

static mmd_status_t load_functions(tvm_library_t *library) {
  void (*get_version)(uint32_t * numbers) = NULL;
  uint32_t version[3] = {0};
  MMD_TRY(find_symbol(library, "TVMFFIFunctionGetGlobal", &library->get_global));
  MMD_TRY(find_symbol(library, "TVMFFIFunctionCall", &library->call));
  MMD_TRY(find_symbol(library, "TVMFFIErrorMoveFromRaised", &library->take_error));
  MMD_TRY(find_symbol(library, "TVMFFITensorFromDLPack", &library->from_dlpack));
  MMD_TRY(find_symbol(library, "TVMFFIObjectDecRef", &library->release));
  MMD_TRY(find_symbol(library, "TVMFFIFunctionCreate", &library->create_function));
  MMD_TRY(find_symbol(library, "TVMFFIFunctionSetGlobal", &library->set_global));
  MMD_TRY(find_symbol(library, "TVMFFIErrorSetRaisedFromCStr", &library->set_error));
  MMD_TRY(find_symbol(library, "TVMFFIGetVersion", &get_version));
  get_version(version);
  snprintf(library->version, sizeof library->version, "ffi %u.%u.%u", (unsigned)version[0],
           (unsigned)version[1], (unsigned)version[2]);
  MMD_TRY(find_global(library, "ffi.ModuleLoadFromFile", &library->load_module));
  MMD_TRY(find_global(library, "ffi.ModuleGetFunction", &library->get_function));
  MMD_TRY(find_global(library, "ffi.ArraySize", &library->array_size));
  return find_global(library, "ffi.ArrayGetItem", &library->array_item);
}

mmd_status_t tvm_library_open(const char *path, tvm_library_t **out_library) {
  *out_library = NULL;
  tvm_library_t *library = mmd_alloc(sizeof *library);
  MMD_TRY_ALLOC(library);
  mmd_status_t status = open_files(path, library);
  if (!status) status = load_functions(library);
  if (!status) status = tvm_functions_add(library);
  if (status) {
    tvm_library_close(library);
    return status;
  }
  *out_library = library;
  return NULL;
}

void tvm_library_close(tvm_library_t *library) {
  if (!library) return;
  void *const functions[] = {library->load_module, library->get_function, library->array_size,
                             library->array_item};
  for (size_t i = 0; i < 4; ++i) {
    if (functions[i]) library->release(functions[i]);
  }
  mmd_free(library->path);
  mmd_free(library);
}
