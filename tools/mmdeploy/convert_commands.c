// SPDX-License-Identifier: Apache-2.0
//
// The commands of libmmdeploy_convert, from its table.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmdeploy/ext.h"
#include "tools/mmdeploy/cli.h"
#include "tools/mmdeploy/library.h"
#include "tools/mmdeploy/terminal.h"

#define PROGRAM "mmdeploy"

static volatile sig_atomic_t g_interrupted;

// The first Ctrl-C lets the work clean up behind itself, the second one kills.
static void on_interrupt(int number) {
  (void)number;
  g_interrupted = 1;
}

static void catch_interrupt(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  action.sa_flags = (int)SA_RESETHAND;
  sigaction(SIGINT, &action, NULL);
}

static void show_text(void *user, const char *utf8) {
  (void)user;
  cli_progress_clear();
  cli_print_clean(stdout, utf8);
}

static int show_progress(void *user, const char *stage, uint64_t done, uint64_t total) {
  (void)user;
  cli_progress_show(stage, done, total, NULL);
  return !g_interrupted;
}

//===--- finding -----------------------------------------------------------===//

int cli_match_name(const char *name, int argc, char **argv) {
  int words = 0;
  while (*name) {
    const size_t size = strcspn(name, " ");
    if (words == argc || strlen(argv[words]) != size || strncmp(argv[words], name, size) != 0) {
      return 0;
    }
    ++words;
    name += size + (name[size] == ' ');
  }
  return words;
}

static int find_command(const cli_convert_t *convert, int argc, char **argv, int *out_words) {
  int best = -1;
  *out_words = 0;
  for (int i = 0; i < convert->count(); ++i) {
    const int words = cli_match_name(convert->name(i), argc, argv);
    if (words <= *out_words) continue;
    *out_words = words;
    best = i;
  }
  return best;
}

// The second word of a command such as "convert --head" may stand anywhere: it and the word behind
// it come to the front.
static void gather_words(const char *name, int argc, char **argv) {
  const char *dashes = strstr(name, " --");
  if (!dashes || strlen(argv[0]) != (size_t)(dashes - name) ||
      strncmp(argv[0], name, strlen(argv[0])) != 0)
    return;
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; ++i) {
    if (strcmp(argv[i], dashes + 1) != 0) continue;
    for (int last = i, first = 1; first <= 2 && last < argc; ++first, ++last) {
      char *word = argv[last];
      memmove(argv + first + 1, argv + first, (size_t)(last - first) * sizeof *argv);
      argv[first] = word;
    }
    return;
  }
}

static bool is_in_group(const char *name, const char *group) {
  const size_t size = strlen(group);
  return strncmp(name, group, size) == 0 && name[size] == ' ';
}

static void list_group(const cli_convert_t *convert, const char *group, FILE *stream) {
  fprintf(stream, "usage: " PROGRAM " %s COMMAND [ARGUMENT ...]\n\ncommands:\n", group);
  for (int i = 0; i < convert->count(); ++i) {
    if (!is_in_group(convert->name(i), group)) continue;
    fprintf(stream, "  %-20s %s\n", convert->name(i), convert->summary(i));
  }
}

static bool has_group(const cli_convert_t *convert, const char *group) {
  for (int i = 0; i < convert->count(); ++i) {
    if (is_in_group(convert->name(i), group)) return true;
  }
  return false;
}

// "checkpoint" alone, or with a word that is no command.
static int refuse_group(const cli_convert_t *convert, int argc, char **argv) {
  if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
    list_group(convert, argv[0], stdout);
    return CLI_OK;
  }
  list_group(convert, argv[0], stderr);
  if (argc > 1) {
    cli_error("%s: unknown command '%s %s'", argv[0], argv[0], argv[1]);
  } else {
    cli_error("%s: a command is required", argv[0]);
  }
  return CLI_USAGE;
}

static unsigned edit_distance(const char *a, const char *b) {
  unsigned row[65];
  size_t size = strlen(b);
  if (size > 64) size = 64;
  for (size_t i = 0; i <= size; ++i) row[i] = (unsigned)i;
  for (; *a; ++a) {
    unsigned diagonal = row[0]++;
    for (size_t i = 1; i <= size; ++i) {
      unsigned cost = diagonal + (*a != b[i - 1]);
      diagonal = row[i];
      if (row[i] + 1 < cost) cost = row[i] + 1;
      if (row[i - 1] + 1 < cost) cost = row[i - 1] + 1;
      row[i] = cost;
    }
  }
  return row[size];
}

