// SPDX-License-Identifier: Apache-2.0
//
// The command line: finds the command and runs it.
#include <stdio.h>
#include <string.h>

#include "mmdeploy/ext.h"
#include "tools/mmdeploy/cli.h"
#include "tools/mmdeploy/library.h"
#include "tools/mmdeploy/run_command.h"
#include "tools/mmdeploy/terminal.h"

// The commands of ours are those of `run`; all others are libmmdeploy_convert's.
static void list_run_commands(FILE *stream) {
  for (int i = 0; i < cli_run_count(); ++i)
    fprintf(stream, "  %-20s %s\n", cli_run_name(i), cli_run_summary(i));
}

// Log lines of the libraries, without the time: nobody reads it on a terminal.
static void show_log(mmdeploy_log_level_t level, const char *message, void *user) {
  static const char *const names[] = {"trace", "debug", "info", "warning", "error", "critical"};
  (void)user;
  cli_progress_clear();
  fflush(stdout);
  fprintf(stderr, "mmdeploy: %s: %s\n", names[level], message);
}

static int show_help(void) {
  printf(
      "usage: mmdeploy COMMAND [ARGUMENT ...]\n"
      "\n"
      "Makes packages from trained vision models and runs them.\n"
      "\n"
      "commands:\n");
  cli_convert_commands_list();
  list_run_commands(stdout);
  printf(
      "\n"
      "options:\n"
      "  -h, --help           show this help message and exit\n"
      "  --version            show the version and exit\n"
      "\n"
      "'mmdeploy COMMAND --help' tells more about a command.\n");
  return CLI_OK;
}

static int show_version(void) {
  printf("mmdeploy %s\n", mmdeploy_version_string());
  return CLI_OK;
}

static int refuse(const char *word) {
  fprintf(stderr, "usage: mmdeploy COMMAND [ARGUMENT ...]\n");
  if (word) {
    cli_error(": unrecognized argument '%s'", word);
  } else {
    cli_error(": a command is required; 'mmdeploy --help' lists them");
  }
  return CLI_USAGE;
}

// "run" alone, or with a word that is no task.
static int refuse_run(int argc, char **argv) {
  const bool is_help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
  FILE *stream = is_help ? stdout : stderr;
  fprintf(stream, "usage: mmdeploy run TASK PACKAGE [ARGUMENT ...]\n\ncommands:\n");
  list_run_commands(stream);
  if (is_help) return CLI_OK;
  if (argc > 1) {
    cli_error("run: unknown task '%s'", argv[1]);
  } else {
    cli_error("run: a task is required");
  }
  return CLI_USAGE;
}

// The task that libmmdeploy_convert has; the others are ours.
static bool is_run_onnx(int argc, char **argv) {
  return argc > 1 && strcmp(argv[1], "onnx") == 0;
}

static int dispatch(int argc, char **argv) {
  if (!argc) return refuse(NULL);
  if (strcmp(argv[0], "--version") == 0) return show_version();
  if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) return show_help();
  if (strcmp(argv[0], "help") == 0 && argc == 1) return show_help();
  if (argv[0][0] == '-') return refuse(argv[0]);
  for (int i = 0; i < cli_run_count(); ++i) {
    const int words = cli_match_name(cli_run_name(i), argc, argv);
    if (words) return cli_run(i, argc - words, argv + words);
  }
  if (strcmp(argv[0], "run") == 0 && !is_run_onnx(argc, argv)) return refuse_run(argc, argv);
  if (strcmp(argv[0], "check-env") == 0 && !cli_convert_open()) return cli_environment_print();
  return cli_convert_commands_run(argc, argv);
}

int main(int argc, char **argv) {
  mmdeploy_set_log_callback(show_log, NULL);
  return cli_output_finish(dispatch(argc - 1, argv + 1));
}
