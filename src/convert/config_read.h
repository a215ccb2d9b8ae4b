// SPDX-License-Identifier: Apache-2.0
//
// What the config commands share.
#ifndef MMD_CONVERT_CONFIG_READ_H_
#define MMD_CONVERT_CONFIG_READ_H_

#include "value/value.h"

// Reads a config file and applies |cfg_options|, an array of "KEY=VALUE" or NULL.
mmd_status_t mmd_config_read(const char *file, const mmd_value_t *cfg_options,
                             mmd_value_t **out_config) MMD_MUST_USE;

#endif  // MMD_CONVERT_CONFIG_READ_H_