static int refuse_unknown(const cli_convert_t *convert, const char *word) {
  const char *nearest = NULL;
  unsigned best = (unsigned)strlen(word) / 3 + 1;
  for (int i = 0; i < convert->count(); ++i) {
    const unsigned distance = edit_distance(word, convert->name(i));
    if (distance > best || (distance == best && nearest)) continue;
    best = distance;
    nearest = convert->name(i);
  }
  fprintf(stderr, "usage: " PROGRAM " COMMAND [ARGUMENT ...]\n");
  if (nearest) {
    cli_error("%s: unknown command '%s' (did you mean '%s'?)", word, word, nearest);
  } else {
    cli_error("%s: unknown command '%s'; 'mmdeploy --help' lists those there are", word, word);
  }
  return CLI_USAGE;
}

//===--- running -----------------------------------------------------------===//

// --json is an option of every command: it stands before its own.
static bool take_json_flag(int *argc, char **argv) {
  bool found = false;
  int kept = 0;
  for (int i = 0; i < *argc; ++i) {
    if (strcmp(argv[i], "--") == 0) {
      while (i < *argc) argv[kept++] = argv[i++];
      break;
    }
    if (strcmp(argv[i], "--json") == 0) {
      found = true;
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  return found;
}

static int show_help(const cli_convert_t *convert, int index) {
  char *text = NULL;
  if (convert->help(index, PROGRAM, &text) != 0) {
    cli_error("%s", cli_last_error());
    return CLI_FAILED;
  }
  fputs(text, stdout);
  printf("  --json                print the result as JSON instead of text\n");
  mmdeploy_string_free(text);
  return CLI_OK;
}

static int refuse_arguments(const cli_convert_t *convert, int index, int code) {
  char *text = NULL;
  const bool is_usage = code == MMDEPLOY_E_INVALID_ARG || code == MMDEPLOY_E_OUT_OF_RANGE;
  char message[1024];
  snprintf(message, sizeof message, "%s", cli_last_error());
  if (is_usage && convert->usage(index, PROGRAM, &text) == 0) fputs(text, stderr);
  mmdeploy_string_free(text);
  cli_error("%s", message);
  return is_usage ? CLI_USAGE : CLI_FAILED;
}

static int show_result(mmdeploy_value_t result) {
  char *text = NULL;
  if (mmdeploy_value_to_json(result, &text) != 0) {
    cli_error("%s", cli_last_error());
    return CLI_FAILED;
  }
  puts(text);
  mmdeploy_string_free(text);
  return CLI_OK;
}

static int run_parsed(const cli_convert_t *convert, int index, mmdeploy_value_t options,
                      bool is_json) {
  const mmdeploy_command_callbacks_t callbacks = {
      .struct_size = sizeof callbacks,
      .text = is_json ? NULL : show_text,
      .progress = show_progress,
  };
  mmdeploy_value_t result = NULL;
  int status = CLI_FAILED;
  catch_interrupt();
  const int code = convert->run(index, options, &callbacks, &result, &status);
  cli_progress_clear();
  if (code != 0) {
    cli_error("%s", cli_last_error());
    status = CLI_FAILED;
  } else if (is_json && show_result(result) != CLI_OK) {
    status = CLI_FAILED;
  }
  mmdeploy_value_destroy(result);
  return status;
}

static int run_command(const cli_convert_t *convert, int index, int argc, char **argv) {
  mmdeploy_value_t options = NULL;
  int help = 0;
  const bool is_json = take_json_flag(&argc, argv);
  const int code = convert->parse(index, argc, argv, &help, &options);
  if (code != 0) return refuse_arguments(convert, index, code);
  if (help) return show_help(convert, index);
  const int status = run_parsed(convert, index, options, is_json);
  mmdeploy_value_destroy(options);
  return status;
}

int cli_convert_commands_run(int argc, char **argv) {
  int words = 0;
  const cli_convert_t *convert = cli_convert_open();
  if (!convert) {
    cli_error("%s: %s", argv[0], cli_library_error());
    return CLI_FAILED;
  }
  for (int i = 0; i < convert->count(); ++i) gather_words(convert->name(i), argc, argv);
  const int index = find_command(convert, argc, argv, &words);
  if (index >= 0) return run_command(convert, index, argc - words, argv + words);
  if (has_group(convert, argv[0])) return refuse_group(convert, argc, argv);
  return refuse_unknown(convert, argv[0]);
}

void cli_convert_commands_list(void) {
  const cli_convert_t *convert = cli_convert_open();
  if (!convert) {
    printf("  (%s: only what is below can be used)\n", cli_library_error());
    printf("  %-20s %s\n", "check-env",
           "Show versions, backends and devices of this installation.");
    return;
  }
  for (int i = 0; i < convert->count(); ++i) {
    printf("  %-20s %s\n", convert->name(i), convert->summary(i));
  }
}
