// SPDX-License-Identifier: Apache-2.0
//
// Names, element types and sizes of a network's inputs and outputs as a text, for run sides whose
// compiled network does not tell them. backends/tvm/runtime/interface.h has the format.
#include <string.h>

#include "backends/external/target/compiler.h"
#include "base/file.h"

static mmd_status_t print_port(const char *side, const mmdeploy_plugin_tensor_info_t *info,
                               mmd_str_t *text) {
  if (strpbrk(info->name, " \n")) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s '%s': a name is one word here", side, info->name);
  }
  if (info->rank < 0)
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s '%s' is of no known rank", side, info->name);
  MMD_TRY(mmd_str_printf(text, "%s %s %d %d", side, info->name, (int)info->dtype, (int)info->rank));
  for (int i = 0; i < info->rank; ++i) {
    const char *name = info->dim_names[i];
    if (info->dims[i] >= 0) {
      MMD_TRY(mmd_str_printf(text, " %lld", (long long)info->dims[i]));
    } else {
      MMD_TRY(mmd_str_printf(text, " %s", name && *name && !strpbrk(name, " \n") ? name : "?"));
    }
  }
  return mmd_str_append(text, "\n");
}

static mmd_status_t print_all(const ext_request_t *request, mmd_str_t *text) {
  const mmdeploy_target_host_t *host = request->host;
  mmdeploy_plugin_tensor_info_t info;
  MMD_TRY(mmd_str_append(text, "mmdeploy-tvm 1\n"));
  for (size_t i = 0; i < host->input_count(request->graph); ++i) {
    if (host->input_info(request->graph, i, &info))
      return MMD_ERROR(MMD_NOT_SUPPORTED, "input %zu of the network is no tensor", i);
    MMD_TRY(print_port("input", &info, text));
  }
  for (size_t i = 0; i < host->output_count(request->graph); ++i) {
    if (host->output_info(request->graph, i, &info))
      return MMD_ERROR(MMD_NOT_SUPPORTED, "output %zu of the network is no tensor", i);
    MMD_TRY(print_port("output", &info, text));
  }
  return NULL;
}

mmd_status_t ext_interface_write(const ext_request_t *request, const char *path) {
  mmd_str_t text = {0};
  mmd_status_t status = print_all(request, &text);
  if (!status) status = mmd_file_write(path, mmd_str_text(&text), text.size);
  mmd_str_deinit(&text);
  return status;
}
