// SPDX-License-Identifier: Apache-2.0
#include "backends/tvm/runtime/interface.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

#define MAGIC "mmdeploy-tvm 1\n"

// Cuts the next word off; NULL at the end of the line.
static char *next_word(char **line) {
  char *word = *line + strspn(*line, " ");
  if (!*word) return NULL;
  *line = word + strcspn(word, " ");
  if (**line) *(*line)++ = '\0';
  return word;
}

static bool next_number(char **line, int64_t low, int64_t high, int64_t *out_number) {
  const char *word = next_word(line);
  return word && mmd_parse_i64(word, strlen(word), out_number) && *out_number >= low &&
         *out_number <= high;
}

static bool read_port(char *line, mmdeploy_plugin_tensor_info_t *out_info) {
  int64_t dtype, rank;
  *out_info = (mmdeploy_plugin_tensor_info_t){.name = next_word(&line)};
  if (!out_info->name || !next_number(&line, 1, 16, &dtype) ||
      !next_number(&line, 0, MMDEPLOY_PLUGIN_MAX_RANK, &rank))
    return false;
  out_info->dtype = (int32_t)dtype;
  out_info->rank = (int32_t)rank;
  for (int i = 0; i < rank; ++i) {
    const char *word = next_word(&line);
    if (!word) return false;
    if (mmd_parse_i64(word, strlen(word), &out_info->dims[i])) {
      if (out_info->dims[i] < 0 || out_info->dims[i] > (int64_t)1 << 40) return false;
      continue;
    }
    out_info->dims[i] = -1;
    if (strcmp(word, "?") != 0) out_info->dim_names[i] = word;
  }
  return !next_word(&line);
}

static bool read_line(char *line, tvm_interface_t *interface) {
  const char *side = next_word(&line);
  if (side && strcmp(side, "input") == 0 && interface->input_count < TVM_MAX_PORTS)
    return read_port(line, &interface->inputs[interface->input_count++]);
  if (side && strcmp(side, "output") == 0 && interface->output_count < TVM_MAX_PORTS)
    return read_port(line, &interface->outputs[interface->output_count++]);
  return false;
}

static mmd_status_t read_lines(tvm_interface_t *interface) {
  int number = 1;
  char *line = interface->text + strlen(MAGIC);
  while (*line) {
    char *end = strchr(line, '\n');
    ++number;
    if (end) *end = '\0';
    if (!end || !read_line(line, interface))
      return MMD_ERROR(MMD_CORRUPT, "the text beside the network: line %d is wrong", number);
    line = end + 1;
  }
  if (!interface->output_count)
    return MMD_ERROR(MMD_CORRUPT, "the text beside the network names no output");
  return NULL;
}

mmd_status_t tvm_interface_read(const void *data, size_t size, tvm_interface_t *out_interface) {
  *out_interface = (tvm_interface_t){0};
  if (!data || size < strlen(MAGIC) || memcmp(data, MAGIC, strlen(MAGIC)) != 0)
    return MMD_ERROR(MMD_CORRUPT, "the text beside the network does not begin with '%.*s'",
                     (int)strlen(MAGIC) - 1, MAGIC);
  out_interface->text = mmd_strndup(data, size);
  MMD_TRY_ALLOC(out_interface->text);
  mmd_status_t status = read_lines(out_interface);
  if (status) tvm_interface_deinit(out_interface);
  return status;
}

void tvm_interface_deinit(tvm_interface_t *interface) {
  mmd_free(interface->text);
  *interface = (tvm_interface_t){0};
}
