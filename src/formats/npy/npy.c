// SPDX-License-Identifier: Apache-2.0
#include "formats/npy/npy.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "formats/zip/zip_writer.h"

enum {
  MAGIC_SIZE = 8,        // "\x93NUMPY" and two bytes of version
  HEADER_LIMIT = 65536,  // a plain array's header has about 100 bytes
  MAX_HEADER = 512,      // of what we write
};

static const char magic[] = "\x93NUMPY";

typedef struct dtype_name_t {
  const char *text;  // behind the byte order
  mmd_dtype_t dtype;
} dtype_name_t;

static const dtype_name_t dtype_names[] = {
    {"f4", MMD_F32}, {"f2", MMD_F16},  {"f8", MMD_F64}, {"i1", MMD_I8},    {"i2", MMD_I16},
    {"i4", MMD_I32}, {"i8", MMD_I64},  {"u1", MMD_U8},  {"u2", MMD_U16},   {"u4", MMD_U32},
    {"u8", MMD_U64}, {"b1", MMD_BOOL}, {"c8", MMD_C64}, {"c16", MMD_C128},
};

bool mmd_npy_probe(const void *data, size_t size) {
  return size >= MAGIC_SIZE && memcmp(data, magic, 6) == 0;
}

bool mmd_npy_parse_dtype(const char *text, size_t size, mmd_dtype_t *out_dtype, bool *out_swapped) {
  bool swapped = false;
  if (size > 0 && strchr("<>|=", text[0]) && text[0] != '\0') {
    swapped = text[0] == '>';
    ++text;
    --size;
  }
  for (size_t i = 0; i < sizeof dtype_names / sizeof dtype_names[0]; ++i) {
    const dtype_name_t *n = &dtype_names[i];
    if (strlen(n->text) != size || memcmp(n->text, text, size) != 0) continue;
    *out_dtype = n->dtype;
    *out_swapped = swapped && mmd_dtype_size(n->dtype) > 1;
    return true;
  }
  return false;
}

const char *mmd_npy_dtype(mmd_dtype_t dtype) {
  switch (dtype) {
    case MMD_F32:
      return "<f4";
    case MMD_F16:
      return "<f2";
    case MMD_F64:
      return "<f8";
    case MMD_I8:
      return "|i1";
    case MMD_I16:
      return "<i2";
    case MMD_I32:
      return "<i4";
    case MMD_I64:
      return "<i8";
    case MMD_U8:
      return "|u1";
    case MMD_U16:
      return "<u2";
    case MMD_U32:
      return "<u4";
    case MMD_U64:
      return "<u8";
    case MMD_BOOL:
      return "|b1";
    case MMD_C64:
      return "<c8";
    case MMD_C128:
      return "<c16";
    default:
      return NULL;
  }
}

// The header is a Python dict literal with three known keys; this reads just that.
typedef struct parser_t {
  const char *at, *end;
  const char *name;
} parser_t;

typedef struct header_t {
  mmd_dtype_t dtype;
  bool swapped, fortran;
  mmd_shape_t shape;
  bool has_dtype, has_order, has_shape;
} header_t;

static mmd_status_t bad_header(const parser_t *p, const char *what) {
  return MMD_ERROR(MMD_CORRUPT, "%s: bad .npy header: %s", p->name, what);
}

static void skip_space(parser_t *p) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t')) ++p->at;
}

static bool accept(parser_t *p, char c) {
  skip_space(p);
  if (p->at == p->end || *p->at != c) return false;
  ++p->at;
  return true;
}

static bool accept_word(parser_t *p, const char *word) {
  skip_space(p);
  size_t n = strlen(word);
  if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0) return false;
  p->at += n;
  return true;
}

static mmd_status_t parse_quoted(parser_t *p, const char **out_text, size_t *out_size) {
  skip_space(p);
  char quote = p->at < p->end ? *p->at : '\0';
  if (quote != '\'' && quote != '"') return bad_header(p, "a quoted word is missing");
  const char *begin = ++p->at;
  while (p->at < p->end && *p->at != quote) ++p->at;
  if (p->at == p->end) return bad_header(p, "a quote is not closed");
  *out_text = begin;
  *out_size = (size_t)(p->at - begin);
  ++p->at;
  return NULL;
}

static mmd_status_t parse_descr(parser_t *p, header_t *h) {
  skip_space(p);
  if (p->at < p->end && *p->at == '[') {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: structured NumPy arrays are not read", p->name);
  }
  const char *text = NULL;
  size_t size = 0;
  MMD_TRY(parse_quoted(p, &text, &size));
  if (mmd_npy_parse_dtype(text, size, &h->dtype, &h->swapped)) return NULL;
  bool is_object = size > 0 && (text[size - 1] == 'O' || memchr(text, 'O', size));
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: NumPy type '%.*s' is not read%s", p->name,
                   (int)(size < 40 ? size : 40), text,
                   is_object ? ": an array of objects holds a pickle" : "");
}

