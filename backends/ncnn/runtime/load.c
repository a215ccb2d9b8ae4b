// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/load.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "value/json.h"
#include "value/options.h"

//===--- options -----------------------------------------------------------===//

typedef struct load_options_t {
  int precision;
  bool packing, winograd, sgemm;
} load_options_t;

static const char *const g_precisions[] = {"f32", "bf16", "f16", NULL};
enum { PRECISION_BF16 = 1, PRECISION_F16 = 2 };

#define AT(field) offsetof(load_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "precision",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(precision),
     .default_text = "\"f32\"",
     .choices = g_precisions,
     .help = "What floats are stored and computed in, where the engine was built for it."},
    {.name = "packing",
     .type = MMD_OPTION_BOOL,
     .offset = AT(packing),
     .default_text = "true",
     .help = "Keep several channels side by side, as vector units like it."},
    {.name = "winograd",
     .type = MMD_OPTION_BOOL,
     .offset = AT(winograd),
     .default_text = "true",
     .help = "Convolutions by Winograd's algorithm, faster and a little less exact."},
    {.name = "sgemm",
     .type = MMD_OPTION_BOOL,
     .offset = AT(sgemm),
     .default_text = "true",
     .help = "Convolutions as matrix products."},
};
static const mmd_option_table_t g_option_table =
    MMD_OPTION_TABLE("ncnn", load_options_t, g_options);

static mmd_status_t read_options(const mmdeploy_session_desc_t *desc, load_options_t *out_options) {
  const char *text = desc->options_json ? desc->options_json : "{}";
  mmd_value_t *json = NULL;
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend options", &json));
  mmd_status_t status =
      mmd_options_read(&g_option_table, json, "backend options", true, out_options);
  mmd_value_release(json);  // no option keeps a part of it
  return status;
}

static mmd_status_t set_options(const ncnn_session_t *session, const mmdeploy_session_desc_t *desc,
                                const load_options_t *options) {
  const ncnn_functions_t *fn = &session->library->fn;
  ncnn_option_t *native = fn->option_create();
  MMD_TRY_ALLOC(native);
  const int is_f16 = options->precision == PRECISION_F16;
  if (desc->threads > 0) fn->option_set_num_threads(native, desc->threads);
  fn->option_set_use_packing_layout(native, options->packing);
  fn->option_set_use_winograd_convolution(native, options->winograd);
  fn->option_set_use_sgemm_convolution(native, options->sgemm);
  fn->option_set_use_bf16_storage(native, options->precision == PRECISION_BF16);
  fn->option_set_use_fp16_packed(native, is_f16);
  fn->option_set_use_fp16_storage(native, is_f16);
  fn->option_set_use_fp16_arithmetic(native, is_f16);
  fn->net_set_option(session->net, native);
  fn->option_destroy(native);
  return NULL;
}

//===--- weights -----------------------------------------------------------===//

// The engine's reader has no place for ours, and it reads in the thread that loads.
typedef struct weights_t {
  const unsigned char *data;
  size_t size, position;
  bool is_short;
} weights_t;

static _Thread_local weights_t g_weights;

static size_t read_weights(ncnn_datareader_t *reader, void *buffer, size_t size) {
  (void)reader;
  const size_t left = g_weights.size - g_weights.position;
  const size_t taken = size < left ? size : left;
  if (taken) memcpy(buffer, g_weights.data + g_weights.position, taken);
  g_weights.position += taken;
  if (taken < size) g_weights.is_short = true;
  return taken;
}

static int scan_nothing(ncnn_datareader_t *reader, const char *format, void *out) {
  (void)reader;
  (void)format;
  (void)out;
  return 0;
}

static mmd_status_t load_weights(const ncnn_session_t *session,
                                 const mmdeploy_session_desc_t *desc) {
  const ncnn_functions_t *fn = &session->library->fn;
  const char *name = desc->name ? desc->name : "net";
  ncnn_datareader_t *reader = fn->datareader_create();
  MMD_TRY_ALLOC(reader);
  reader->read = read_weights;
  reader->scan = scan_nothing;
  g_weights =
      (weights_t){.data = desc->weights_data, .size = desc->weights_data ? desc->weights_size : 0};
  const int code = fn->net_load_model_datareader(session->net, reader);
  const weights_t weights = g_weights;
  g_weights = (weights_t){0};
  fn->datareader_destroy(reader);
  if (weights.is_short) {
    return MMD_ERROR(MMD_CORRUPT, "%s: the weights file ends after %zu bytes; the layers need more",
                     name, weights.size);
  }
  if (code == 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: ncnn %s refuses the weights (code %d)", name,
                   session->library->version, code);
}

//===--- net ---------------------------------------------------------------===//

static mmd_status_t check_device(const ncnn_session_t *session,
                                 const mmdeploy_session_desc_t *desc) {
  if (!desc->device_name || (strcmp(desc->device_name, "cpu") == 0 && desc->device_id <= 0))
    return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "device '%s' number %d is not supported by this ncnn %s; it has 'cpu' (1)",
                   desc->device_name, (int)desc->device_id, session->library->version);
}

// The engine itself does not say which.
static mmd_status_t check_types(const ncnn_session_t *session, const char *name) {
  const ncnn_functions_t *fn = &session->library->fn;
  for (size_t i = 0; i < mmd_map_size(&session->param.types); ++i) {
    const mmd_map_entry_t entry = mmd_map_at(&session->param.types, i);
    ncnn_layer_t *layer = ncnn_layers_have(entry.key) ? NULL : fn->layer_create_by_type(entry.key);
    if (!layer && !ncnn_layers_have(entry.key)) {
      return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: line %d: ncnn %s has no layer '%s'", name,
                       *(const int *)entry.value, session->library->version, entry.key);
    }
    if (layer) fn->layer_destroy(layer);
  }
  return NULL;
}

mmd_status_t ncnn_load(ncnn_session_t *session, const mmdeploy_session_desc_t *desc) {
  const ncnn_functions_t *fn = &session->library->fn;
  load_options_t options;
  MMD_TRY(read_options(desc, &options));
  MMD_TRY(check_device(session, desc));
  MMD_TRY(check_types(session, desc->name ? desc->name : "net"));
  session->net = fn->net_create();
  MMD_TRY_ALLOC(session->net);
  MMD_TRY(set_options(session, desc, &options));
  ncnn_layers_register(&session->layers, session->library, desc->pool, session->net);
  if (fn->net_load_param_memory(session->net, session->param.text) != 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: ncnn %s refuses the net: it has parameters that a layer does not take",
                     desc->name ? desc->name : "net", session->library->version);
  }
  return load_weights(session, desc);
}
