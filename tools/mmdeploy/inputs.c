// SPDX-License-Identifier: Apache-2.0
#include "tools/mmdeploy/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "tools/mmdeploy/terminal.h"

static bool has_extension(const char *path, const char *const *extensions) {
  const char *dot = strrchr(cli_base_name(path), '.');
  if (!dot || dot == cli_base_name(path)) return false;
  for (; *extensions; ++extensions) {
    if (strcasecmp(dot, *extensions) == 0) return true;
  }
  return false;
}

static bool is_picture(const char *path) {
  static const char *const extensions[] = {".jpg", ".jpeg", ".png", ".webp", ".bmp",
                                           ".pbm", ".pgm",  ".ppm", ".pnm",  NULL};
  return has_extension(path, extensions);
}

bool cli_is_writable_picture(const char *path) {
  static const char *const extensions[] = {".jpg", ".jpeg", ".png", ".webp", NULL};
  return has_extension(path, extensions);
}

bool cli_is_video(const char *path) {
  static const char *const extensions[] = {".mp4",  ".avi", ".mkv", ".mov", ".webm", ".m4v", ".mpg",
                                           ".mpeg", ".ts",  ".flv", ".wmv", ".y4m",  ".gif", NULL};
  return has_extension(path, extensions) || strstr(path, "://") ||
         strncmp(path, "camera:", 7) == 0 || strncmp(path, "/dev/video", 10) == 0;
}

bool cli_is_folder(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

const char *cli_base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool add_path(cli_inputs_t *inputs, char *path) {
  if (path && inputs->count == inputs->capacity) {
    const size_t capacity = inputs->capacity ? inputs->capacity * 2 : 16;
    char **paths = realloc(inputs->paths, capacity * sizeof *paths);
    if (!paths) {
      free(path);
      return false;
    }
    inputs->paths = paths;
    inputs->capacity = capacity;
  }
  if (!path) return false;
  inputs->paths[inputs->count++] = path;
  return true;
}

static char *join(const char *folder, const char *name) {
  const size_t size = strlen(folder) + strlen(name) + 2;
  char *path = malloc(size);
  if (!path) return NULL;
  const bool has_slash = *folder && folder[strlen(folder) - 1] == '/';
  snprintf(path, size, "%s%s%s", folder, has_slash ? "" : "/", name);
  return path;
}

static int compare_paths(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_folder(const char *command, const char *folder, cli_inputs_t *inputs) {
  const size_t first = inputs->count;
  DIR *directory = opendir(folder);
  if (!directory) {
    cli_error("%s: %s: cannot open the folder: %s", command, folder, strerror(errno));
    return false;
  }
  bool ok = true;
  for (struct dirent *entry; ok && (entry = readdir(directory));) {
    if (is_picture(entry->d_name)) ok = add_path(inputs, join(folder, entry->d_name));
  }
  closedir(directory);
  if (!ok) cli_error("%s: out of memory", command);
  if (ok && inputs->count == first) {
    cli_error("%s: %s: there is no picture in the folder", command, folder);
    ok = false;
  }
  if (ok) qsort(inputs->paths + first, inputs->count - first, sizeof *inputs->paths, compare_paths);
  return ok;
}

static bool add_matches(const char *pattern, cli_inputs_t *inputs) {
  glob_t matches;
  bool ok = true;
  if (glob(pattern, GLOB_NOCHECK, NULL, &matches) != 0) return add_path(inputs, strdup(pattern));
  for (size_t i = 0; i < matches.gl_pathc && ok; ++i)
    ok = add_path(inputs, strdup(matches.gl_pathv[i]));
  globfree(&matches);
  return ok;
}

static bool add_word(const char *command, const char *word, cli_inputs_t *inputs) {
  struct stat info;
  if (stat(word, &info) == 0) {
    if (S_ISDIR(info.st_mode)) return add_folder(command, word, inputs);
  } else if (strpbrk(word, "*?[")) {
    if (add_matches(word, inputs)) return true;
    cli_error("%s: out of memory", command);
    return false;
  }
  if (add_path(inputs, strdup(word))) return true;
  cli_error("%s: out of memory", command);
  return false;
}

bool cli_inputs_expand(const char *command, char **words, size_t word_count, cli_inputs_t *inputs) {
  for (size_t i = 0; i < word_count; ++i) {
    if (add_word(command, words[i], inputs)) continue;
    cli_inputs_deinit(inputs);
    return false;
  }
  return true;
}

bool cli_inputs_copy(const char *command, char **words, size_t word_count, cli_inputs_t *inputs) {
  for (size_t i = 0; i < word_count; ++i) {
    if (add_path(inputs, strdup(words[i]))) continue;
    cli_error("%s: out of memory", command);
    cli_inputs_deinit(inputs);
    return false;
  }
  return true;
}

void cli_inputs_deinit(cli_inputs_t *inputs) {
  for (size_t i = 0; i < inputs->count; ++i) free(inputs->paths[i]);
  free(inputs->paths);
  *inputs = (cli_inputs_t){0};
}
