// SPDX-License-Identifier: Apache-2.0
//
// The run side of the skeleton: reads the text file of the target and answers every run with zeros
// of the right shape. It needs no vendor library; `open` shows where one would be opened.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmdeploy/plugin/backend.h"

#define MAX_TENSORS 16
#define MAX_NAME 64

typedef struct null_tensor_t {
  char name[MAX_NAME];
  char dim_names[MMDEPLOY_PLUGIN_MAX_RANK][MAX_NAME];
} null_tensor_t;

typedef struct null_session_t {
  size_t input_count, output_count;
  mmdeploy_plugin_tensor_info_t inputs[MAX_TENSORS], outputs[MAX_TENSORS];
  null_tensor_t input_names[MAX_TENSORS], output_names[MAX_TENSORS];
} null_session_t;

static const mmdeploy_host_t *g_host;

static int32_t fail(mmdeploy_plugin_error_t *error, int32_t code, const char *what,
                    const char *value) {
  error->code = code;
  snprintf(error->message, sizeof error->message, what, value);
  return code;
}

//===--- backend -----------------------------------------------------------===//

static int32_t backend_open(const char *library_path, void **out_backend,
                            mmdeploy_plugin_error_t *error) {
  static int nothing;
  if (library_path && *library_path) {
    return fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT,
                "the null backend opens no library, '%.200s' was given", library_path);
  }
  *out_backend = &nothing;
  return MMDEPLOY_PLUGIN_OK;
}

static void backend_close(void *backend) {
  (void)backend;
}

static const char *backend_version(void *backend) {
  (void)backend;
  return "1";
}

static const char *backend_library(void *backend) {
  (void)backend;
  return "";
}

static int32_t backend_devices(void *backend, const mmdeploy_backend_device_t **out_devices,
                               size_t *out_count, mmdeploy_plugin_error_t *error) {
  static const mmdeploy_backend_device_t devices[] = {{"cpu", 1}};
  (void)backend;
  (void)error;
  *out_devices = devices;
  *out_count = 1;
  return MMDEPLOY_PLUGIN_OK;
}

//===--- reading the net ---------------------------------------------------===//

// Cuts the next word of the line at |*cursor|; "" at its end.
static size_t next_word(const char **cursor, const char *end, char *word, size_t room) {
  const char *p = *cursor;
  size_t size = 0;
  while (p < end && *p == ' ') ++p;
  for (; p < end && *p != ' '; ++p) {
    if (size + 1 < room) word[size++] = *p;
  }
  word[size] = 0;
  *cursor = p;
  return size;
}

static int read_number(const char *word, long long low, long long high, long long *out_number) {
  char *end = NULL;
  const long long number = strtoll(word, &end, 10);
  if (!*word || *end || number < low || number > high) return 0;
  *out_number = number;
  return 1;
}

static size_t element_size(int32_t dtype) {
  switch (dtype) {
    case MMDEPLOY_PLUGIN_U8:
    case MMDEPLOY_PLUGIN_I8:
    case MMDEPLOY_PLUGIN_BOOL:
      return 1;
    case MMDEPLOY_PLUGIN_U16:
    case MMDEPLOY_PLUGIN_I16:
    case MMDEPLOY_PLUGIN_F16:
    case MMDEPLOY_PLUGIN_BF16:
      return 2;
    case MMDEPLOY_PLUGIN_F32:
    case MMDEPLOY_PLUGIN_I32:
    case MMDEPLOY_PLUGIN_U32:
      return 4;
    case MMDEPLOY_PLUGIN_F64:
    case MMDEPLOY_PLUGIN_I64:
    case MMDEPLOY_PLUGIN_U64:
      return 8;
    default:
      return 0;
  }
}

static int read_dims(const char **cursor, const char *end, null_tensor_t *names,
                     mmdeploy_plugin_tensor_info_t *info) {
  char word[MAX_NAME];
  for (int i = 0; i < info->rank; ++i) {
    long long number = -1;
    if (!next_word(cursor, end, word, sizeof word)) return 0;
    if (!read_number(word, 0, 1 << 30, &number)) {
      memcpy(names->dim_names[i], word, sizeof word);
      info->dim_names[i] = names->dim_names[i];
      number = -1;
    }
    info->dims[i] = number;
  }
  return 1;
}

