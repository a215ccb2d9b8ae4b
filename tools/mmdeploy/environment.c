// SPDX-License-Identifier: Apache-2.0
//
// What libmmdeploy alone knows of its surroundings.
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "mmdeploy/ext.h"
#include "tools/mmdeploy/cli.h"
#include "tools/mmdeploy/library.h"
#include "tools/mmdeploy/terminal.h"

static void print_backend(const char *name) {
  const char *version = NULL, *library = NULL;
  if (mmdeploy_backend_info(name, &version, &library) != 0) {
    printf("%s:\tNone (%s)\n", name, cli_last_error());
  } else {
    printf("%s:\t%s%s%s\n", name, *version ? version : "built in", *library ? "\t" : "", library);
  }
}

static void print_names(const char *title, int (*list)(const char *const **names, int *count)) {
  const char *const *names = NULL;
  int count = 0;
  printf("%s:\t", title);
  if (list(&names, &count) != 0) count = 0;
  for (int i = 0; i < count; ++i) printf("%s%s", i ? ", " : "", names[i]);
  printf("%s\n", count ? "" : "None");
}

int cli_environment_print(void) {
  struct utsname system;
  const char *const *names = NULL;
  int count = 0;
  const char *media = cli_library_path("libmmdeploy_media.so.0");
  printf("**********Environmental information**********\n");
  if (uname(&system) == 0) {
    printf("platform: %s %s %s\n", system.sysname, system.release, system.machine);
  }
  printf("MMDeploy: %s (API of %s)\n", mmdeploy_version_string(), mmdeploy_compat_version_string());
  printf("libmmdeploy_media: %s\n", *media ? media : "None");
  printf("libmmdeploy_convert: None (%s)\n", cli_library_error());
  printf("\n**********Backend information**********\n");
  if (mmdeploy_list_backends(&names, &count) != 0) {
    cli_error("check-env: %s", cli_last_error());
    return CLI_FAILED;
  }
  for (int i = 0; i < count; ++i) print_backend(names[i]);
  print_names("devices", mmdeploy_list_devices);
  printf("\n**********Codebase information**********\n");
  print_names("tasks", mmdeploy_list_tasks);
  return CLI_OK;
}
