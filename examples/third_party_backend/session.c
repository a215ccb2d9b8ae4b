// SPDX-License-Identifier: Apache-2.0
//
// The run side: reads the two files and computes the nodes one after the other. There is no vendor
// library to open; `open` shows where one would be.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmdeploy/plugin/backend.h"
#include "tiny.h"

typedef struct step_t {
  const tiny_op_t *op;
  int input_count;
  int64_t inputs[TINY_MAX_INPUTS];  // numbers of values, -1 = left out
  int64_t numbers[TINY_MAX_NUMBERS];
} step_t;

typedef struct port_t {
  char name[TINY_MAX_NAME];
  char dim_names[TINY_MAX_RANK][TINY_MAX_NAME];
  int64_t value;
} port_t;

// All arrays are as long as the file has lines, so that one pass fills them.
typedef struct session_t {
  size_t input_count, output_count, constant_count, step_count;
  mmdeploy_plugin_tensor_info_t *input_infos, *output_infos;
  port_t *inputs, *outputs;
  tiny_tensor_t *constants;  // borrowed from the weights file
  step_t *steps;
} session_t;

static const mmdeploy_host_t *g_host;

//===--- backend -----------------------------------------------------------===//

static int32_t backend_open(const char *library_path, void **out_backend,
                            mmdeploy_plugin_error_t *error) {
  static int nothing;
  if (library_path && *library_path) {
    return tiny_fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT,
                     "the tiny backend opens no library, '%.200s' was given", library_path);
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

//===--- words of a line ---------------------------------------------------===//

typedef struct reader_t {
  const char *p, *end;  // of the line that is read
  const mmdeploy_session_desc_t *desc;
  session_t *session;
} reader_t;

static int next_word(reader_t *reader, char word[TINY_MAX_NAME]) {
  size_t size = 0;
  while (reader->p < reader->end && *reader->p == ' ') ++reader->p;
  for (; reader->p < reader->end && *reader->p != ' '; ++reader->p) {
    if (!*reader->p || size + 1 == TINY_MAX_NAME) return 0;
    word[size++] = *reader->p;
  }
  word[size] = 0;
  return size > 0;
}

static int next_number(reader_t *reader, int64_t low, int64_t high, int64_t *out_number) {
  char word[TINY_MAX_NAME], *end = NULL;
  if (!next_word(reader, word)) return 0;
  const long long number = strtoll(word, &end, 10);
  if (*end || number < low || number > high) return 0;
  *out_number = number;
  return 1;
}

static int64_t value_count(const session_t *session) {
  return (int64_t)(session->input_count + session->constant_count + session->step_count);
}

//===--- lines -------------------------------------------------------------===//

static int read_sizes(reader_t *reader, port_t *port, mmdeploy_plugin_tensor_info_t *info) {
  int64_t rank;
  if (!next_number(reader, 0, TINY_MAX_RANK, &rank)) return 0;
  *info = (mmdeploy_plugin_tensor_info_t){
      .name = port->name, .dtype = MMDEPLOY_PLUGIN_F32, .rank = (int32_t)rank};
  for (int i = 0; i < rank; ++i) {
    char *end = NULL;
    if (!next_word(reader, port->dim_names[i])) return 0;
    info->dims[i] = strtoll(port->dim_names[i], &end, 10);
    if (info->dims[i] < 0 || info->dims[i] > 1 << 30) return 0;
    if (!*end) continue;
    info->dims[i] = -1;
    if (strcmp(port->dim_names[i], "?") != 0) info->dim_names[i] = port->dim_names[i];
  }
  return 1;
}

static int read_input(reader_t *reader) {
  session_t *session = reader->session;
  port_t *port = &session->inputs[session->input_count];
  if (session->constant_count || session->step_count || !next_word(reader, port->name)) return 0;
  return read_sizes(reader, port, &session->input_infos[session->input_count++]);
}

static int read_output(reader_t *reader) {
  session_t *session = reader->session;
  port_t *port = &session->outputs[session->output_count];
  if (!next_word(reader, port->name) ||
      !next_number(reader, 0, value_count(session) - 1, &port->value))
    return 0;
  return read_sizes(reader, port, &session->output_infos[session->output_count++]);
}

static int read_constant(reader_t *reader) {
  session_t *session = reader->session;
  tiny_tensor_t *constant = &session->constants[session->constant_count];
  const uint64_t available = reader->desc->weights_size / sizeof(float);
  int64_t rank, first;
  uint64_t count = 1;
  if (session->step_count || !next_number(reader, 0, TINY_MAX_RANK, &rank)) return 0;
  constant->rank = (int)rank;
  for (int i = 0; i < rank; ++i) {
    if (!next_number(reader, 0, 1 << 30, &constant->dims[i])) return 0;
    if (constant->dims[i] && count > available / (uint64_t)constant->dims[i]) return 0;
    count *= (uint64_t)constant->dims[i];
  }
  if (!next_number(reader, 0, (int64_t)available, &first) || available - (uint64_t)first < count)
    return 0;
  constant->data = reader->desc->weights_data;
  if (count) constant->data += first;
  ++session->constant_count;
  return 1;
}

static int read_node(reader_t *reader) {
  session_t *session = reader->session;
  step_t *step = &session->steps[session->step_count];
  char name[TINY_MAX_NAME];
  int64_t count;
  if (!next_word(reader, name) || !(step->op = tiny_op_find(name))) return 0;
  if (!next_number(reader, step->op->least, step->op->most, &count)) return 0;
  for (int i = 0; i < TINY_MAX_INPUTS; ++i) step->inputs[i] = -1;
  for (int i = 0; i < count; ++i) {
    const int64_t low = i < step->op->least ? 0 : -1;
    if (!next_number(reader, low, value_count(session) - 1, &step->inputs[i])) return 0;
  }
  step->input_count = (int)count;
  if (!next_number(reader, step->op->numbers, step->op->numbers, &count)) return 0;
  for (int i = 0; i < count; ++i) {
    if (!next_number(reader, INT32_MIN, INT32_MAX, &step->numbers[i])) return 0;
  }
  ++session->step_count;
  return 1;
}

static int read_line(reader_t *reader) {
  char word[TINY_MAX_NAME];
  int is_right = 0;
  if (!next_word(reader, word)) return 0;
  if (strcmp(word, "input") == 0) is_right = read_input(reader);
  if (strcmp(word, "constant") == 0) is_right = read_constant(reader);
  if (strcmp(word, "node") == 0) is_right = read_node(reader);
  if (strcmp(word, "output") == 0) is_right = read_output(reader);
  return is_right && !next_word(reader, word);
}

static int32_t read_net(reader_t *reader, mmdeploy_plugin_error_t *error) {
  const mmdeploy_session_desc_t *desc = reader->desc;
  const char *text = desc->net_data, *end = text + desc->net_size;
  const size_t head = strlen(TINY_MAGIC);
  int number = 1;
  for (const char *line = text + head; line < end; ++number) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    reader->p = line;
    reader->end = stop;
    if (!stop || !read_line(reader)) {
      return tiny_fail(error, MMDEPLOY_PLUGIN_CORRUPT, "'%.200s': line %d is wrong", desc->name,
                       number + 1);
    }
    line = stop + 1;
  }
  if (!reader->session->output_count)
    return tiny_fail(error, MMDEPLOY_PLUGIN_CORRUPT, "'%.200s' has no output", desc->name);
  return MMDEPLOY_PLUGIN_OK;
}

