// SPDX-License-Identifier: Apache-2.0
//
// Pictures named on the command line: files, folders, globs.
#ifndef MMDEPLOY_TOOLS_INPUTS_H_
#define MMDEPLOY_TOOLS_INPUTS_H_

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_inputs_t {
  char **paths;
  size_t count, capacity;
} cli_inputs_t;

// A folder stands for its pictures, sorted by name, without those of folders inside; a glob for
// what it matches. A missing file is kept, since reading it gives the better message. False after a
// message for |command|.
bool cli_inputs_expand(const char *command, char **words, size_t word_count, cli_inputs_t *inputs);
// The words as they are.
bool cli_inputs_copy(const char *command, char **words, size_t word_count, cli_inputs_t *inputs);
void cli_inputs_deinit(cli_inputs_t *inputs);

// Whether |path| ends like a picture that can be written (.jpg, .jpeg, .png, .webp).
bool cli_is_writable_picture(const char *path);
// Whether |path| is a video: by its extension, an address ("rtsp://…") or a camera.
bool cli_is_video(const char *path);
bool cli_is_folder(const char *path);
const char *cli_base_name(const char *path);

#endif  // MMDEPLOY_TOOLS_INPUTS_H_
