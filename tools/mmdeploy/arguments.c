// SPDX-License-Identifier: Apache-2.0
#include "tools/mmdeploy/arguments.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/cli.h"
#include "tools/mmdeploy/terminal.h"

#define WIDTH 80
#define HELP_COLUMN 24

//===--- help --------------------------------------------------------------===//

// Writes |text| in lines of WIDTH columns; lines but the first begin at |indent|.
static size_t write_wrapped(FILE *stream, const char *text, size_t column, size_t indent) {
  while (*text) {
    const size_t size = strcspn(text, " ");
    if (column > indent && column + 1 + size > WIDTH) {
      fprintf(stream, "\n%*s", (int)indent, "");
      column = indent;
    } else if (column > indent) {
      fputc(' ', stream);
      ++column;
    }
    fwrite(text, 1, size, stream);
    column += size;
    text += size;
    while (*text == ' ') ++text;
  }
  return column;
}

// A part of the usage line, which is not broken.
static size_t write_part(FILE *stream, const char *part, size_t column, size_t indent) {
  const size_t size = strlen(part);
  if (column + 1 + size > WIDTH) {
    fprintf(stream, "\n%*s", (int)indent - 1, "");
    column = indent - 1;
  }
  fprintf(stream, " %s", part);
  return column + 1 + size;
}

static void write_usage(const cli_arguments_t *arguments, FILE *stream) {
  char part[128];
  const size_t indent = strlen("usage: mmdeploy  ") + strlen(arguments->command);
  size_t column = indent - 1;
  fprintf(stream, "usage: mmdeploy %s", arguments->command);
  for (size_t i = 0; i < arguments->word_count; ++i) {
    const cli_word_t *word = &arguments->words[i];
    snprintf(part, sizeof part, word->repeated ? "%s [%s ...]" : "%s", word->name, word->name);
    column = write_part(stream, part, column, indent);
  }
  for (size_t i = 0; i < arguments->option_count; ++i) {
    const cli_option_t *option = &arguments->options[i];
    snprintf(part, sizeof part, "[--%s%s%s]", option->name, option->metavar ? " " : "",
             option->metavar ? option->metavar : "");
    column = write_part(stream, part, column, indent);
  }
  fputc('\n', stream);
}

static void write_entry(const char *head, const char *help) {
  int column = printf("  %s", head);
  if (column + 2 > HELP_COLUMN) {
    putchar('\n');
    column = 0;
  }
  printf("%*s", HELP_COLUMN - column, "");
  write_wrapped(stdout, help, HELP_COLUMN, HELP_COLUMN);
  putchar('\n');
}

static void write_help(const cli_arguments_t *arguments) {
  char head[64];
  write_usage(arguments, stdout);
  putchar('\n');
  write_wrapped(stdout, arguments->summary, 0, 0);
  printf("\n\npositional arguments:\n");
  for (size_t i = 0; i < arguments->word_count; ++i) {
    const cli_word_t *word = &arguments->words[i];
    snprintf(head, sizeof head, word->repeated ? "%s [%s ...]" : "%s", word->name, word->name);
    write_entry(head, word->help);
  }
  printf("\noptions:\n");
  write_entry("-h, --help", "show this help message and exit");
  for (size_t i = 0; i < arguments->option_count; ++i) {
    const cli_option_t *option = &arguments->options[i];
    snprintf(head, sizeof head, "--%s%s%s", option->name, option->metavar ? " " : "",
             option->metavar ? option->metavar : "");
    write_entry(head, option->help);
  }
}

int cli_arguments_refuse(const cli_arguments_t *arguments, const char *format, ...) {
  char message[512];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  fflush(stdout);
  write_usage(arguments, stderr);
  cli_error("%s: %s", arguments->command, message);
  return CLI_USAGE;
}

//===--- parsing -----------------------------------------------------------===//