static mmd_status_t parse_shape(parser_t *p, header_t *h) {
  if (!accept(p, '(')) return bad_header(p, "the shape is no tuple");
  int64_t dims[MMD_MAX_RANK];
  int rank = 0;
  while (!accept(p, ')')) {
    skip_space(p);
    const char *begin = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9') ++p->at;
    int64_t dim = 0;
    if (!mmd_parse_i64(begin, (size_t)(p->at - begin), &dim)) {
      return bad_header(p, "a dimension is no number");
    }
    if (rank == MMD_MAX_RANK) return bad_header(p, "more than 8 dimensions");
    dims[rank++] = dim;
    if (accept(p, ')')) break;
    if (!accept(p, ',')) return bad_header(p, "',' or ')' is missing in the shape");
  }
  return mmd_status_annotate(mmd_shape_make(rank, dims, &h->shape), "%s", p->name);
}

static mmd_status_t parse_member(parser_t *p, header_t *h) {
  const char *key = NULL;
  size_t size = 0;
  MMD_TRY(parse_quoted(p, &key, &size));
  if (!accept(p, ':')) return bad_header(p, "':' is missing");
  if (size == 5 && memcmp(key, "descr", 5) == 0) {
    h->has_dtype = true;
    return parse_descr(p, h);
  }
  if (size == 5 && memcmp(key, "shape", 5) == 0) {
    h->has_shape = true;
    return parse_shape(p, h);
  }
  if (size == 13 && memcmp(key, "fortran_order", 13) == 0) {
    h->has_order = true;
    h->fortran = accept_word(p, "True");
    return h->fortran || accept_word(p, "False") ? NULL : bad_header(p, "fortran_order is no bool");
  }
  return bad_header(p, "unknown key");
}

static mmd_status_t parse_header(parser_t *p, header_t *out_header) {
  header_t h = {0};
  if (!accept(p, '{')) return bad_header(p, "no dict");
  while (!accept(p, '}')) {
    MMD_TRY(parse_member(p, &h));
    if (accept(p, '}')) break;
    if (!accept(p, ',')) return bad_header(p, "',' or '}' is missing");
  }
  if (!h.has_dtype || !h.has_order || !h.has_shape) {
    return bad_header(p, "descr, fortran_order or shape is missing");
  }
  *out_header = h;
  return NULL;
}

// A heap copy with the bytes of each number turned round.
static mmd_status_t swapped_copy(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype,
                                 size_t count, mmd_storage_t **out_storage) {
  bool is_complex = dtype == MMD_C64 || dtype == MMD_C128;
  size_t size = mmd_dtype_size(dtype), bytes = 0;
  if (!mmd_checked_mul(count, size, &bytes) || offset > mmd_storage_size(storage) ||
      bytes > mmd_storage_size(storage) - offset) {
    return MMD_ERROR(MMD_CORRUPT, "the array is longer than its file");
  }
  MMD_TRY(mmd_storage_create(bytes, false, out_storage));
  const uint8_t *from = mmd_storage_data(storage) + offset;
  uint8_t *to = mmd_storage_mutable_data(*out_storage);
  size_t unit = is_complex ? size / 2 : size;
  for (size_t i = 0; i < bytes; i += unit) {
    for (size_t j = 0; j < unit; ++j) to[i + j] = from[i + unit - 1 - j];
  }
  return NULL;
}

static mmd_status_t view_in_order(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype,
                                  bool fortran, const mmd_shape_t *shape,
                                  mmd_tensor_t *out_tensor) {
  size_t count = 0;
  MMD_TRY(mmd_shape_count(shape, &count));
  if (!fortran || count == 0) return mmd_tensor_view(storage, offset, dtype, shape, out_tensor);
  int64_t strides[MMD_MAX_RANK] = {0};
  int64_t step = 1;
  for (int i = 0; i < shape->rank; ++i) {
    strides[i] = step;
    step *= shape->dims[i];  // the product is |count|, which fits
  }
  return mmd_tensor_view_strided(storage, offset, dtype, shape, strides, out_tensor);
}

mmd_status_t mmd_npy_view(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype, bool swapped,
                          bool fortran, const mmd_shape_t *shape, mmd_tensor_t *out_tensor) {
  *out_tensor = (mmd_tensor_t){0};
  if (!swapped) return view_in_order(storage, offset, dtype, fortran, shape, out_tensor);
  size_t count = 0;
  MMD_TRY(mmd_shape_count(shape, &count));
  mmd_storage_t *copy = NULL;
  MMD_TRY(swapped_copy(storage, offset, dtype, count, &copy));
  mmd_status_t status = view_in_order(copy, 0, dtype, fortran, shape, out_tensor);
  mmd_storage_release(copy);
  return status;
}

