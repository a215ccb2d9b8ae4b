// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/target/archive.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/checkpoint/checkpoint_pack.h"
#include "formats/checkpoint/pickle_writer.h"
#include "formats/zip/zip_writer.h"

// An object of __torch__.Net without attributes, pickled.
static const char g_module[] =
    "\x80\x02"
    "c__torch__\nNet\nq\x00)\x81}(ubq\x01.";

void ts_archive_deinit(ts_archive_t *archive) {
  for (size_t i = 0; i < archive->constant_count; ++i) mmd_tensor_deinit(&archive->constants[i]);
  mmd_free(archive->constants);
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

// Each constant has a storage of its own, numbered alike.
static mmd_status_t number_storage(void *user, const mmd_tensor_t *tensor, size_t *out_number) {
  size_t *next = user;
  (void)tensor;
  *out_number = (*next)++;
  return NULL;
}

// One tuple of all tensors.
static mmd_status_t pickle_constants(const ts_archive_t *archive, mmd_pickle_writer_t *writer) {
  MMD_TRY(mmd_pickle_write_begin(writer));
  MMD_TRY(mmd_str_append_char(&writer->out, '('));
  for (size_t i = 0; i < archive->constant_count; ++i)
    MMD_TRY(mmd_pickle_write_tensor(writer, &archive->constants[i]));
  MMD_TRY(mmd_str_append_char(&writer->out, 't'));
  return mmd_pickle_write_end(writer);
}

static mmd_status_t write_constant(mmd_zip_writer_t *zip, size_t number,
                                   const mmd_tensor_t *tensor) {
  char name[64];
  mmd_tensor_t packed = {0};
  snprintf(name, sizeof name, "net/constants/%zu", number);
  MMD_TRY(mmd_checkpoint_pack(tensor, MMD_DTYPE_UNDEFINED, &packed));
  const size_t size = mmd_tensor_byte_size(&packed);
  mmd_status_t status = mmd_zip_writer_add(zip, name, size ? mmd_tensor_data(&packed) : "", size);
  mmd_tensor_deinit(&packed);
  return status;
}

static mmd_status_t write_entries(const ts_archive_t *archive, const mmd_str_t *pickle,
                                  mmd_zip_writer_t *zip) {
  MMD_TRY(mmd_zip_writer_add(zip, "net/data.pkl", g_module, sizeof g_module - 1));
  MMD_TRY(mmd_zip_writer_add(zip, "net/code/__torch__.py", mmd_str_text(&archive->code),
                             archive->code.size));
  for (size_t i = 0; i < archive->constant_count; ++i)
    MMD_TRY(write_constant(zip, i, &archive->constants[i]));
  MMD_TRY(mmd_zip_writer_add(zip, "net/constants.pkl", mmd_str_text(pickle), pickle->size));
  MMD_TRY(mmd_zip_writer_add(zip, "net/extra/mmdeploy.json", mmd_str_text(&archive->description),
                             archive->description.size));
  MMD_TRY(mmd_zip_writer_add(zip, "net/version", MMD_TS_VERSION, sizeof MMD_TS_VERSION - 1));
  return mmd_zip_writer_finish(zip);
}

static mmd_status_t write_archive(const ts_archive_t *archive, const mmd_str_t *pickle,
                                  mmd_writer_t *writer) {
  const mmd_zip_writer_options_t options = {.alignment = 64};
  mmd_zip_writer_t *zip = NULL;
  MMD_TRY(mmd_zip_writer_create(writer, &options, &zip));
  mmd_status_t status = write_entries(archive, pickle, zip);
  mmd_zip_writer_destroy(zip);
  return status;
}

mmd_status_t ts_archive_write(const ts_archive_t *archive, const char *path) {
  size_t next = 0;
  mmd_pickle_writer_t pickle = {.add_storage = number_storage, .user = &next};
  mmd_writer_t *writer = NULL;
  mmd_status_t status = pickle_constants(archive, &pickle);
  if (!status) status = mmd_writer_create(path, &writer);
  if (!status) status = write_archive(archive, &pickle.out, writer);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  mmd_str_deinit(&pickle.out);
  return mmd_status_annotate(status, "%s", path);
}
