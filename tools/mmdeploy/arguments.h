// SPDX-License-Identifier: Apache-2.0
//
// Option tables of the command line's own commands; usage, help and behaviour like those of
// libmmdeploy_convert.
#ifndef MMDEPLOY_TOOLS_ARGUMENTS_H_
#define MMDEPLOY_TOOLS_ARGUMENTS_H_

#include <stdbool.h>
#include <stddef.h>

typedef enum cli_option_kind_t {
  CLI_OPTION_FLAG,
  CLI_OPTION_TEXT,
  CLI_OPTION_INT
} cli_option_kind_t;

typedef struct cli_option_t {
  const char *name;  // "topk"; given as "--topk"
  cli_option_kind_t kind;
  void *value;          // bool *, const char **, int *
  const char *metavar;  // "N"
  int min, max;         // of CLI_OPTION_INT
  const char *help;
  const char
      *fallback;  // of a text option that may stand alone; it takes a word that ends in .json
} cli_option_t;

typedef struct cli_word_t {
  const char *name;  // "IMG"
  bool repeated;     // the last one may be
  const char *help;
} cli_word_t;

typedef struct cli_arguments_t {
  const char *command;  // "run classifier"
  const char *summary;
  const cli_word_t *words;  // all required
  size_t word_count;
  const cli_option_t *options;
  size_t option_count;
} cli_arguments_t;

// Sets the options and moves the other words to the front of |argv|; |*out_count| is their number.
// False when the command ends here, with |*out_status|: help was printed, or usage and a message.
bool cli_arguments_parse(const cli_arguments_t *arguments, int argc, char **argv, int *out_count,
                         int *out_status);
// Usage and message on standard error; gives CLI_USAGE.
int cli_arguments_refuse(const cli_arguments_t *arguments, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif  // MMDEPLOY_TOOLS_ARGUMENTS_H_
