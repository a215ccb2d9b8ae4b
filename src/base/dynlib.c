// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // dladdr, dl_iterate_phdr
#endif
#include "base/dynlib.h"

#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"

struct mmd_dynlib {
  void *handle;
  char *path;
};

// The loader's reason, without the file name that we say ourselves.
static const char *loader_reason(const char *path) {
  const char *reason = dlerror();
  if (!reason) return "unknown reason";
  size_t size = strlen(path);
  if (strncmp(reason, path, size) == 0 && reason[size] == ':') reason += size + 1;
  while (*reason == ' ') ++reason;
  return reason;
}

// The ELF header's processor: of this program through its own image.
static uint16_t own_machine(void) {
  static const char here;
  const ElfW(Ehdr) *header = NULL;
  Dl_info info;
  if (dladdr(&here, &info)) header = info.dli_fbase;
  return header && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 ? header->e_machine : 0;
}

// True when |path| is a library for another processor, which the loader reports as a missing file.
static bool is_foreign(const char *path, uint16_t *out_machine) {
  Elf64_Ehdr header;  // e_machine lies at the same place in both classes
  FILE *file = fopen(path, "rb");
  const size_t size = file ? fread(&header, 1, sizeof header, file) : 0;
  if (file) fclose(file);
  if (size < 20 || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
  *out_machine = header.e_machine;
  return own_machine() != 0 && header.e_machine != own_machine();
}

static mmd_status_t open_error(const char *path) {
  const char *reason = loader_reason(path);
  uint16_t machine = 0;
  if (!is_foreign(path, &machine)) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: cannot load: %s", path, reason);
  }
  return MMD_ERROR(MMD_UNAVAILABLE,
                   "%s: cannot load: built for another processor (ELF machine %u, %u is needed)",
                   path, machine, own_machine());
}

mmd_status_t mmd_dynlib_open(const char *path, mmd_dynlib_t **out_library) {
  *out_library = NULL;
  mmd_dynlib_t *library = mmd_alloc(sizeof *library);
  MMD_TRY_ALLOC(library);
  library->path = mmd_strdup(path);
  if (!library->path) {
    mmd_free(library);
    return mmd_status_no_memory();
  }
  library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library->handle) {
    mmd_status_t status = open_error(path);
    mmd_dynlib_close(library);
    return status;
  }
  *out_library = library;
  return NULL;
}

void mmd_dynlib_close(mmd_dynlib_t *library) {
  if (!library) return;
  if (library->handle) dlclose(library->handle);
  mmd_free(library->path);
  mmd_free(library);
}

const char *mmd_dynlib_path(const mmd_dynlib_t *library) {
  return library->path;
}

mmd_status_t mmd_dynlib_symbol(mmd_dynlib_t *library, const char *name, void *out_symbol) {
  void *symbol = dlsym(library->handle, name);
  // C has no cast between object and function pointers; their bytes agree on POSIX.
  memcpy(out_symbol, &symbol, sizeof symbol);
  if (symbol) return NULL;
  return MMD_ERROR(MMD_NOT_FOUND, "%s: no symbol '%s'", library->path, name);
}

bool mmd_dynlib_has(mmd_dynlib_t *library, const char *name) {
  return dlsym(library->handle, name) != NULL;
}

typedef struct {
  uintptr_t address;
  bool found;
} program_search_t;

// The first object that the loader lists is the program.
static int address_in_program(struct dl_phdr_info *info, size_t size, void *user) {
  program_search_t *search = user;
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    uintptr_t begin = info->dlpi_addr + header->p_vaddr;
    if (header->p_type != PT_LOAD || search->address < begin) continue;
    if (search->address - begin < header->p_memsz) search->found = true;
  }
  return 1;
}

char *mmd_dynlib_path_of(const void *address) {
  char path[PATH_MAX];
  program_search_t search = {.address = (uintptr_t)address};
  dl_iterate_phdr(address_in_program, &search);
  // The loader knows the program only as argv[0], which need not be a path.
  if (search.found) return realpath("/proc/self/exe", path) ? mmd_strdup(path) : NULL;
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname) return NULL;
  return realpath(info.dli_fname, path) ? mmd_strdup(path) : NULL;
}

// |*out_library| stays NULL when the folder of |inside| has no such file.
static mmd_status_t open_beside(const void *inside, const char *name, mmd_dynlib_t **out_library) {
  char *self = mmd_dynlib_path_of(inside);
  char *directory = self ? mmd_path_directory(self) : NULL;
  char *path = directory ? mmd_path_join(directory, name) : NULL;
  mmd_status_t status = path && mmd_path_exists(path) ? mmd_dynlib_open(path, out_library) : NULL;
  mmd_free(path);
  mmd_free(directory);
  mmd_free(self);
  return status;
}

mmd_status_t mmd_dynlib_find(const char *path, const mmd_dynlib_search_t *search,
                             mmd_dynlib_t **out_library) {
  *out_library = NULL;
  if (path && *path) return mmd_dynlib_open(path, out_library);
  const char *chosen = getenv(search->variable);
  if (chosen && *chosen)
    return mmd_status_annotate(mmd_dynlib_open(chosen, out_library), "%s", search->variable);
  for (const char *const *name = search->beside; *name; ++name) {
    MMD_TRY(open_beside(search, *name, out_library));
    if (*out_library) return NULL;
  }
  for (const char *const *name = search->names; *name; ++name) {
    if (!mmd_status_ignore(mmd_dynlib_open(*name, out_library))) return NULL;
  }
  return MMD_ERROR(MMD_UNAVAILABLE, "%s", search->advice);
}
