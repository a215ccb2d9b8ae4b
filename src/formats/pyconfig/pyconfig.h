// SPDX-License-Identifier: Apache-2.0
//
// Reads OpenMMLab configs: files in a subset of Python, in JSON or in YAML, with
// inheritance. A config is parsed and evaluated over a fixed set of pure operations; it is never
// executed as Python, so it cannot touch files, processes or the network.
#ifndef MMD_FORMATS_PYCONFIG_PYCONFIG_H_
#define MMD_FORMATS_PYCONFIG_PYCONFIG_H_

#include "base/str.h"
#include "value/value.h"

typedef enum mmd_pyconfig_dialect_t {
  MMD_PYCONFIG_AUTO,  // 1.x rules; 0.x ones where `_base_` is not a plain constant
  MMD_PYCONFIG_V0,    // mmcv 1.x: bases are read after the file; no environment variables
  MMD_PYCONFIG_V1,    // mmengine: bases first, `_base_.x` usable in the file, {{$VAR:default}}
} mmd_pyconfig_dialect_t;

// Gives the text of |path| (freed with mmd_free). MMD_NOT_FOUND makes the reader try the next
// place.
typedef mmd_status_t (*mmd_pyconfig_load_fn)(void *self, const char *path, char **out_text,
                                             size_t *out_size);

typedef struct mmd_pyconfig_options_t {
  mmd_pyconfig_dialect_t dialect;
  const char *const *overrides;  // "model.backbone.depth=50", applied in order at the end
  size_t override_count;
  const char *const *package_dirs;  // folders that hold packages, for `_base_ = 'mmdet::x.py'`
  size_t package_dir_count;
  mmd_pyconfig_load_fn load;  // NULL: read() opens files, parse() knows no other file
  void *load_self;
  size_t max_bytes;    // memory of one evaluation; 0 = 256 MiB
  uint64_t max_steps;  // evaluation steps; 0 = 20 million
} mmd_pyconfig_options_t;

// |options| may be NULL. Results: Python lists, tuples and sets are arrays of that flavour, dict
// keys are strings (as str() makes them), imported names and functions are left out, imported
// classes used as values become their dotted names. Messages begin with "file:line:column: ".
mmd_status_t mmd_pyconfig_read(const char *path, const mmd_pyconfig_options_t *options,
                               mmd_value_t **out_config) MMD_MUST_USE;

// The same from memory. |name| stands for the file's path: its extension chooses the language.
mmd_status_t mmd_pyconfig_parse(const char *text, size_t size, const char *name,
                                const mmd_pyconfig_options_t *options,
                                mmd_value_t **out_config) MMD_MUST_USE;

// "a.b.0.c=value", as --cfg-options takes it. |config| must not be shared. "a.b._delete_=True"
// empties the dict a.b; of several overrides such ones come first.
mmd_status_t mmd_pyconfig_apply_override(mmd_value_t *config, const char *assignment) MMD_MUST_USE;
bool mmd_pyconfig_override_deletes(const char *assignment);

// Appends Python text that reads back as an equal value.
mmd_status_t mmd_pyconfig_print(const mmd_value_t *config, mmd_str_t *out_text) MMD_MUST_USE;
// The same of one value of a config, on one line or on as many as it needs.
mmd_status_t mmd_pyconfig_print_value(const mmd_value_t *value, bool one_line,
                                      mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_PYCONFIG_H_
