// SPDX-License-Identifier: Apache-2.0
//
// --classes and --class-names: which classes are wanted, and what they are called.
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/run.h"
#include "tools/mmdeploy/terminal.h"

#define MAX_FILE (16 << 20)

void run_classes_deinit(run_classes_t *classes) {
  free(classes->text);
  free(classes->names);
  free(classes->wanted);
  memset(classes, 0, sizeof *classes);
}

//===--- names -------------------------------------------------------------===//

int run_class_count(const run_t *run) {
  return run->classes.names ? run->classes.name_count : mmdeploy_model_class_count(run->models[0]);
}

const char *run_class_name(const run_t *run, int label_id) {
  const run_classes_t *classes = &run->classes;
  if (!classes->names) return mmdeploy_model_class_name(run->models[0], label_id);
  return label_id >= 0 && label_id < classes->name_count ? classes->names[label_id] : NULL;
}

static char *read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = file ? malloc(MAX_FILE + 1) : NULL;
  const size_t size = text ? fread(text, 1, MAX_FILE, file) : 0;
  const bool is_good = text && !ferror(file) && feof(file) && !memchr(text, 0, size);
  if (file) fclose(file);
  if (text) text[size] = '\0';
  if (is_good) return text;
  free(text);
  return NULL;
}

// One name a line; an empty last line is none.
static bool split_lines(run_classes_t *classes) {
  int lines = 1;
  for (const char *c = classes->text; *c; ++c) lines += *c == '\n';
  classes->names = malloc((size_t)lines * sizeof *classes->names);
  if (!classes->names) return false;
  char *rest = classes->text;
  while (rest && *rest) {
    char *line = rest, *end = strchr(rest, '\n');
    rest = end ? end + 1 : NULL;
    if (end) *end = '\0';
    const size_t size = strlen(line);
    if (size && line[size - 1] == '\r') line[size - 1] = '\0';
    classes->names[classes->name_count++] = line;
  }
  return classes->name_count > 0;
}

static bool read_names(run_t *run) {
  const char *path = run->options.class_names;
  run->classes.text = read_file(path);
  if (run->classes.text && split_lines(&run->classes)) return true;
  cli_error("%s: --class-names %s: cannot be read, or is no text with one name a line",
            run->task->command, path);
  return false;
}

//===--- wanted ones -------------------------------------------------------===//

// A number, or a name of the package's; -1 = none.
static int find_class(const run_t *run, const char *word) {
  char *end = NULL;
  const long number = strtol(word, &end, 10);
  if (*word && !*end) return number >= 0 && number < 1000000 ? (int)number : -1;
  for (int i = 0; i < run_class_count(run); ++i) {
    const char *name = run_class_name(run, i);
    if (name && strcmp(name, word) == 0) return i;
  }
  return -1;
}

static int refuse(const run_t *run, const char *word) {
  const int count = run_class_count(run);
  return cli_arguments_refuse(
      run->arguments,
      count ? "argument --classes: '%s' is neither a number nor one of the %d class names"
            : "argument --classes: '%s' is no number, and the package has no class names",
      word, count);
}

static int read_wanted(run_t *run) {
  run_classes_t *classes = &run->classes;
  char *copy = strdup(run->options.classes), *rest = NULL;
  int status = CLI_OK;
  classes->wanted = copy ? malloc((strlen(copy) / 2 + 1) * sizeof *classes->wanted) : NULL;
  if (!classes->wanted) status = CLI_FAILED;
  char *word = copy && classes->wanted ? strtok_r(copy, ",", &rest) : NULL;
  if (status == CLI_OK && !word) status = refuse(run, "");
  for (; word && status == CLI_OK; word = strtok_r(NULL, ",", &rest)) {
    const int label = find_class(run, word);
    if (label < 0) status = refuse(run, word);
    classes->wanted[classes->wanted_count++] = label;
  }
  free(copy);
  return status;
}

int run_classes_read(run_t *run) {
  if (run->options.class_names && !read_names(run)) return CLI_FAILED;
  return run->options.classes ? read_wanted(run) : CLI_OK;
}

static bool is_wanted(const run_classes_t *classes, const run_item_t *item) {
  for (int i = 0; i < classes->wanted_count; ++i) {
    if (item->label_id == classes->wanted[i]) return true;
  }
  return false;
}

void run_classes_keep(const run_classes_t *classes, run_answer_t *answer) {
  size_t kept = 0;
  if (!classes->wanted) return;
  for (size_t i = 0; i < answer->count; ++i) {
    run_item_t *item = &answer->items[i];
    if (is_wanted(classes, item)) {
      answer->items[kept++] = *item;
    } else {
      run_item_deinit(item);
    }
  }
  answer->count = kept;
}
