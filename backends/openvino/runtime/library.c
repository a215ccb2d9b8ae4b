// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/runtime/library.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sanitizer.h"
#include "base/str.h"

//===--- errors ------------------------------------------------------------===//

// Lines that name the engine's own sources say nothing to a user.
static bool is_noise(const char *line, size_t size) {
  static const char *const noise[] = {"Exception from ", "Check '"};
  for (size_t i = 0; i < sizeof noise / sizeof *noise; ++i) {
    const size_t length = strlen(noise[i]);
    if (size >= length && strncmp(line, noise[i], length) == 0) return true;
  }
  return size == 0;
}

// The engine's message in one line; the whole of it where nothing but noise is there.
static void flatten(const char *message, bool with_noise, char *text, size_t capacity) {
  size_t used = 0;
  text[0] = '\0';
  while (*message) {
    const size_t size = strcspn(message, "\r\n");
    if (with_noise ? size > 0 : !is_noise(message, size)) {
      const int n =
          snprintf(text + used, capacity - used, "%s%.*s", used ? " " : "", (int)size, message);
      used += n < 0 ? 0 : (size_t)n;
      if (used >= capacity) return;
    }
    message += size;
    message += strspn(message, "\r\n");
  }
}

// The C interface has no code for it.
static bool is_memory_short(const char *message) {
  static const char *const words[] = {"bad_alloc", "out of memory", "out_of_memory",
                                      "ailed to allocate", "not allocate"};
  for (size_t i = 0; i < sizeof words / sizeof *words; ++i) {
    if (strstr(message, words[i])) return true;
  }
  return false;
}

mmd_status_t ov_check(const ov_library_t *library, int code, const char *what) {
  if (code == OV_OK) return NULL;
  enum { TEXT = 600 };
  char text[TEXT];
  const char *message = library->fn.get_last_err_msg();
  flatten(message ? message : "", false, text, sizeof text);
  if (!*text) flatten(message ? message : "", true, text, sizeof text);
  mmd_code_t ours = MMD_INVALID_ARGUMENT;
  if (code == OV_NOT_FOUND) ours = MMD_NOT_FOUND;
  if (code == OV_NOT_IMPLEMENTED) ours = MMD_NOT_SUPPORTED;
  if (message && is_memory_short(message)) ours = MMD_OUT_OF_MEMORY;
  return MMD_ERROR(ours, "OpenVINO %s: %s: %s (code %d)", library->version, what, text, code);
}

//===--- library file ------------------------------------------------------===//

static const char *const g_names[] = {"libopenvino_c.so", "libopenvino_c.so.2641", NULL};
static const mmd_dynlib_search_t g_search = {
    .variable = "MMDEPLOY_OPENVINO_LIBRARY",
    .beside = g_names,
    .names = g_names,
    .advice =
        "libopenvino_c.so was found neither beside the module nor on the loader's path; set "
        "MMDEPLOY_OPENVINO_LIBRARY to the library (the PyPI package openvino has it in "
        "openvino/libs)",
};

enum { OLDEST_YEAR = 2023 };  // of releases; older ones lack functions that we use

// First of all, so that a library that has other functions is told apart by its version.
static mmd_status_t read_version(ov_library_t *library) {
  const char *path = mmd_dynlib_path(library->dynlib);
  ov_version_t version = {0};
  if (!mmd_dynlib_has(library->dynlib, "ov_get_openvino_version")) {
    return MMD_ERROR(MMD_UNAVAILABLE,
                     "%s: no symbol 'ov_get_openvino_version'; this is no C library of OpenVINO %d "
                     "or newer",
                     path, (int)OLDEST_YEAR);
  }
  MMD_TRY(mmd_dynlib_symbol(library->dynlib, "ov_get_openvino_version",
                            &library->fn.get_openvino_version));
  MMD_TRY(mmd_dynlib_symbol(library->dynlib, "ov_version_free", &library->fn.version_free));
  const int code = library->fn.get_openvino_version(&version);
  if (code != OV_OK)
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: it does not tell its version (code %d)", path, code);
  const char *text = version.build_number ? version.build_number : "";
  snprintf(library->version, sizeof library->version, "%.*s", (int)strcspn(text, "-"), text);
  library->fn.version_free(&version);
  if (strtol(library->version, NULL, 10) >= OLDEST_YEAR) return NULL;
  return MMD_ERROR(MMD_UNAVAILABLE, "%s: OpenVINO %s found, %d.0 or newer is needed", path,
                   library->version, (int)OLDEST_YEAR);
}