static int read_tensor(const char **cursor, const char *end, null_tensor_t *names,
                       mmdeploy_plugin_tensor_info_t *info) {
  char word[MAX_NAME];
  long long dtype, rank;
  if (!next_word(cursor, end, names->name, sizeof names->name)) return 0;
  next_word(cursor, end, word, sizeof word);
  if (!read_number(word, 1, 16, &dtype) || !element_size((int32_t)dtype)) return 0;
  next_word(cursor, end, word, sizeof word);
  if (!read_number(word, 0, MMDEPLOY_PLUGIN_MAX_RANK, &rank)) return 0;
  info->name = names->name;
  info->dtype = (int32_t)dtype;
  info->rank = (int32_t)rank;
  return read_dims(cursor, end, names, info);
}

static int read_line(null_session_t *session, const char *line, const char *end) {
  char side[MAX_NAME];
  if (!next_word(&line, end, side, sizeof side)) return 1;
  if (strcmp(side, "input") == 0 && session->input_count < MAX_TENSORS) {
    const size_t i = session->input_count++;
    return read_tensor(&line, end, &session->input_names[i], &session->inputs[i]);
  }
  if (strcmp(side, "output") == 0 && session->output_count < MAX_TENSORS) {
    const size_t i = session->output_count++;
    return read_tensor(&line, end, &session->output_names[i], &session->outputs[i]);
  }
  return 0;
}

static int32_t read_net(null_session_t *session, const char *text, size_t size, const char *name,
                        mmdeploy_plugin_error_t *error) {
  static const char magic[] = "mmdeploy-null 1\n";
  const char *end = text + size;
  if (size < sizeof magic - 1 || memcmp(text, magic, sizeof magic - 1) != 0) {
    return fail(error, MMDEPLOY_PLUGIN_CORRUPT, "'%.200s' is no file of the null backend", name);
  }
  for (const char *line = text + sizeof magic - 1; line < end;) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop) stop = end;
    if (!read_line(session, line, stop)) {
      return fail(error, MMDEPLOY_PLUGIN_CORRUPT,
                  "'%.200s': a line is neither an input nor an output", name);
    }
    line = stop + (stop < end);
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- session -----------------------------------------------------------===//

// The skeleton has no options: only an empty object is accepted.
static int is_empty_object(const char *json) {
  char packed[3] = {0};
  size_t size = 0;
  for (; *json; ++json) {
    if (strchr(" \t\r\n", *json)) continue;
    if (size == 2) return 0;
    packed[size++] = *json;
  }
  return strcmp(packed, "{}") == 0;
}

static int32_t session_create(void *backend, const mmdeploy_session_desc_t *desc,
                              void **out_session, mmdeploy_plugin_error_t *error) {
  (void)backend;
  if (strcmp(desc->device_name, "cpu") != 0) {
    return fail(error, MMDEPLOY_PLUGIN_NOT_SUPPORTED, "device '%.200s' is not supported; 'cpu' is",
                desc->device_name);
  }
  if (desc->options_json && !is_empty_object(desc->options_json)) {
    return fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT,
                "the null backend has no options, '%.200s' was given; '{}' is right",
                desc->options_json);
  }
  if (!desc->net_data) {
    return fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT, "net '%.200s' has no bytes", desc->name);
  }
  null_session_t *session = g_host->allocate(g_host->self, sizeof *session);
  if (!session) return fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "%s", "out of memory");
  memset(session, 0, sizeof *session);
  const int32_t code = read_net(session, desc->net_data, desc->net_size, desc->name, error);
  if (code) {
    g_host->free(g_host->self, session);
    return code;
  }
  *out_session = session;
  return MMDEPLOY_PLUGIN_OK;
}

static void session_destroy(void *session) {
  g_host->free(g_host->self, session);
}

static int32_t session_inputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                              size_t *out_count, mmdeploy_plugin_error_t *error) {
  const null_session_t *session = opaque;
  (void)error;
  *out_infos = session->inputs;
  *out_count = session->input_count;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t session_outputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                               size_t *out_count, mmdeploy_plugin_error_t *error) {
  const null_session_t *session = opaque;
  (void)error;
  *out_infos = session->outputs;
  *out_count = session->output_count;
  return MMDEPLOY_PLUGIN_OK;
}

