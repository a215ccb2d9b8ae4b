// SPDX-License-Identifier: Apache-2.0
//
// Parses and writes a made-up result file and prints megabytes a second.
#include <stdio.h>

#include "base/thread.h"
#include "value/json.h"

static mmd_status_t make_text(mmd_str_t *text) {
  MMD_TRY(mmd_str_append_char(text, '['));
  for (int i = 0; i < 40000; ++i) {
    MMD_TRY(mmd_str_printf(
        text,
        "%s{\"image_id\": %d, \"bbox\": [%d.25, %d.5, 1.0625, 33.123456], \"score\": 0.%06d, "
        "\"category\": \"traffic light\", \"crowd\": false}",
        i ? ", " : "", i, i % 640, i % 480, i));
  }
  return mmd_str_append_char(text, ']');
}

static mmd_status_t run(mmd_str_t *text, mmd_str_t *out) {
  mmd_value_t *value;
  MMD_TRY(make_text(text));
  for (int round = 0; round < 5; ++round) {
    uint64_t a = mmd_time_ns();
    MMD_TRY(mmd_json_parse(mmd_str_text(text), text->size, "bench", &value));
    uint64_t b = mmd_time_ns();
    mmd_str_clear(out);
    mmd_status_t status = mmd_json_write(value, 0, out);
    uint64_t c = mmd_time_ns();
    mmd_value_release(value);
    uint64_t d = mmd_time_ns();
    MMD_TRY(status);
    double size = (double)text->size * 1e3;
    printf("parse %.0f MB/s, write %.0f MB/s, release %.1f ms\n", size / (double)(b - a),
           size / (double)(c - b), (double)(d - c) / 1e6);
  }
  return NULL;
}

int main(void) {
  mmd_str_t text = {0}, out = {0};
  mmd_status_t status = run(&text, &out);
  if (status) printf("%s\n", mmd_status_message(status));
  mmd_str_deinit(&text);
  mmd_str_deinit(&out);
  return mmd_status_ignore(status);
}
