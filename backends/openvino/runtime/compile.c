// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/runtime/compile.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "value/json.h"
#include "value/options.h"

//===--- options -----------------------------------------------------------===//

typedef struct compile_options_t {
  int precision, performance;
  int64_t streams;
  const char *cache_dir;
  const mmd_value_t *config;
} compile_options_t;

// On processors with bf16 units the engine's own choice is bf16.
static const char *const g_precisions[] = {"f32", "bf16", "f16", "default", NULL};
static const char *const g_performances[] = {"latency", "throughput", "default", NULL};

static const mmd_option_t g_options[] = {
    {.name = "precision",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(compile_options_t, precision),
     .default_text = "\"f32\"",
     .choices = g_precisions,
     .help = "What floats are computed in; default: what the device prefers."},
    {.name = "performance",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(compile_options_t, performance),
     .default_text = "\"latency\"",
     .choices = g_performances,
     .help = "What the engine tunes its threads and streams for."},
    {.name = "streams",
     .type = MMD_OPTION_INT,
     .offset = offsetof(compile_options_t, streams),
     .default_text = "0",
     .min = 0,
     .max = 1024,
     .help =
         "Runs that the engine works on at the same time; 0: its own choice, or with one thread "
         "as many as there are callers."},
    {.name = "cache_dir",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(compile_options_t, cache_dir),
     .help = "Folder where compiled networks are kept for the next start; without it that of the "
             "environment variable MMDEPLOY_OPENVINO_CACHE_DIR, if that is set."},
    {.name = "config",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(compile_options_t, config),
     .help = "The engine's own properties, as an object of strings."},
};
static const mmd_option_table_t g_option_table =
    MMD_OPTION_TABLE("openvino", compile_options_t, g_options);

//===--- properties --------------------------------------------------------===//

enum { MAX_PROPERTIES = 16 };

typedef struct properties_t {
  size_t count;
  const char *words[2 * MAX_PROPERTIES];  // key, value, key, value …
  char threads[16], streams[16], performance[16];
} properties_t;

static mmd_status_t add(properties_t *properties, const char *key, const char *value) {
  if (properties->count == MAX_PROPERTIES) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "openvino option config: more than %d properties",
                     (int)MAX_PROPERTIES);
  }
  properties->words[2 * properties->count] = key;
  properties->words[2 * properties->count++ + 1] = value;
  return NULL;
}

static void upper(const char *text, char *out, size_t capacity) {
  size_t i = 0;
  for (; text[i] && i + 1 < capacity; ++i) out[i] = (char)toupper((unsigned char)text[i]);
  out[i] = '\0';
}

static mmd_status_t add_config(properties_t *properties, const mmd_value_t *config) {
  for (size_t i = 0; i < mmd_object_size(config); ++i) {
    const char *key = mmd_object_key_at(config, i);
    const char *text = mmd_value_get_string(mmd_object_value_at(config, i), NULL);
    if (!text) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "openvino option config.%s: a string is expected",
                       key);
    }
    MMD_TRY(add(properties, key, text));
  }
  return NULL;
}

static mmd_status_t fill_properties(const mmdeploy_session_desc_t *desc,
                                    const compile_options_t *options, properties_t *properties) {
  const char *precision = g_precisions[options->precision];
  const char *performance = g_performances[options->performance];
  if (strcmp(precision, "default") != 0)
    MMD_TRY(add(properties, "INFERENCE_PRECISION_HINT", precision));
  if (strcmp(performance, "default") != 0) {
    upper(performance, properties->performance, sizeof properties->performance);
    MMD_TRY(add(properties, "PERFORMANCE_HINT", properties->performance));
  }
  if (desc->threads > 0 && strcmp(desc->device_name, "cpu") == 0) {
    snprintf(properties->threads, sizeof properties->threads, "%d", (int)desc->threads);
    MMD_TRY(add(properties, "INFERENCE_NUM_THREADS", properties->threads));
  }
  // One thread is the caller's own; a stream would be another thread that it waits for.
  const bool is_alone = desc->threads == 1 && strcmp(desc->device_name, "cpu") == 0;
  const bool is_told = mmd_object_get(options->config, "NUM_STREAMS") != NULL;
  if (options->streams || (is_alone && !is_told)) {
    snprintf(properties->streams, sizeof properties->streams, "%d", (int)options->streams);
    MMD_TRY(add(properties, "NUM_STREAMS", properties->streams));
  }
  const char *cache =
      options->cache_dir ? options->cache_dir : getenv("MMDEPLOY_OPENVINO_CACHE_DIR");
  if (cache && *cache) MMD_TRY(add(properties, "CACHE_DIR", cache));
  return add_config(properties, options->config);
}