// By full name or unique beginning.
static const cli_option_t *find_option(const cli_arguments_t *arguments, const char *name,
                                       size_t size, bool *out_ambiguous) {
  const cli_option_t *found = NULL;
  *out_ambiguous = false;
  for (size_t i = 0; i < arguments->option_count; ++i) {
    const cli_option_t *option = &arguments->options[i];
    if (strncmp(option->name, name, size) != 0) continue;
    if (!option->name[size]) {
      *out_ambiguous = false;
      return option;
    }
    *out_ambiguous = found != NULL;
    found = option;
  }
  return found;
}

static bool set_value(const cli_arguments_t *arguments, const cli_option_t *option,
                      const char *text, int *out_status) {
  if (option->kind == CLI_OPTION_TEXT) {
    *(const char **)option->value = text;
    return true;
  }
  char *end = NULL;
  errno = 0;
  const long number = strtol(text, &end, 10);
  if (!*text || *end || errno || number < option->min || number > option->max) {
    *out_status =
        cli_arguments_refuse(arguments, "argument --%s: '%s' is not an integer from %d to %d",
                             option->name, text, option->min, option->max);
    return false;
  }
  *(int *)option->value = (int)number;
  return true;
}

static bool is_json_file(const char *word) {
  const size_t size = strlen(word);
  return size > 5 && strcmp(word + size - 5, ".json") == 0;
}

// The option argv[*index]; moves on to its value.
static bool parse_option(const cli_arguments_t *arguments, int argc, char **argv, int *index,
                         int *out_status) {
  const char *name = argv[*index] + 2;
  const size_t size = strcspn(name, "=");
  bool is_ambiguous = false;
  const cli_option_t *option = NULL;
  if (strncmp(argv[*index], "--", 2) == 0 && size) {
    option = find_option(arguments, name, size, &is_ambiguous);
  }
  if (!option || is_ambiguous) {
    *out_status = cli_arguments_refuse(
        arguments, is_ambiguous ? "ambiguous option '%s'" : "unrecognized argument '%s'",
        argv[*index]);
    return false;
  }
  const char *value = name[size] == '=' ? name + size + 1 : NULL;
  if (option->kind == CLI_OPTION_FLAG) {
    if (value) {
      *out_status = cli_arguments_refuse(arguments, "argument --%s: takes no value", option->name);
      return false;
    }
    *(bool *)option->value = true;
    return true;
  }
  if (!value && option->fallback && !(*index + 1 < argc && is_json_file(argv[*index + 1])))
    value = option->fallback;
  if (!value && *index + 1 < argc) value = argv[++*index];
  if (value) return set_value(arguments, option, value, out_status);
  *out_status =
      cli_arguments_refuse(arguments, "argument --%s: expected one argument", option->name);
  return false;
}

static bool asks_for_help(int argc, char **argv) {
  for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; ++i) {
    if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) return true;
  }
  return false;
}

static bool check_count(const cli_arguments_t *arguments, char **argv, int count, int *out_status) {
  const size_t given = (size_t)count, wanted = arguments->word_count;
  if (given < wanted) {
    char missing[256] = "";
    for (size_t i = given; i < wanted; ++i) {
      const size_t used = strlen(missing);
      snprintf(missing + used, sizeof missing - used, "%s%s", used ? ", " : "",
               arguments->words[i].name);
    }
    *out_status =
        cli_arguments_refuse(arguments, "the following arguments are required: %s", missing);
    return false;
  }
  if (given > wanted && !arguments->words[wanted - 1].repeated) {
    *out_status = cli_arguments_refuse(arguments, "unrecognized argument '%s'", argv[wanted]);
    return false;
  }
  return true;
}

bool cli_arguments_parse(const cli_arguments_t *arguments, int argc, char **argv, int *out_count,
                         int *out_status) {
  bool only_words = false;
  *out_count = 0;
  *out_status = CLI_OK;
  if (asks_for_help(argc, argv)) {
    write_help(arguments);
    return false;
  }
  for (int i = 0; i < argc; ++i) {
    char *word = argv[i];
    if (!only_words && strcmp(word, "--") == 0) {
      only_words = true;
    } else if (!only_words && word[0] == '-' && word[1]) {
      if (!parse_option(arguments, argc, argv, &i, out_status)) return false;
    } else {
      argv[(*out_count)++] = word;
    }
  }
  return check_count(arguments, argv, *out_count, out_status);
}