// Length and place of the header text, by version.
static mmd_status_t locate_header(const uint8_t *data, size_t size, const char *name,
                                  size_t *out_begin, size_t *out_size) {
  if (!mmd_npy_probe(data, size)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: not a .npy file", name);
  }
  unsigned version = data[6];
  if (version < 1 || version > 3) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: .npy version %u; 1 to 3 are read", name, version);
  }
  size_t begin = version == 1 ? 10 : 12;
  if (size < begin) return MMD_ERROR(MMD_CORRUPT, "%s: truncated .npy file", name);
  size_t length = (size_t)data[8] | (size_t)data[9] << 8;
  if (version > 1) length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
  if (length > size - begin) return MMD_ERROR(MMD_CORRUPT, "%s: truncated .npy file", name);
  if (length > HEADER_LIMIT) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: .npy header of %zu bytes; at most %d are read", name,
                     length, HEADER_LIMIT);
  }
  *out_begin = begin;
  *out_size = length;
  return NULL;
}

mmd_status_t mmd_npy_parse(mmd_storage_t *storage, size_t offset, size_t size, const char *name,
                           mmd_tensor_t *out_tensor) {
  *out_tensor = (mmd_tensor_t){0};
  if (offset > mmd_storage_size(storage) || size > mmd_storage_size(storage) - offset) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: array outside its storage", name);
  }
  const uint8_t *data = mmd_storage_data(storage) + offset;
  size_t begin = 0, length = 0;
  MMD_TRY(locate_header(data, size, name, &begin, &length));
  parser_t p = {(const char *)data + begin, (const char *)data + begin + length, name};
  header_t h = {0};
  MMD_TRY(parse_header(&p, &h));
  size_t count = 0, bytes = 0;
  MMD_TRY(mmd_status_annotate(mmd_shape_count(&h.shape, &count), "%s", name));
  if (!mmd_checked_mul(count, mmd_dtype_size(h.dtype), &bytes) || bytes > size - begin - length) {
    return MMD_ERROR(MMD_CORRUPT, "%s: truncated .npy file: %zu elements of %s are missing bytes",
                     name, count, mmd_dtype_name(h.dtype));
  }
  return mmd_status_annotate(mmd_npy_view(storage, offset + begin + length, h.dtype, h.swapped,
                                          h.fortran, &h.shape, out_tensor),
                             "%s", name);
}

mmd_status_t mmd_npy_read_file(const char *path, mmd_tensor_t *out_tensor) {
  *out_tensor = (mmd_tensor_t){0};
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_map_file(path, &storage));
  mmd_status_t status = mmd_npy_parse(storage, 0, mmd_storage_size(storage), path, out_tensor);
  mmd_storage_release(storage);
  return status;
}

// As numpy.save does: padded with spaces so that the data begins at a multiple of 64.
static mmd_status_t make_header(const mmd_tensor_t *tensor, char header[MAX_HEADER],
                                size_t *out_size) {
  const char *descr = mmd_npy_dtype(tensor->dtype);
  if (!descr) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "NumPy has no type for %s; cast the array first",
                     mmd_dtype_name(tensor->dtype));
  }
  size_t n = 10;
  n += (size_t)snprintf(header + n, MAX_HEADER - n,
                        "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (int i = 0; i < tensor->shape.rank; ++i) {
    n += (size_t)snprintf(header + n, MAX_HEADER - n, i ? ", %lld" : "%lld",
                          (long long)tensor->shape.dims[i]);
  }
  n += (size_t)snprintf(header + n, MAX_HEADER - n, "%s), }", tensor->shape.rank == 1 ? "," : "");
  size_t total = (n + 1 + 63) / 64 * 64;
  memset(header + n, ' ', total - n - 1);
  header[total - 1] = '\n';
  memcpy(header, magic, 6);
  header[6] = 1;
  header[7] = 0;
  header[8] = (char)((total - 10) & 0xff);
  header[9] = (char)((total - 10) >> 8);
  *out_size = total;
  return NULL;
}

// The elements as packed bytes: the tensor's own where it is packed, else a copy.
static mmd_status_t packed(const mmd_tensor_t *tensor, mmd_tensor_t *out_tensor) {
  if (mmd_tensor_is_contiguous(tensor)) {
    *out_tensor = mmd_tensor_retain(tensor);
    return NULL;
  }
  return mmd_tensor_copy(tensor, out_tensor);
}

