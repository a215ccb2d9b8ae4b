// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/target/min_version.h"

#include <stdio.h>
#include <string.h>

#include "value/json.h"

// "1.25" or "1.25.0" as one number that grows with the version.
static bool read_version(const char *text, int *out_number) {
  int major = 0, minor = 0, patch = 0, end = 0;
  const int count = sscanf(text, "%4d.%4d%n.%4d%n", &major, &minor, &end, &patch, &end);
  *out_number = (major * 10000 + minor) * 10000 + patch;
  return count >= 2 && !text[end] && major >= 0 && major < 10 && minor >= 0 && patch >= 0;
}

static mmd_status_t check(const mmd_value_t *config, const char *version, bool *out_is_met) {
  const mmd_value_t *value = mmd_object_get(config, "min_version");
  const char *text = mmd_value_get_string(value, NULL);
  int wanted, needed;
  *out_is_met = false;
  if (mmd_value_is_null(value)) return NULL;
  if (!text || !read_version(text, &wanted)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "backend_config.min_version: %s%s%s; a version of ONNX Runtime in quotes is "
                     "expected, such as '%s'",
                     text ? "'" : "", text ? text : "no text", text ? "'" : "", version);
  }
  *out_is_met = read_version(version, &needed) && wanted >= needed;
  return NULL;
}

mmd_status_t ort_target_min_version(const mmdeploy_target_request_t *request, const char *version,
                                    bool *out_is_met) {
  const char *text = request->backend_config_json;
  mmd_value_t *config = NULL;
  MMD_TRY(mmd_json_parse(text, strlen(text), "backend_config", &config));
  mmd_status_t status = check(config, version, out_is_met);
  mmd_value_release(config);
  return status;
}
