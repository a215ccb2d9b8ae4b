// SPDX-License-Identifier: Apache-2.0
#ifndef MMDEPLOY_TOOLS_JSON_H_
#define MMDEPLOY_TOOLS_JSON_H_

#include <stdio.h>

// With quotes; bytes that are no UTF-8 become U+FFFD.
void cli_json_string(FILE *stream, const char *text);
// The shortest decimal that reads back as the same float32 ("0.7166", "1.0"); "nan" and "inf" as
// strings.
void cli_json_float(FILE *stream, float number);

#endif  // MMDEPLOY_TOOLS_JSON_H_
