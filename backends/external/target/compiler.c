// SPDX-License-Identifier: Apache-2.0
#include "backends/external/target/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/onnx_files.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/process.h"
#include "value/json.h"

enum { LAST_LINES = 5, LAST_BYTES = 500 };

typedef struct job_t {
  const ext_compiler_t *compiler;
  const mmdeploy_target_host_t *host;
  const mmdeploy_graph_t *graph;
  const mmdeploy_target_request_t *request;
  mmd_value_t *config, *command;
  char *work;                      // the work directory, absolute
  char *folder;                    // where the program works, below it
  char *stem;                      // of the files: "end2end"
  char *log;                       // path of the log, as the caller calls the work directory
  char *outputs[EXT_MAX_OUTPUTS];  // names: "end2end.engine"
  mmdeploy_target_result_t net;    // the file that the program reads
  mmd_process_result_t result;
} job_t;

//===--- a folder to work in -----------------------------------------------===//

static mmd_status_t make_folder(job_t *job) {
  mmd_str_t path = {0};
  mmd_status_t status = mmd_str_printf(&path, "%s/.%s-XXXXXX", job->work, job->compiler->backend);
  char *folder = status ? NULL : mmd_str_take(&path);
  mmd_str_deinit(&path);
  MMD_TRY(status);
  MMD_TRY_ALLOC(folder);
  if (!mkdtemp(folder)) {
    status = mmd_file_error(errno, folder, "create");
    mmd_free(folder);
    return status;
  }
  job->folder = folder;
  return NULL;
}

static mmd_status_t set_names(job_t *job) {
  mmd_str_t name = {0};
  job->work = mmd_path_absolute(job->request->directory);
  job->stem = mmd_path_stem(job->request->save_file);
  if (!job->work || !job->stem) return mmd_status_no_memory();
  mmd_status_t status = mmd_str_printf(&name, "%s/%s.%s.log", job->request->directory, job->stem,
                                       job->compiler->backend);
  job->log = status ? NULL : mmd_str_take(&name);
  mmd_str_deinit(&name);
  for (size_t i = 0; i < EXT_MAX_OUTPUTS && job->compiler->suffixes[i] && !status; ++i) {
    const bool is_chosen = i == 0 && job->compiler->suffix;
    const char *suffix =
        is_chosen ? job->compiler->suffix(job->config) : job->compiler->suffixes[i];
    status = mmd_str_printf(&name, "%s%s", job->stem, suffix);
    job->outputs[i] = status ? NULL : mmd_str_take(&name);
    mmd_str_deinit(&name);
  }
  if (!status && (!job->log || !job->outputs[0])) status = mmd_status_no_memory();
  return status;
}

//===--- what the templates say --------------------------------------------===//

static mmd_status_t set_path(mmd_value_t *values, const char *key, const char *folder,
                             const char *name) {
  char *path = mmd_path_join(folder, name);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = mmd_object_take(values, key, mmd_value_string(path));
  mmd_free(path);
  return status;
}

static mmd_status_t write_config(const job_t *job, mmd_value_t *values) {
  char *path = mmd_path_join(job->folder, "backend_config.json");
  MMD_TRY_ALLOC(path);
  mmd_status_t status = mmd_json_write_file(job->config, 2, path);
  if (!status) status = mmd_object_take(values, "backend_config", mmd_value_string(path));
  mmd_free(path);
  return status;
}

static mmd_status_t fill_values(const job_t *job, mmd_value_t *values) {
  const mmd_value_t *more = mmd_object_get(job->config, "compiler_args");
  MMD_TRY(set_path(values, "net", job->folder, job->net.files[0]));
  MMD_TRY(set_path(values, "output", job->folder, job->outputs[0]));
  MMD_TRY(set_path(values, "stem", job->folder, job->stem));
  MMD_TRY(mmd_object_take(values, "directory", mmd_value_string(job->folder)));
  if (job->request->trial)
    MMD_TRY(mmd_object_take(values, "trial", mmd_value_string(job->request->trial)));
  MMD_TRY(write_config(job, values));
  if (more && mmd_value_kind(more) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "backend_config.compiler_args: a list is expected");
  }
  if (more) {
    mmd_value_t *copy = NULL;
    MMD_TRY(mmd_value_copy(more, &copy));
    MMD_TRY(mmd_object_take(values, "compiler_args", copy));
  }
  const ext_request_t request = {job->host, job->graph, job->request, job->config};
  return job->compiler->fill ? job->compiler->fill(&request, values) : NULL;
}

static mmd_status_t write_interface(const job_t *job) {
  const ext_request_t request = {job->host, job->graph, job->request, job->config};
  if (!job->compiler->writes_interface) return NULL;
  char *path = mmd_path_join(job->folder, job->outputs[1]);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = ext_interface_write(&request, path);
  mmd_free(path);
  return status;
}