// A newer library may lack one, too.
static mmd_status_t load_symbols(ov_library_t *library) {
#define LOAD(name, result, parameters) \
  MMD_TRY(mmd_dynlib_symbol(library->dynlib, "ov_" #name, &library->fn.name));
  MMD_OV_FUNCTIONS(LOAD)
#undef LOAD
  return NULL;
}

static mmd_status_t load_functions(ov_library_t *library) {
  const char *path = mmd_dynlib_path(library->dynlib);
  void *address = NULL;
  mmd_status_t status = load_symbols(library);
  if (status) {
    mmd_status_t told =
        MMD_ERROR(MMD_UNAVAILABLE, "OpenVINO %s: %s", library->version, mmd_status_message(status));
    mmd_status_free(status);
    return told;
  }
  memcpy(&address, &library->fn.core_create, sizeof address);
  library->path = mmd_dynlib_path_of(address);
  if (!library->path) library->path = mmd_strdup(path);
  MMD_TRY_ALLOC(library->path);
  return NULL;
}

//===--- what the engine is like -------------------------------------------===//

// "GPU.1" counts as another "gpu".
static void add_device(ov_library_t *library, const char *native) {
  char name[sizeof library->device_names[0]];
  size_t size = 0;
  for (; native[size] && native[size] != '.' && size + 1 < sizeof name; ++size)
    name[size] = (char)tolower((unsigned char)native[size]);
  name[size] = '\0';
  for (size_t i = 0; i < library->device_count; ++i) {
    if (strcmp(library->device_names[i], name) != 0) continue;
    ++library->devices[i].count;
    return;
  }
  if (library->device_count == OV_MAX_DEVICES) return;
  const size_t i = library->device_count++;
  memcpy(library->device_names[i], name, size + 1);
  library->devices[i] = (mmdeploy_backend_device_t){.name = library->device_names[i], .count = 1};
}

static mmd_status_t read_devices(ov_library_t *library) {
  ov_available_devices_t found = {0};
  MMD_TRY(
      ov_check(library, library->fn.core_get_available_devices(library->core, &found), "devices"));
  for (size_t i = 0; i < found.size; ++i) add_device(library, found.devices[i]);
  library->fn.available_devices_free(&found);
  return NULL;
}

typedef struct type_name_t {
  mmd_dtype_t dtype;
  const char *name;  // in the file format
} type_name_t;

static const type_name_t g_type_names[] = {
    {MMD_F32, "f32"}, {MMD_F64, "f64"}, {MMD_F16, "f16"},      {MMD_BF16, "bf16"}, {MMD_I8, "i8"},
    {MMD_I16, "i16"}, {MMD_I32, "i32"}, {MMD_I64, "i64"},      {MMD_U8, "u8"},     {MMD_U16, "u16"},
    {MMD_U32, "u32"}, {MMD_U64, "u64"}, {MMD_BOOL, "boolean"},
};
enum { TYPE_COUNT = sizeof g_type_names / sizeof *g_type_names };

// A network that hands one input of each element type through.
static mmd_status_t write_probe(mmd_str_t *xml) {
  MMD_TRY(mmd_str_append(xml, "<net name=\"types\" version=\"11\"><layers>"));
  for (int i = 0; i < TYPE_COUNT; ++i) {
    MMD_TRY(mmd_str_printf(
        xml,
        "<layer id=\"%d\" name=\"in%d\" type=\"Parameter\" version=\"opset1\"><data shape=\"1\" "
        "element_type=\"%s\"/><output><port id=\"0\" precision=\"FP32\"><dim>1</dim></port>"
        "</output></layer><layer id=\"%d\" name=\"out%d\" type=\"Result\" version=\"opset1\">"
        "<input><port id=\"0\"><dim>1</dim></port></input></layer>",
        2 * i, i, g_type_names[i].name, 2 * i + 1, i));
  }
  MMD_TRY(mmd_str_append(xml, "</layers><edges>"));
  for (int i = 0; i < TYPE_COUNT; ++i) {
    MMD_TRY(mmd_str_printf(
        xml, "<edge from-layer=\"%d\" from-port=\"0\" to-layer=\"%d\" to-port=\"0\"/>", 2 * i,
        2 * i + 1));
  }
  return mmd_str_append(xml, "</edges></net>");
}

static mmd_status_t read_types(ov_library_t *library, const ov_model_t *model) {
  for (size_t i = 0; i < TYPE_COUNT; ++i) {
    ov_port_t *port = NULL;
    MMD_TRY(ov_check(library, library->fn.model_const_input_by_index(model, i, &port),
                     "element types"));
    const int code =
        library->fn.port_get_element_type(port, &library->element_types[g_type_names[i].dtype]);
    library->fn.output_const_port_free(port);
    MMD_TRY(ov_check(library, code, "element types"));
  }
  return NULL;
}

static mmd_status_t learn_element_types(ov_library_t *library) {
  mmd_str_t xml = {0};
  ov_model_t *model = NULL;
  for (size_t i = 0; i < MMD_DTYPE_COUNT; ++i) library->element_types[i] = -1;
  mmd_status_t status = write_probe(&xml);
  if (!status) {
    status = ov_check(library,
                      library->fn.core_read_model_from_memory_buffer(
                          library->core, mmd_str_text(&xml), xml.size, NULL, &model),
                      "element types");
  }
  if (!status) status = read_types(library, model);
  if (model) library->fn.model_free(model);
  mmd_str_deinit(&xml);
  return status;
}

int ov_library_dtype(const ov_library_t *library, int element_type) {
  for (int i = 0; i < MMD_DTYPE_COUNT; ++i) {
    if (library->element_types[i] == element_type) return i;
  }
  return MMD_DTYPE_UNDEFINED;
}

//===--- life --------------------------------------------------------------===//

// The engine's thread library opens a file with RTLD_DEEPBIND, at which these sanitizers end the
// process.
static mmd_status_t check_build(void) {
#if MMD_HAS_SANITIZER
  return MMD_ERROR(MMD_UNAVAILABLE, "OpenVINO does not run in builds with sanitizers");
#else
  return NULL;
#endif
}

static mmd_status_t start(const char *path, ov_library_t *library) {
  MMD_TRY(check_build());
  MMD_TRY(mmd_dynlib_find(path, &g_search, &library->dynlib));
  MMD_TRY(read_version(library));
  MMD_TRY(load_functions(library));
  MMD_TRY(ov_check(library, library->fn.core_create(&library->core), "core"));
  MMD_TRY(read_devices(library));
  return learn_element_types(library);
}

mmd_status_t ov_library_open(const char *path, ov_library_t **out_library) {
  *out_library = NULL;
  ov_library_t *library = mmd_alloc(sizeof *library);
  MMD_TRY_ALLOC(library);
  mmd_status_t status = start(path, library);
  if (status) {
    ov_library_close(library);
    return status;
  }
  *out_library = library;
  return NULL;
}

void ov_library_close(ov_library_t *library) {
  if (!library) return;
  if (library->core) library->fn.core_free(library->core);
  mmd_dynlib_close(library->dynlib);
  mmd_free(library->path);
  mmd_free(library);
}
