// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/target/archive.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/checkpoint/checkpoint_pack.h"
#include "formats/checkpoint/pickle_writer.h"
#include "formats/zip/zip_writer.h"

void ts_archive_deinit(ts_archive_t *archive) {
  for (size_t i = 0; i < archive->constant_count; ++i) mmd_tensor_deinit(&archive->constants[i]);
  for (size_t i = 0; i < archive->weight_count; ++i) mmd_tensor_deinit(&archive->weights[i]);
  mmd_free(archive->constants);
  mmd_free(archive->weights);
  mmd_str_deinit(&archive->code);
  mmd_str_deinit(&archive->description);
  *archive = (ts_archive_t){0};
}

int ts_scalar_type(mmd_dtype_t dtype) {
  switch (dtype) {
    case MMD_U8:
      return 0;
    case MMD_I8:
      return 1;
    case MMD_I16:
      return 2;
    case MMD_I32:
      return 3;
    case MMD_I64:
      return 4;
    case MMD_F16:
      return 5;
    case MMD_F32:
      return 6;
    case MMD_F64:
      return 7;
    case MMD_BOOL:
      return 11;
    case MMD_BF16:
      return 15;
    default:
      return -1;
  }
}

mmd_status_t ts_archive_add_constant(ts_archive_t *archive, const mmd_tensor_t *tensor,
                                     size_t *out_index) {
  if (ts_scalar_type(tensor->dtype) < 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "TorchScript: PyTorch has no element type %s",
                     mmd_dtype_name(tensor->dtype));
  }
  MMD_TRY(MMD_GROW(archive->constants, archive->constant_capacity, archive->constant_count + 1));
  *out_index = archive->constant_count;
  archive->constants[archive->constant_count++] = mmd_tensor_retain(tensor);
  return NULL;
}

mmd_status_t ts_archive_add_weight(ts_archive_t *archive, const mmd_tensor_t *tensor,
                                   size_t *out_index) {
  mmd_tensor_t half = {0};
  MMD_TRY(MMD_GROW(archive->weights, archive->weight_capacity, archive->weight_count + 1));
  MMD_TRY(mmd_tensor_cast(tensor, MMD_F16, &half));
  *out_index = archive->weight_count;
  archive->weights[archive->weight_count++] = half;
  return NULL;
}

//===--- pickles -----------------------------------------------------------===//

// The two pickles of an archive.
typedef struct pickles_t {
  mmd_pickle_writer_t module, constants;
  size_t weights, tensors;  // storages so far
} pickles_t;

// Each tensor has a storage of its own, numbered alike.
static mmd_status_t number_storage(void *user, const mmd_tensor_t *tensor, size_t *out_number) {
  size_t *next = user;
  (void)tensor;
  *out_number = (*next)++;
  return NULL;
}

static mmd_status_t pickle_tensors(mmd_pickle_writer_t *writer, size_t count,
                                   const mmd_tensor_t *tensors) {
  for (size_t i = 0; i < count; ++i) MMD_TRY(mmd_pickle_write_tensor(writer, &tensors[i]));
  return NULL;
}

// One tuple of all tensors.
static mmd_status_t pickle_constants(const ts_archive_t *archive, mmd_pickle_writer_t *writer) {
  MMD_TRY(mmd_pickle_write_begin(writer));
  MMD_TRY(mmd_str_append_char(&writer->out, '('));
  MMD_TRY(pickle_tensors(writer, archive->constant_count, archive->constants));
  MMD_TRY(mmd_str_append_char(&writer->out, 't'));
  return mmd_pickle_write_end(writer);
}

// An object of __torch__.Net, whose state is {} or, for __setstate__, a list of tensors.
static mmd_status_t pickle_module(const ts_archive_t *archive, mmd_pickle_writer_t *writer) {
  static const char begin[] = "c__torch__\nNet\n)\x81";
  static const char list[] = "ctorch.jit._pickle\nbuild_tensorlist\n(](";
  MMD_TRY(mmd_pickle_write_begin(writer));
  MMD_TRY(mmd_str_append(&writer->out, begin));
  if (archive->weight_count) {
    MMD_TRY(mmd_str_append(&writer->out, list));
    MMD_TRY(pickle_tensors(writer, archive->weight_count, archive->weights));
    MMD_TRY(mmd_str_append(&writer->out, "etRb"));
  } else {
    MMD_TRY(mmd_str_append(&writer->out, "}(ub"));
  }
  return mmd_pickle_write_end(writer);
}

//===--- entries -----------------------------------------------------------===//

// |folder|'s storages.
static mmd_status_t write_tensors(mmd_zip_writer_t *zip, const char *folder, size_t count,
                                  const mmd_tensor_t *tensors) {
  for (size_t i = 0; i < count; ++i) {
    char name[64];
    mmd_tensor_t packed = {0};
    snprintf(name, sizeof name, "net/%s/%zu", folder, i);
    MMD_TRY(mmd_checkpoint_pack(&tensors[i], MMD_DTYPE_UNDEFINED, &packed));
    const size_t size = mmd_tensor_byte_size(&packed);
    mmd_status_t status = mmd_zip_writer_add(zip, name, size ? mmd_tensor_data(&packed) : "", size);
    mmd_tensor_deinit(&packed);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t write_text(mmd_zip_writer_t *zip, const char *name, const mmd_str_t *text) {
  return mmd_zip_writer_add(zip, name, mmd_str_text(text), text->size);
}

static mmd_status_t write_entries(const ts_archive_t *archive, const pickles_t *pickles,
                                  mmd_zip_writer_t *zip) {
  MMD_TRY(write_text(zip, "net/data.pkl", &pickles->module.out));
  MMD_TRY(write_tensors(zip, "data", archive->weight_count, archive->weights));
  MMD_TRY(write_text(zip, "net/code/__torch__.py", &archive->code));
  MMD_TRY(write_tensors(zip, "constants", archive->constant_count, archive->constants));
  MMD_TRY(write_text(zip, "net/constants.pkl", &pickles->constants.out));
  MMD_TRY(write_text(zip, "net/extra/mmdeploy.json", &archive->description));
  MMD_TRY(mmd_zip_writer_add(zip, "net/version", MMD_TS_VERSION, sizeof MMD_TS_VERSION - 1));
  return mmd_zip_writer_finish(zip);
}

static mmd_status_t write_archive(const ts_archive_t *archive, const pickles_t *pickles,
                                  mmd_writer_t *writer) {
  const mmd_zip_writer_options_t options = {.alignment = 64};
  mmd_zip_writer_t *zip = NULL;
  MMD_TRY(mmd_zip_writer_create(writer, &options, &zip));
  mmd_status_t status = write_entries(archive, pickles, zip);
  mmd_zip_writer_destroy(zip);
  return status;
}

mmd_status_t ts_archive_write(const ts_archive_t *archive, const char *path) {
  pickles_t pickles = {.module = {.add_storage = number_storage, .user = &pickles.weights},
                       .constants = {.add_storage = number_storage, .user = &pickles.tensors}};
  mmd_writer_t *writer = NULL;
  mmd_status_t status = pickle_module(archive, &pickles.module);
  if (!status) status = pickle_constants(archive, &pickles.constants);
  if (!status) status = mmd_writer_create(path, &writer);
  if (!status) status = write_archive(archive, &pickles, writer);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  mmd_str_deinit(&pickles.module.out);
  mmd_str_deinit(&pickles.constants.out);
  return mmd_status_annotate(status, "%s", path);
}
