// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target over files or folders of files: corpora replay as ordinary tests, without
// libFuzzer.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// libFuzzer's own; targets with a mutator of theirs refer to it. Nothing is mutated here.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
  (void)data;
  return size < max_size ? size : max_size;
}

static int replay_file(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return 1;
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
  size_t got = data ? fread(data, 1, (size_t)size, f) : 0;
  fclose(f);
  if (data) LLVMFuzzerTestOneInput(data, got);
  free(data);
  return 0;
}

static int replay(const char *path, unsigned *count) {
  struct stat st;
  if (stat(path, &st) != 0) {
    fprintf(stderr, "no corpus: %s\n", path);
    return 1;
  }
  if (!S_ISDIR(st.st_mode)) {
    ++*count;
    return replay_file(path);
  }
  DIR *dir = opendir(path);
  if (!dir) return 1;
  int failed = 0;
  for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
    if (e->d_name[0] == '.') continue;
    char full[4096];
    snprintf(full, sizeof full, "%s/%s", path, e->d_name);
    failed |= replay(full, count);
  }
  closedir(dir);
  return failed;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  int failed = 0;
  for (int i = 1; i < argc; ++i) failed |= replay(argv[i], &count);
  printf("%u inputs replayed\n", count);
  return failed || count == 0;
}
