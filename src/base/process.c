// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/thread.h"

//===--- search ------------------------------------------------------------===//

static bool is_program(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

static mmd_status_t find_in(const char *path, const char *name, char **out_path) {
  while (*path && !*out_path) {
    const size_t size = strcspn(path, ":");
    char *directory = size ? mmd_strndup(path, size) : mmd_strdup(".");
    MMD_TRY_ALLOC(directory);
    char *candidate = mmd_path_join(directory, name);
    mmd_free(directory);
    MMD_TRY_ALLOC(candidate);
    if (is_program(candidate)) {
      *out_path = candidate;
    } else {
      mmd_free(candidate);
    }
    path += size + (path[size] == ':');
  }
  return NULL;
}

mmd_status_t mmd_process_find(const char *name, char **out_path) {
  const char *path = getenv("PATH");
  *out_path = NULL;
  if (!strchr(name, '/')) {
    MMD_TRY(find_in(path ? path : "/usr/local/bin:/usr/bin:/bin", name, out_path));
    return *out_path ? NULL : MMD_ERROR(MMD_NOT_FOUND, "no program '%s' in PATH", name);
  }
  if (!is_program(name)) return MMD_ERROR(MMD_NOT_FOUND, "%s: no such program", name);
  *out_path = mmd_strdup(name);
  MMD_TRY_ALLOC(*out_path);
  return NULL;
}

//===--- the child ---------------------------------------------------------===//

typedef struct child_t {
  const char *program;
  char *const *arguments;
  const char *directory;
  int input, output;
  int failure[2];  // a pipe; carries errno when the program cannot be started
} child_t;

// Between fork and exec only calls that are safe in a copy of one thread.
static void become(const child_t *child) {
  (void)setpgid(0, 0);  // so that its children can be ended with it
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
  if ((!child->directory || chdir(child->directory) == 0) && dup2(child->input, 0) >= 0 &&
      dup2(child->output, 1) >= 0 && dup2(child->output, 2) >= 0) {
    execv(child->program, child->arguments);
  }
  const int error = errno;
  const ssize_t written = write(child->failure[1], &error, sizeof error);
  (void)written;
  _exit(127);
}

static void end_group(pid_t pid) {
  if (kill(-pid, SIGKILL) != 0) (void)kill(pid, SIGKILL);
}

// The child's end: 1, 0 when it is not over yet and |flags| are WNOHANG, or -1.
static pid_t wait_once(pid_t pid, int flags, int *out_state, struct rusage *out_usage) {
  pid_t got;
  do {
    got = wait4(pid, out_state, flags, out_usage);
  } while (got < 0 && errno == EINTR);
  return got;
}

static mmd_status_t wait_for(pid_t pid, uint64_t deadline, mmd_process_result_t *out_result) {
  const struct timespec pause = {.tv_nsec = 10000000};
  struct rusage usage = {0};
  int state = 0;
  pid_t got = wait_once(pid, deadline ? WNOHANG : 0, &state, &usage);
  while (got == 0) {
    out_result->is_late = mmd_time_ns() >= deadline;
    if (out_result->is_late) end_group(pid);
    if (!out_result->is_late) (void)nanosleep(&pause, NULL);
    got = wait_once(pid, out_result->is_late ? 0 : WNOHANG, &state, &usage);
  }
  if (got < 0) return MMD_ERROR(MMD_IO, "cannot wait for a child: %s", strerror(errno));
  out_result->exit_status = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  out_result->signal = WIFSIGNALED(state) ? WTERMSIG(state) : 0;
  out_result->peak_mib = (double)usage.ru_maxrss / 1024;  // Linux counts in KiB
  return NULL;
}

static mmd_status_t start(child_t *child, double limit, mmd_process_result_t *out_result) {
  int error = 0;
  const uint64_t begin = mmd_time_ns();
  const uint64_t deadline = limit > 0 ? begin + (uint64_t)(fmin(limit, 1e9) * 1e9) : 0;
  const pid_t pid = fork();
  if (pid < 0) return MMD_ERROR(MMD_IO, "%s: cannot start: %s", child->program, strerror(errno));
  if (pid == 0) become(child);
  close(child->failure[1]);
  child->failure[1] = -1;
  ssize_t got;
  do {
    got = read(child->failure[0], &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  MMD_TRY(wait_for(pid, deadline, out_result));
  out_result->seconds = (double)(mmd_time_ns() - begin) * 1e-9;
  if (got == (ssize_t)sizeof error) return mmd_file_error(error, child->program, "start");
  return NULL;
}

static mmd_status_t open_files(const mmd_process_t *process, child_t *child) {
  const char *log = process->log_path ? process->log_path : "/dev/null";
  child->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (child->input < 0) return mmd_file_error(errno, "/dev/null", "open");
  child->output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (child->output < 0) return mmd_file_error(errno, log, "create");
  if (pipe(child->failure) != 0) return mmd_file_error(errno, child->program, "start");
  for (int i = 0; i < 2; ++i) (void)fcntl(child->failure[i], F_SETFD, FD_CLOEXEC);
  return NULL;
}

mmd_status_t mmd_process_run(const mmd_process_t *process, mmd_process_result_t *out_result) {
  char *program = NULL;
  *out_result = (mmd_process_result_t){0};
  MMD_TRY(mmd_process_find(process->arguments[0], &program));
  child_t child = {
      .program = program,
      .arguments = (char *const *)(uintptr_t)process->arguments,  // exec does not write to them
      .directory = process->directory,
      .input = -1,
      .output = -1,
      .failure = {-1, -1},
  };
  mmd_status_t status = open_files(process, &child);
  if (!status) status = start(&child, process->limit_seconds, out_result);
  const int files[] = {child.input, child.output, child.failure[0], child.failure[1]};
  for (size_t i = 0; i < sizeof files / sizeof *files; ++i) {
    if (files[i] >= 0) close(files[i]);
  }
  mmd_free(program);
  return status;
}