mmd_status_t mmd_npy_write(mmd_writer_t *writer, const mmd_tensor_t *tensor) {
  char header[MAX_HEADER];
  size_t size = 0;
  MMD_TRY(make_header(tensor, header, &size));
  MMD_TRY(mmd_writer_write(writer, header, size));
  size_t bytes = mmd_tensor_byte_size(tensor);
  if (bytes == 0) return NULL;
  mmd_tensor_t plain = {0};
  MMD_TRY(packed(tensor, &plain));
  mmd_status_t status = mmd_writer_write(writer, mmd_tensor_data(&plain), bytes);
  mmd_tensor_deinit(&plain);
  return status;
}

mmd_status_t mmd_npy_write_file(const char *path, const mmd_tensor_t *tensor) {
  mmd_writer_t *writer = NULL;
  MMD_TRY(mmd_writer_create(path, &writer));
  mmd_status_t status = mmd_npy_write(writer, tensor);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  return mmd_status_annotate(status, "%s", path);
}

static mmd_status_t read_entry(const mmd_zip_t *zip, const mmd_zip_entry_t *entry,
                               mmd_value_t *arrays) {
  mmd_str_t text = {0};
  mmd_storage_t *storage = NULL;
  mmd_tensor_t tensor = {0};
  size_t offset = 0;
  mmd_status_t status = mmd_str_printf(&text, "%s: %s", mmd_zip_name(zip), entry->name);
  if (!status) status = mmd_zip_view(zip, entry, &storage, &offset);
  if (!status) {
    status = mmd_npy_parse(storage, offset, (size_t)entry->size, mmd_str_text(&text), &tensor);
  }
  if (!status) {
    mmd_str_clear(&text);
    status = mmd_str_append_n(&text, entry->name, strlen(entry->name) - 4);
  }
  if (!status) status = mmd_object_take(arrays, mmd_str_text(&text), mmd_value_tensor(&tensor));
  mmd_tensor_deinit(&tensor);
  mmd_storage_release(storage);
  mmd_str_deinit(&text);
  return status;
}

mmd_status_t mmd_npz_read(const mmd_zip_t *zip, mmd_value_t **out_arrays) {
  *out_arrays = NULL;
  mmd_value_t *arrays = mmd_value_object();
  MMD_TRY_ALLOC(arrays);
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < mmd_zip_size(zip); ++i) {
    const mmd_zip_entry_t *entry = mmd_zip_at(zip, i);
    if (mmd_str_ends_with(entry->name, ".npy")) status = read_entry(zip, entry, arrays);
  }
  if (status) {
    mmd_value_release(arrays);
    return status;
  }
  *out_arrays = arrays;
  return NULL;
}

mmd_status_t mmd_npz_read_file(const char *path, mmd_value_t **out_arrays) {
  *out_arrays = NULL;
  mmd_zip_t *zip = NULL;
  MMD_TRY(mmd_zip_open_file(path, NULL, &zip));
  mmd_status_t status = mmd_npz_read(zip, out_arrays);
  mmd_zip_destroy(zip);
  return status;
}

mmd_status_t mmd_npz_add(mmd_zip_writer_t *zip, const char *key, const mmd_tensor_t *tensor) {
  if (!tensor) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is not a tensor", key);
  char header[MAX_HEADER];
  size_t size = 0;
  MMD_TRY(mmd_status_annotate(make_header(tensor, header, &size), "'%s'", key));
  mmd_tensor_t plain = {0};
  mmd_str_t name = {0};
  mmd_status_t status = packed(tensor, &plain);
  if (!status) status = mmd_str_printf(&name, "%s.npy", key);
  if (!status) {
    mmd_zip_part_t parts[2] = {
        {header, size, NULL},
        {mmd_tensor_data(&plain), mmd_tensor_byte_size(&plain), plain.storage}};
    status = mmd_zip_writer_add_parts(zip, mmd_str_text(&name), parts, 2);
  }
  mmd_str_deinit(&name);
  mmd_tensor_deinit(&plain);
  return status;
}

static mmd_status_t write_arrays(mmd_writer_t *writer, const mmd_value_t *arrays) {
  mmd_zip_writer_t *zip = NULL;
  mmd_zip_writer_options_t options = {.alignment = 64};
  MMD_TRY(mmd_zip_writer_create(writer, &options, &zip));
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < mmd_object_size(arrays); ++i) {
    status = mmd_npz_add(zip, mmd_object_key_at(arrays, i),
                         mmd_value_get_tensor(mmd_object_value_at(arrays, i)));
  }
  if (!status) status = mmd_zip_writer_finish(zip);
  mmd_zip_writer_destroy(zip);
  return status;
}

mmd_status_t mmd_npz_write_file(const char *path, const mmd_value_t *arrays) {
  mmd_writer_t *writer = NULL;
  MMD_TRY(mmd_writer_create(path, &writer));
  mmd_status_t status = write_arrays(writer, arrays);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  return mmd_status_annotate(status, "%s", path);
}