//===--- session -----------------------------------------------------------===//

static void session_destroy(void *opaque) {
  session_t *session = opaque;
  if (!session) return;
  void *const parts[] = {
      session->input_infos, session->output_infos, session->inputs, session->outputs,
      session->constants,   session->steps,        session};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) g_host->free(g_host->self, parts[i]);
}

static void *allocate_zeroed(size_t count, size_t size) {
  void *memory = g_host->allocate(g_host->self, count * size);
  if (memory) memset(memory, 0, count * size);
  return memory;
}

// The longest net that is read has a million lines, so no product below can overflow.
static session_t *allocate_session(size_t lines) {
  session_t *session = allocate_zeroed(1, sizeof *session);
  if (!session) return NULL;
  session->input_infos = allocate_zeroed(lines, sizeof *session->input_infos);
  session->output_infos = allocate_zeroed(lines, sizeof *session->output_infos);
  session->inputs = allocate_zeroed(lines, sizeof *session->inputs);
  session->outputs = allocate_zeroed(lines, sizeof *session->outputs);
  session->constants = allocate_zeroed(lines, sizeof *session->constants);
  session->steps = allocate_zeroed(lines, sizeof *session->steps);
  if (session->input_infos && session->output_infos && session->inputs && session->outputs &&
      session->constants && session->steps)
    return session;
  session_destroy(session);
  return NULL;
}

// This engine has no options: only an empty object is accepted.
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

static int32_t check_desc(const mmdeploy_session_desc_t *desc, size_t *out_lines,
                          mmdeploy_plugin_error_t *error) {
  const size_t head = strlen(TINY_MAGIC);
  if (strcmp(desc->device_name, "cpu") != 0) {
    return tiny_fail(error, MMDEPLOY_PLUGIN_NOT_SUPPORTED,
                     "device '%.200s' is not supported; 'cpu' is", desc->device_name);
  }
  if (desc->options_json && !is_empty_object(desc->options_json)) {
    return tiny_fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT,
                     "the tiny backend has no options, '%.200s' was given; '{}' is right",
                     desc->options_json);
  }
  if (!desc->net_data)
    return tiny_fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT, "net '%.200s' has no bytes",
                     desc->name);
  const char *text = desc->net_data;
  if (desc->net_size < head || memcmp(text, TINY_MAGIC, head) != 0)
    return tiny_fail(error, MMDEPLOY_PLUGIN_CORRUPT, "'%.200s' is no file of the tiny backend",
                     desc->name);
  *out_lines = 1;
  for (size_t i = head; i < desc->net_size; ++i) *out_lines += text[i] == '\n';
  if (*out_lines > 1000000)
    return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_RANGE, "'%.200s' has too many lines",
                     desc->name);
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t session_create(void *backend, const mmdeploy_session_desc_t *desc,
                              void **out_session, mmdeploy_plugin_error_t *error) {
  size_t lines = 0;
  (void)backend;
  int32_t code = check_desc(desc, &lines, error);
  if (code) return code;
  session_t *session = allocate_session(lines);
  if (!session) return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  reader_t reader = {.desc = desc, .session = session};
  code = read_net(&reader, error);
  if (code) session_destroy(session);
  if (!code) *out_session = session;
  return code;
}

