// SPDX-License-Identifier: Apache-2.0
//
// Files and paths. Writers are atomic: bytes go to a temporary name beside the target, which is
// renamed over it on commit, so after an error no half-written file is left.
#ifndef MMD_BASE_FILE_H_
#define MMD_BASE_FILE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_writer mmd_writer_t;

mmd_status_t mmd_writer_create(const char *path, mmd_writer_t **out_writer) MMD_MUST_USE;
mmd_status_t mmd_writer_write(mmd_writer_t *writer, const void *data, size_t size) MMD_MUST_USE;
uint64_t mmd_writer_position(const mmd_writer_t *writer);  // bytes written so far

// Flushes and renames. The writer must still be destroyed.
mmd_status_t mmd_writer_commit(mmd_writer_t *writer) MMD_MUST_USE;

// Without a commit the temporary file is removed and an existing target stays. NULL is fine.
void mmd_writer_destroy(mmd_writer_t *writer);

// The status for a failed system call: "<path>: cannot <action>: <reason>" with MMD_NOT_FOUND,
// MMD_OUT_OF_MEMORY or MMD_IO by |error| (an errno).
mmd_status_t mmd_file_error(int error, const char *path, const char *action) MMD_MUST_USE;

// Whole small files; more than |limit| bytes is an error (0 = no limit). The result has a NUL
// behind |*out_size| bytes; freed with mmd_free.
mmd_status_t mmd_file_read(const char *path, size_t limit, char **out_data,
                           size_t *out_size) MMD_MUST_USE;
// The same for paths that stand in files, which may name a pipe or a device: those are refused.
mmd_status_t mmd_file_read_regular(const char *path, size_t limit, char **out_data,
                                   size_t *out_size) MMD_MUST_USE;
mmd_status_t mmd_file_write(const char *path, const void *data, size_t size) MMD_MUST_USE;
mmd_status_t mmd_file_copy(const char *from, const char *to) MMD_MUST_USE;

bool mmd_path_exists(const char *path);
bool mmd_path_is_directory(const char *path);
mmd_status_t mmd_path_size(const char *path, uint64_t *out_size) MMD_MUST_USE;
mmd_status_t mmd_path_make_directories(const char *path) MMD_MUST_USE;  // like mkdir -p
mmd_status_t mmd_path_list(const char *path, char ***out_names,
                           size_t *out_count) MMD_MUST_USE;  // sorted; free each and the array
// The file |name|, or the folder with all in it, in the open folder |folder| (AT_FDCWD of fcntl.h:
// here). Links are not followed, what cannot be removed stays. Needs none of our memory, so that it
// works when that is short.
void mmd_path_remove_at(int folder, const char *name);

// New strings, freed with mmd_free; NULL when memory is short. An absolute |name| wins.
char *mmd_path_join(const char *directory, const char *name);
char *mmd_path_directory(const char *path);        // "" for a bare name
char *mmd_path_absolute(const char *path);         // without resolving links
char *mmd_path_stem(const char *path);             // base name without its last extension
const char *mmd_path_base(const char *path);       // borrowed from |path|
const char *mmd_path_extension(const char *path);  // ".onnx" or ""; borrowed

// True when |name| stays below its directory: relative, without "..", not empty.
bool mmd_path_is_contained(const char *name);
// Whether the file |path|, links followed, lies in |directory|, or else in the folder of |beside|
// (may be NULL) when the links of that are followed too. True for a file that is not there.
bool mmd_path_stays_in(const char *path, const char *directory, const char *beside);

#endif  // MMD_BASE_FILE_H_