// The size of a dynamic output dimension: that of the input dimension of the same name, else 1.
static int64_t resolve(const null_session_t *session, const mmdeploy_run_tensor_t *inputs,
                       const char *name) {
  for (size_t i = 0; name && i < session->input_count; ++i) {
    const mmdeploy_plugin_tensor_info_t *info = &session->inputs[i];
    for (int d = 0; d < info->rank; ++d) {
      if (info->dim_names[d] && strcmp(info->dim_names[d], name) == 0) return inputs[i].dims[d];
    }
  }
  return 1;
}

static void release_output(void *owner) {
  g_host->free(g_host->self, owner);
}

static int32_t make_output(const null_session_t *session, size_t index,
                           const mmdeploy_run_tensor_t *inputs, mmdeploy_run_tensor_t *output,
                           mmdeploy_plugin_error_t *error) {
  const mmdeploy_plugin_tensor_info_t *info = &session->outputs[index];
  size_t size = element_size(info->dtype);
  for (int d = 0; d < info->rank; ++d) {
    const int64_t n =
        info->dims[d] >= 0 ? info->dims[d] : resolve(session, inputs, info->dim_names[d]);
    output->dims[d] = n;
    if (n < 0 || (n > 0 && size > SIZE_MAX / 4 / (size_t)n)) {
      return fail(error, MMDEPLOY_PLUGIN_OUT_OF_RANGE, "output '%.60s' is too large", info->name);
    }
    size *= (size_t)n;
  }
  output->dtype = info->dtype;
  output->rank = info->rank;
  if (output->data) {
    if (output->byte_size != size) {
      return fail(error, MMDEPLOY_PLUGIN_OUT_OF_RANGE,
                  "output '%.60s' does not fit the given memory", info->name);
    }
    memset(output->data, 0, size);
    return MMDEPLOY_PLUGIN_OK;
  }
  output->data = g_host->allocate(g_host->self, size ? size : 1);
  if (!output->data) return fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "%s", "out of memory");
  memset(output->data, 0, size);
  output->byte_size = size;
  output->owner = output->data;
  output->release = release_output;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t session_run(void *opaque, const mmdeploy_run_tensor_t *inputs, size_t input_count,
                           mmdeploy_run_tensor_t *outputs, size_t output_count,
                           mmdeploy_plugin_error_t *error) {
  const null_session_t *session = opaque;
  if (input_count != session->input_count || output_count != session->output_count) {
    return fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT, "%s",
                "the number of inputs or outputs is wrong");
  }
  for (size_t i = 0; i < output_count; ++i) {
    const int32_t code = make_output(session, i, inputs, &outputs[i], error);
    if (!code) continue;
    for (size_t k = 0; k < i; ++k) {
      if (!outputs[k].release) continue;
      outputs[k].release(outputs[k].owner);
      memset(&outputs[k], 0, sizeof outputs[k]);
    }
    return code;
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- the one exported symbol -------------------------------------------===//

static const mmdeploy_backend_t g_backend = {
    .abi_version = MMDEPLOY_BACKEND_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_backend_t),
    .name = "null",
    .description = "the skeleton to clone: right shapes, all zeros",
    .features = MMDEPLOY_BACKEND_CONCURRENT_RUN | MMDEPLOY_BACKEND_DYNAMIC_SHAPES,
    .sanitizer = "",
    .open = backend_open,
    .close = backend_close,
    .version = backend_version,
    .library = backend_library,
    .devices = backend_devices,
    .session_create = session_create,
    .session_destroy = session_destroy,
    .session_inputs = session_inputs,
    .session_outputs = session_outputs,
    .run = session_run,
};

MMDEPLOY_PLUGIN_EXPORT const mmdeploy_backend_t *mmdeploy_backend_query(
    uint32_t host_abi_version, const mmdeploy_host_t *host, mmdeploy_plugin_error_t *error);

const mmdeploy_backend_t *mmdeploy_backend_query(uint32_t host_abi_version,
                                                 const mmdeploy_host_t *host,
                                                 mmdeploy_plugin_error_t *error) {
  if (host_abi_version < MMDEPLOY_BACKEND_ABI_VERSION) {
    fail(error, MMDEPLOY_PLUGIN_UNAVAILABLE, "%s", "the host is older than this module");
    return NULL;
  }
  g_host = host;
  return &g_backend;
}