static int32_t session_inputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                              size_t *out_count, mmdeploy_plugin_error_t *error) {
  const session_t *session = opaque;
  (void)error;
  *out_infos = session->input_infos;
  *out_count = session->input_count;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t session_outputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                               size_t *out_count, mmdeploy_plugin_error_t *error) {
  const session_t *session = opaque;
  (void)error;
  *out_infos = session->output_infos;
  *out_count = session->output_count;
  return MMDEPLOY_PLUGIN_OK;
}

//===--- run ---------------------------------------------------------------===//

static void set_sources(const session_t *session, const mmdeploy_run_tensor_t *inputs,
                        tiny_tensor_t *values) {
  for (size_t i = 0; i < session->input_count; ++i) {
    values[i].rank = inputs[i].rank;
    memcpy(values[i].dims, inputs[i].dims, sizeof values[i].dims);
    values[i].data = inputs[i].data;
  }
  for (size_t i = 0; i < session->constant_count; ++i)
    values[session->input_count + i] = session->constants[i];
}

static int32_t compute(const session_t *session, tiny_tensor_t *values,
                       mmdeploy_plugin_error_t *error) {
  tiny_tensor_t *out = values + session->input_count + session->constant_count;
  for (size_t i = 0; i < session->step_count; ++i, ++out) {
    const step_t *step = &session->steps[i];
    const tiny_tensor_t *in[TINY_MAX_INPUTS] = {NULL};
    for (int k = 0; k < step->input_count; ++k) {
      if (step->inputs[k] >= 0) in[k] = &values[step->inputs[k]];
    }
    const int32_t code = step->op->run(g_host, in, step->numbers, out, error);
    if (code) return code;
  }
  return MMDEPLOY_PLUGIN_OK;
}

static void release_output(void *owner) {
  g_host->free(g_host->self, owner);
}

static int32_t give(const port_t *port, const tiny_tensor_t *value, mmdeploy_run_tensor_t *output,
                    mmdeploy_plugin_error_t *error) {
  size_t size = sizeof(float);
  for (int i = 0; i < value->rank; ++i) size *= (size_t)value->dims[i];
  output->dtype = MMDEPLOY_PLUGIN_F32;
  output->rank = value->rank;
  memcpy(output->dims, value->dims, sizeof output->dims);
  if (output->data && output->byte_size != size) {
    return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_RANGE,
                     "output '%s' is of %zu bytes, the given memory of %zu", port->name, size,
                     output->byte_size);
  }
  if (!output->data) {
    output->data = g_host->allocate(g_host->self, size ? size : 1);
    if (!output->data) return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
    output->byte_size = size;
    output->owner = output->data;
    output->release = release_output;
  }
  if (size) memcpy(output->data, value->data, size);
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t give_all(const session_t *session, const tiny_tensor_t *values,
                        mmdeploy_run_tensor_t *outputs, mmdeploy_plugin_error_t *error) {
  for (size_t i = 0; i < session->output_count; ++i) {
    const port_t *port = &session->outputs[i];
    const int32_t code = give(port, &values[port->value], &outputs[i], error);
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

// All that a run needs is its own, so several threads may run one session.
static int32_t session_run(void *opaque, const mmdeploy_run_tensor_t *inputs, size_t input_count,
                           mmdeploy_run_tensor_t *outputs, size_t output_count,
                           mmdeploy_plugin_error_t *error) {
  const session_t *session = opaque;
  const size_t count = (size_t)value_count(session);
  if (input_count != session->input_count || output_count != session->output_count) {
    return tiny_fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT,
                     "%zu inputs and %zu outputs given, %zu and %zu needed", input_count,
                     output_count, session->input_count, session->output_count);
  }
  tiny_tensor_t *values = allocate_zeroed(count, sizeof *values);
  if (!values) return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  set_sources(session, inputs, values);
  int32_t code = compute(session, values, error);
  if (!code) code = give_all(session, values, outputs, error);
  for (size_t i = 0; i < count; ++i) g_host->free(g_host->self, values[i].memory);
  g_host->free(g_host->self, values);
  return code;
}

//===--- the exported symbol -----------------------------------------------===//

static const mmdeploy_backend_t g_backend = {
    .abi_version = MMDEPLOY_BACKEND_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_backend_t),
    .name = "tiny",
    .description = "the example of a backend outside the tree",
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
    tiny_fail(error, MMDEPLOY_PLUGIN_UNAVAILABLE, "the host is older than this module");
    return NULL;
  }
  g_host = host;
  return &g_backend;
}