static mmd_status_t make_command(job_t *job) {
  mmd_value_t *values = mmd_value_object(), *arguments = NULL;
  mmd_status_t status = values ? NULL : mmd_status_no_memory();
  if (!status) status = fill_values(job, values);
  if (!status) status = ext_arguments_make(job->compiler->arguments, values, &arguments);
  for (size_t i = 0; i < mmd_array_size(arguments) && !status; ++i)
    status = mmd_array_take(job->command, mmd_value_retain(mmd_array_at(arguments, i)));
  mmd_value_release(arguments);
  mmd_value_release(values);
  return status;
}

//===--- the run -----------------------------------------------------------===//

// The last lines of the log in one line, newest last.
static mmd_status_t last_words(const char *path, mmd_str_t *out_text) {
  char *text = NULL;
  size_t size = 0;
  mmd_status_t status = mmd_file_read(path, (size_t)256 << 20, &text, &size);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  if (mmd_status_ignore(status)) return mmd_str_append(out_text, "its log cannot be read");
  while (size && (text[size - 1] == '\n' || text[size - 1] == ' ')) --size;
  size_t begin = size;
  for (int lines = 0; begin && size - begin < LAST_BYTES; --begin) {
    if (text[begin - 1] == '\n' && ++lines == LAST_LINES) break;
  }
  status = size ? mmd_str_append(out_text, "its last words: ")
                : mmd_str_append(out_text, "it said nothing");
  for (size_t i = begin; i < size && !status; ++i) {
    const char c = text[i];
    status = c == '\n' ? mmd_str_append(out_text, " | ")
                       : mmd_str_append_char(out_text, c == '\r' || c == '\t' ? ' ' : c);
  }
  mmd_free(text);
  return status;
}

static mmd_status_t complain(const job_t *job, const char *what) {
  mmd_str_t words = {0};
  const char *program = job->compiler->program ? job->compiler->program : job->compiler->script;
  mmd_status_t status = last_words(job->log, &words);
  if (!status) {
    mmd_str_sanitize(words.data);
    status = MMD_ERROR(MMD_INTERNAL, "backend '%s': %s %s after %.1f s and %.0f MiB; %s (log: %s)",
                       job->compiler->backend, program, what, job->result.seconds,
                       job->result.peak_mib, mmd_str_text(&words), job->log);
  }
  mmd_str_deinit(&words);
  return status;
}

static mmd_status_t check_result(const job_t *job) {
  char what[320];
  if (job->result.is_late) {
    return complain(job, "was ended, since backend_config.compiler_timeout allows no more,");
  }
  if (job->result.signal) {
    snprintf(what, sizeof what, "was ended by signal %d (%s)", job->result.signal,
             strsignal(job->result.signal));
    return complain(job, what);
  }
  if (job->result.exit_status) {
    snprintf(what, sizeof what, "ended with status %d", job->result.exit_status);
    return complain(job, what);
  }
  for (size_t i = 0; i < EXT_MAX_OUTPUTS && job->outputs[i]; ++i) {
    char *path = mmd_path_join(job->folder, job->outputs[i]);
    MMD_TRY_ALLOC(path);
    const bool is_there = mmd_path_exists(path);
    mmd_free(path);
    if (is_there) continue;
    snprintf(what, sizeof what, "ended well without writing %.200s", job->outputs[i]);
    return complain(job, what);
  }
  return NULL;
}

static mmd_status_t run_program(job_t *job) {
  const size_t count = mmd_array_size(job->command);
  const char **arguments = mmd_alloc_array(count + 1, sizeof *arguments);
  MMD_TRY_ALLOC(arguments);
  for (size_t i = 0; i < count; ++i)
    arguments[i] = mmd_value_get_string(mmd_array_at(job->command, i), "");
  const mmd_process_t process = {
      .arguments = arguments,
      .directory = job->folder,
      .log_path = job->log,
      .limit_seconds = mmd_value_get_float(mmd_object_get(job->config, "compiler_timeout"), 0)};
  mmd_status_t status = mmd_process_run(&process, &job->result);
  mmd_free(arguments);
  return status ? status : check_result(job);
}

//===--- the files ---------------------------------------------------------===//

static mmd_status_t move_file(const job_t *job, const char *name) {
  char *from = mmd_path_join(job->folder, name), *to = mmd_path_join(job->work, name);
  mmd_status_t status = from && to ? NULL : mmd_status_no_memory();
  if (!status)
    mmd_path_remove_at(AT_FDCWD,
                       to);  // some outputs are folders, of which none takes another's place
  if (!status && rename(from, to) != 0) status = mmd_file_error(errno, to, "write");
  mmd_free(from);
  mmd_free(to);
  return status;
}

