// SPDX-License-Identifier: Apache-2.0
//
// Where a compiler is: a program, or a script of ours with an interpreter that has the package.
#include <stdlib.h>
#include <string.h>

#include "backends/external/target/compiler.h"
#include "base/alloc.h"
#include "base/dynlib.h"
#include "base/file.h"
#include "base/process.h"

static mmd_status_t add_text(mmd_value_t *command, const char *text) {
  return mmd_array_take(command, mmd_value_string(text));
}

//===--- programs ----------------------------------------------------------===//

static mmd_status_t find_program(const ext_compiler_t *compiler, mmd_value_t *command) {
  const char *given = getenv(compiler->variable);
  const bool is_given = given && *given;
  char *path = NULL, *absolute = NULL;
  mmd_status_t status = mmd_process_find(is_given ? given : compiler->program, &path);
  if (mmd_status_code(status) == MMD_NOT_FOUND) {
    mmd_status_free(status);
    return is_given ? MMD_ERROR(MMD_UNAVAILABLE, "%s: '%s' is no program that can be run",
                                compiler->variable, given)
                    : MMD_ERROR(MMD_UNAVAILABLE,
                                "the program '%s' is not in PATH; %s, and %s may name it",
                                compiler->program, compiler->origin, compiler->variable);
  }
  if (!status) {
    absolute = mmd_path_absolute(path);  // it runs in another folder
    status = absolute ? add_text(command, absolute) : mmd_status_no_memory();
  }
  mmd_free(absolute);
  mmd_free(path);
  return status;
}

//===--- scripts -----------------------------------------------------------===//

// Beside the library: ../share/mmdeploy/vendor, or one folder further up.
static mmd_status_t find_script(const char *name, mmd_value_t *command) {
  static const char *const ways[] = {"../share/mmdeploy/vendor", "../../share/mmdeploy/vendor"};
  static const char here;
  char *self = mmd_dynlib_path_of(&here);
  MMD_TRY_ALLOC(self);
  char *folder = mmd_path_directory(self);
  mmd_free(self);
  MMD_TRY_ALLOC(folder);
  mmd_status_t status = NULL;
  bool is_found = false;
  for (size_t i = 0; i < sizeof ways / sizeof *ways && !status && !is_found; ++i) {
    char *base = mmd_path_join(folder, ways[i]);
    char *path = base ? mmd_path_join(base, name) : NULL;
    if (!path) status = mmd_status_no_memory();
    is_found = path && mmd_path_exists(path);
    if (is_found) status = add_text(command, path);
    mmd_free(path);
    mmd_free(base);
  }
  if (!status && !is_found) {
    status = MMD_ERROR(MMD_UNAVAILABLE, "%s is not installed in %s/%s", name, folder, ways[0]);
  }
  mmd_free(folder);
  return status;
}

// Looks for the package without importing it, which may take seconds.
static mmd_status_t has_package(const char *python, const char *package, bool *out_has) {
  static const char code[] =
      "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)";
  const char *const arguments[] = {python, "-c", code, package, NULL};
  const mmd_process_t process = {.arguments = arguments};
  mmd_process_result_t result;
  mmd_status_t status = mmd_process_run(&process, &result);
  *out_has = !status && result.exit_status == 0;
  if (mmd_status_code(status) != MMD_NOT_FOUND) return status;
  mmd_status_free(status);
  return NULL;
}

static mmd_status_t add_python(const char *name, mmd_value_t *command) {
  char *path = NULL;
  MMD_TRY(mmd_process_find(name, &path));
  char *absolute = mmd_path_absolute(path);
  mmd_free(path);
  MMD_TRY_ALLOC(absolute);
  mmd_status_t status = add_text(command, absolute);
  mmd_free(absolute);
  return status;
}

static mmd_status_t find_python(const ext_compiler_t *compiler, const char *given,
                                mmd_value_t *command) {
  const char *const chosen = getenv("MMDEPLOY_PYTHON");
  const char *const named = given ? given : chosen && *chosen ? chosen : NULL;
  const char *const usual[] = {"python3", "python", NULL};
  const char *const only[] = {named, NULL};
  bool has = false;
  for (const char *const *name = named ? only : usual; *name; ++name) {
    MMD_TRY(has_package(*name, compiler->package, &has));
    if (has) return add_python(*name, command);
  }
  return MMD_ERROR(MMD_UNAVAILABLE,
                   "%s%s%s no Python with the package '%s'; %s, and --python or MMDEPLOY_PYTHON "
                   "names the interpreter that has it",
                   named ? "'" : "python3 is", named ? named : "", named ? "' is" : "",
                   compiler->package, compiler->origin);
}

mmd_status_t ext_program_find(const ext_compiler_t *compiler,
                              const mmdeploy_target_request_t *request, mmd_value_t **out_command) {
  mmd_value_t *command = mmd_value_array();
  mmd_status_t status = command ? NULL : mmd_status_no_memory();
  if (!status && compiler->program) status = find_program(compiler, command);
  if (!status && compiler->script) status = find_python(compiler, request->python, command);
  if (!status && compiler->script) status = find_script(compiler->script, command);
  if (status) {
    mmd_value_release(command);
    command = NULL;
  }
  *out_command = command;
  return mmd_status_annotate(status, "backend '%s'", compiler->backend);
}