//===--- network -----------------------------------------------------------===//

// The weights as a tensor over the caller's bytes, which live as long as the session.
static mmd_status_t wrap_weights(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                                 ov_tensor_t **out_tensor) {
  int64_t dims[1] = {(int64_t)desc->weights_size};
  void *data = NULL;
  memcpy(&data, &desc->weights_data, sizeof data);  // the engine only reads
  return ov_check(library,
                  library->fn.tensor_create_from_host_ptr(library->element_types[MMD_U8],
                                                          (ov_shape_t){1, dims}, data, out_tensor),
                  "weights");
}

static mmd_status_t read_from_memory(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                                     ov_model_t **out_model) {
  ov_tensor_t *weights = NULL;
  if (desc->weights_data && desc->weights_size) MMD_TRY(wrap_weights(library, desc, &weights));
  const int code = library->fn.core_read_model_from_memory_buffer(
      library->core, desc->net_data, desc->net_size, weights, out_model);
  mmd_status_t status = ov_check(library, code, desc->name ? desc->name : "network from memory");
  if (weights) library->fn.tensor_free(weights);
  return status;
}

static mmd_status_t read_model(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                               ov_model_t **out_model) {
  const bool has_paths = desc->net_path && (desc->weights_path || !desc->weights_data);
  if (!has_paths) return read_from_memory(library, desc, out_model);
  return ov_check(
      library,
      library->fn.core_read_model(library->core, desc->net_path, desc->weights_path, out_model),
      desc->net_path);
}

// "gpu", 1 -> "GPU.1".
static mmd_status_t native_device(const ov_library_t *library, const mmdeploy_session_desc_t *desc,
                                  char *out_name, size_t capacity) {
  char known[OV_MAX_DEVICES * 40] = "";
  size_t used = 0;
  for (size_t i = 0; i < library->device_count; ++i) {
    const mmdeploy_backend_device_t *device = &library->devices[i];
    if (strcmp(device->name, desc->device_name) == 0 && desc->device_id < device->count) {
      upper(device->name, out_name, capacity);
      const size_t size = strlen(out_name);
      if (desc->device_id > 0)
        snprintf(out_name + size, capacity - size, ".%d", (int)desc->device_id);
      return NULL;
    }
    const int n = snprintf(known + used, sizeof known - used, "%s'%s' (%d)", used ? ", " : "",
                           device->name, (int)device->count);
    if (n > 0 && used + (size_t)n < sizeof known) used += (size_t)n;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "device '%s' number %d is not supported by this OpenVINO %s; it has %s",
                   desc->device_name, (int)desc->device_id, library->version, known);
}

static mmd_status_t compile(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                            const mmd_value_t *json, const ov_model_t *model,
                            ov_compiled_model_t **out_compiled) {
  compile_options_t options;
  properties_t properties = {0};
  char device[48];
  MMD_TRY(mmd_options_read(&g_option_table, json, "backend options", true, &options));
  MMD_TRY(fill_properties(desc, &options, &properties));
  MMD_TRY(native_device(library, desc, device, sizeof device));
  const char *const *w = properties.words;
  // The engine reads as many words as it is told.
  return ov_check(library,
                  library->fn.core_compile_model(
                      library->core, model, device, 2 * properties.count, out_compiled, w[0], w[1],
                      w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9], w[10], w[11], w[12], w[13],
                      w[14], w[15], w[16], w[17], w[18], w[19], w[20], w[21], w[22], w[23], w[24],
                      w[25], w[26], w[27], w[28], w[29], w[30], w[31]),
                  desc->name ? desc->name : "compile");
}

mmd_status_t ov_compile(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                        ov_compiled_model_t **out_compiled) {
  const char *text = desc->options_json ? desc->options_json : "{}";
  mmd_value_t *json = NULL;
  ov_model_t *model = NULL;
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend options", &json));
  mmd_status_t status = read_model(library, desc, &model);
  if (!status) status = compile(library, desc, json, model, out_compiled);
  if (model) library->fn.model_free(model);
  mmd_value_release(json);
  return status;
}
