// SPDX-License-Identifier: Apache-2.0
//
// Option tables: transforms, post-processing, converter options and command lines are described by
// data (name, type, default, range, help), and help texts, checks and docs come from the same data.
#ifndef MMD_VALUE_OPTIONS_H_
#define MMD_VALUE_OPTIONS_H_

#include "base/str.h"
#include "value/value.h"

typedef enum mmd_option_type_t {
  MMD_OPTION_BOOL,     // field: bool
  MMD_OPTION_INT,      // field: int64_t
  MMD_OPTION_FLOAT,    // field: double
  MMD_OPTION_STRING,   // field: const char *, borrowed from the value or the table
  MMD_OPTION_CHOICE,   // field: int, index into |choices|
  MMD_OPTION_INTS,     // field: mmd_ints_t; one number stands for a list of one
  MMD_OPTION_FLOATS,   // field: mmd_floats_t
  MMD_OPTION_STRINGS,  // command lines: repeatable; field: const mmd_value_t * (array), borrowed
  MMD_OPTION_VALUE,    // field: const mmd_value_t *, borrowed; any kind
} mmd_option_type_t;

#define MMD_OPTION_MAX_ITEMS 16
typedef struct mmd_ints_t {
  int count;
  int64_t items[MMD_OPTION_MAX_ITEMS];
} mmd_ints_t;
typedef struct mmd_floats_t {
  int count;
  double items[MMD_OPTION_MAX_ITEMS];
} mmd_floats_t;

enum {
  MMD_OPTION_REQUIRED = 1,    // absence is an error
  MMD_OPTION_NULLABLE = 2,    // JSON null / Python None reads as absent
  MMD_OPTION_POSITIONAL = 4,  // command line: given by place
  MMD_OPTION_REPEATED = 8,    // command line: takes all following words up to the next option
  MMD_OPTION_IGNORED = 16,    // accepted and not used (|help| says why)
};

typedef struct mmd_option_t {
  const char *name;  // "keep_ratio"; on the command line "--keep-ratio"
  mmd_option_type_t type;
  size_t offset;  // of the field in the options struct
  // JSON text of the default ("256", "[0,0,0]", "true"), NULL = zero. Of strings and choices the
  // text itself, without quotes ("bilinear"), because a string field borrows it. MMD_OPTION_STRINGS
  // and MMD_OPTION_VALUE have no default but NULL.
  const char *default_text;
  double min, max;             // numbers (each item of lists); both 0 = no limits
  const char *const *choices;  // NULL-terminated, for MMD_OPTION_CHOICE
  unsigned flags;
  const char *help;     // one sentence
  const char *metavar;  // command line: "DIR"; NULL = from the type
  char short_name;      // command line: 'h' or 0
} mmd_option_t;

typedef struct mmd_option_table_t {
  const char *name;  // "Resize", "convert": stands in messages
  const mmd_option_t *options;
  size_t count;
  size_t struct_size;
} mmd_option_table_t;

#define MMD_OPTION_TABLE(label, type, array) \
  { (label), (array), sizeof(array) / sizeof((array)[0]), sizeof(type) }

// Fills |out_struct| (zeroed first) from |object| and the defaults. |where| is the config path of
// the object ("pipeline.tasks[0].transforms[1]"). Unknown keys are an error when |strict|, naming
// the nearest known option; the key "type" is always allowed. Messages: where.key, the bad value,
// what would be accepted.
mmd_status_t mmd_options_read(const mmd_option_table_t *table, const mmd_value_t *object,
                              const char *where, bool strict, void *out_struct) MMD_MUST_USE;

// Parses a command line (without program and command name) into an object value: flags as bool,
// repeated options as arrays, "--name value" and "--name=value", unique beginnings of names, "--"
// before words that are no options. Lists of numbers are words like "3,224,224". Values are checked
// as mmd_options_read does; defaults are not filled in. |out_help| is set when --help or -h
// stands anywhere. Errors are of code MMD_INVALID_ARGUMENT and fit behind "mmdeploy convert: ".
mmd_status_t mmd_options_parse_args(const mmd_option_table_t *table, int argc, char **argv,
                                    bool *out_help, mmd_value_t **out_object) MMD_MUST_USE;

// "usage: PROGRAM DEPLOY_CFG … [--work-dir DIR]" and the full help with one paragraph an option.
mmd_status_t mmd_options_usage(const mmd_option_table_t *table, const char *program,
                               mmd_str_t *out_text) MMD_MUST_USE;
mmd_status_t mmd_options_help(const mmd_option_table_t *table, const char *program,
                              const char *summary, mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_VALUE_OPTIONS_H_