static void forget_files(const job_t *job, const mmdeploy_target_result_t *files) {
  const int folder = open(job->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  for (size_t i = 0; i < files->file_count; ++i) mmd_path_remove_at(folder, files->files[i]);
  close(folder);
}

static mmd_status_t give_file(const job_t *job, const char *name, mmdeploy_target_result_t *files) {
  char *to = files->files[files->file_count];
  const int size = snprintf(to, sizeof files->files[0], "%s", name);
  if (size < 0 || (size_t)size >= sizeof files->files[0])
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "onnx_config.save_file: the name is too long");
  MMD_TRY(move_file(job, name));
  ++files->file_count;
  return NULL;
}

// The engine's files first; of one the second name stays empty. The network's file comes last.
static mmd_status_t give_files(const job_t *job, mmdeploy_target_result_t *out_files) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < EXT_MAX_OUTPUTS && job->outputs[i] && !status; ++i)
    status = give_file(job, job->outputs[i], out_files);
  if (!status && out_files->file_count == 1) ++out_files->file_count;
  if (!status) status = give_file(job, job->net.files[0], out_files);
  if (status) forget_files(job, out_files);
  return status;
}

static void tell_cost(const job_t *job) {
  char text[1024];
  const char *program = job->compiler->program ? job->compiler->program : job->compiler->script;
  snprintf(text, sizeof text, "%s: %s took %.1f s and %.0f MiB; its log is %s",
           job->compiler->backend, program, job->result.seconds, job->result.peak_mib, job->log);
  job->host->base->log(job->host->base->self, 2, text);
}

//===--- all ---------------------------------------------------------------===//

static mmd_status_t read_config(const mmdeploy_target_request_t *request, mmd_value_t **out) {
  const char *text = request->backend_config_json;
  return mmd_json_parse(text, strlen(text), "backend_config", out);
}

static mmd_status_t write_net(job_t *job, const mmdeploy_target_request_t *where) {
  const ext_request_t request = {job->host, job->graph, job->request, job->config};
  return job->compiler->write_net ? job->compiler->write_net(&request, where, &job->net)
                                  : mmd_onnx_files_write(job->graph, where, &job->net);
}

static mmd_status_t compile(job_t *job, mmdeploy_target_result_t *out_result) {
  MMD_TRY(read_config(job->request, &job->config));
  MMD_TRY(ext_program_find(job->compiler, job->request, &job->command));
  MMD_TRY(set_names(job));
  MMD_TRY(make_folder(job));
  mmdeploy_target_request_t inner = *job->request;
  inner.directory = job->folder;
  MMD_TRY(write_net(job, &inner));
  MMD_TRY(write_interface(job));
  MMD_TRY(make_command(job));
  MMD_TRY(run_program(job));
  MMD_TRY(give_files(job, out_result));
  tell_cost(job);
  return NULL;
}

mmd_status_t ext_compiler_run(const ext_compiler_t *compiler, const mmdeploy_target_host_t *host,
                              const mmdeploy_graph_t *graph,
                              const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result) {
  job_t job = {.compiler = compiler, .host = host, .graph = graph, .request = request};
  mmd_status_t status = compile(&job, out_result);
  if (job.folder) mmd_path_remove_at(AT_FDCWD, job.folder);
  for (size_t i = 0; i < EXT_MAX_OUTPUTS; ++i) mmd_free(job.outputs[i]);
  mmd_free(job.log);
  mmd_free(job.stem);
  mmd_free(job.folder);
  mmd_free(job.work);
  mmd_value_release(job.command);
  mmd_value_release(job.config);
  return status;
}

mmd_status_t ext_compiler_prepare(const ext_compiler_t *compiler,
                                  const mmdeploy_target_request_t *request) {
  mmd_value_t *config = NULL, *command = NULL;
  if (request->backend_config_json) MMD_TRY(read_config(request, &config));
  mmd_status_t status = config && compiler->check ? compiler->check(config) : NULL;
  if (!status) status = ext_program_find(compiler, request, &command);
  mmd_value_release(command);
  mmd_value_release(config);
  return status;
}

mmd_status_t ext_compiler_find(const ext_compiler_t *compiler,
                               const mmdeploy_target_request_t *request, char *out_text,
                               size_t text_size) {
  mmd_value_t *command = NULL;
  MMD_TRY(ext_program_find(compiler, request, &command));
  snprintf(out_text, text_size, "%s%s%s%s", compiler->package ? "package " : "",
           compiler->package ? compiler->package : "", compiler->package ? " of " : "",
           mmd_value_get_string(mmd_array_at(command, 0), ""));
  mmd_value_release(command);
  return NULL;
}
