// SPDX-License-Identifier: Apache-2.0
#include "formats/checkpoint/pickle_writer.h"

#include <string.h>

#include "value/json.h"

static mmd_status_t put_byte(mmd_pickle_writer_t *w, unsigned byte) {
  return mmd_str_append_char(&w->out, (char)(unsigned char)byte);
}

static mmd_status_t put_le(mmd_pickle_writer_t *w, uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) MMD_TRY(put_byte(w, (number >> (8 * i)) & 0xff));
  return NULL;
}

mmd_status_t mmd_pickle_write_begin(mmd_pickle_writer_t *writer) {
  return mmd_str_append_n(&writer->out, "\x80\x02", 2);
}

mmd_status_t mmd_pickle_write_end(mmd_pickle_writer_t *writer) {
  return put_byte(writer, '.');
}

mmd_status_t mmd_pickle_write_text(mmd_pickle_writer_t *writer, const char *text, size_t size) {
  if (size > UINT32_MAX) return MMD_ERROR(MMD_OUT_OF_RANGE, "a text of %zu bytes", size);
  MMD_TRY(put_byte(writer, 'X'));
  MMD_TRY(put_le(writer, size, 4));
  return mmd_str_append_n(&writer->out, text, size);
}

// A global by "module\nname\n" and its memo number, or by the number alone the next time.
static mmd_status_t put_global(mmd_pickle_writer_t *w, const char *name) {
  for (size_t i = 0; i < w->global_count; ++i) {
    if (strcmp(w->globals[i], name) != 0) continue;
    MMD_TRY(put_byte(w, 'h'));
    return put_byte(w, (unsigned)i);
  }
  MMD_TRY(mmd_str_printf(&w->out, "c%s", name));
  if (w->global_count == MMD_PICKLE_GLOBALS) return NULL;
  w->globals[w->global_count] = name;
  MMD_TRY(put_byte(w, 'q'));
  return put_byte(w, (unsigned)w->global_count++);
}

static mmd_status_t put_int(mmd_pickle_writer_t *w, int64_t number) {
  if (number >= 0 && number <= UINT8_MAX) {
    MMD_TRY(put_byte(w, 'K'));
    return put_le(w, (uint64_t)number, 1);
  }
  if (number >= 0 && number <= UINT16_MAX) {
    MMD_TRY(put_byte(w, 'M'));
    return put_le(w, (uint64_t)number, 2);
  }
  if (number >= INT32_MIN && number <= INT32_MAX) {
    MMD_TRY(put_byte(w, 'J'));
    return put_le(w, (uint64_t)number, 4);
  }
  MMD_TRY(put_byte(w, 0x8a));
  MMD_TRY(put_byte(w, 8));
  return put_le(w, (uint64_t)number, 8);
}

static mmd_status_t put_float(mmd_pickle_writer_t *w, double number) {
  uint64_t bits = 0;
  memcpy(&bits, &number, sizeof bits);
  MMD_TRY(put_byte(w, 'G'));
  for (unsigned i = 8; i > 0; --i) MMD_TRY(put_byte(w, (bits >> (8 * (i - 1))) & 0xff));
  return NULL;
}

// Protocol 2 has no bytes: Python writes _codecs.encode(text, 'latin1').
static mmd_status_t put_bytes(mmd_pickle_writer_t *w, const uint8_t *data, size_t size) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < size; ++i) {
    char bytes[4];
    status = mmd_str_append_n(&text, bytes, mmd_utf8_put(data[i], bytes));
  }
  if (!status) status = put_global(w, "_codecs\nencode\n");
  if (!status) status = mmd_pickle_write_text(w, mmd_str_text(&text), text.size);
  mmd_str_deinit(&text);
  MMD_TRY(status);
  MMD_TRY(mmd_pickle_write_text(w, "latin1", 6));
  MMD_TRY(put_byte(w, 0x86));
  return put_byte(w, 'R');
}

mmd_status_t mmd_pickle_write_dict_begin(mmd_pickle_writer_t *writer) {
  return mmd_str_append_n(&writer->out, "}(", 2);
}

mmd_status_t mmd_pickle_write_ordered_begin(mmd_pickle_writer_t *writer) {
  MMD_TRY(put_global(writer, "collections\nOrderedDict\n"));
  return mmd_str_append_n(&writer->out, ")R(", 3);
}

mmd_status_t mmd_pickle_write_items_end(mmd_pickle_writer_t *writer) {
  return put_byte(writer, 'u');
}

const char *mmd_pickle_storage_class(mmd_dtype_t dtype) {
  switch (dtype) {
    case MMD_F64:
      return "torch\nDoubleStorage\n";
    case MMD_F32:
      return "torch\nFloatStorage\n";
    case MMD_F16:
      return "torch\nHalfStorage\n";
    case MMD_BF16:
      return "torch\nBFloat16Storage\n";
    case MMD_I64:
      return "torch\nLongStorage\n";
    case MMD_I32:
      return "torch\nIntStorage\n";
    case MMD_I16:
      return "torch\nShortStorage\n";
    case MMD_I8:
      return "torch\nCharStorage\n";
    case MMD_U8:
      return "torch\nByteStorage\n";
    case MMD_BOOL:
      return "torch\nBoolStorage\n";
    case MMD_C64:
      return "torch\nComplexFloatStorage\n";
    case MMD_C128:
      return "torch\nComplexDoubleStorage\n";
    default:
      return NULL;
  }
}

static mmd_status_t put_ints(mmd_pickle_writer_t *w, const int64_t *numbers, int count) {
  MMD_TRY(put_byte(w, '('));
  for (int i = 0; i < count; ++i) MMD_TRY(put_int(w, numbers[i]));
  return put_byte(w, 't');
}

// ('storage', class, key, 'cpu', elements), as a persistent id.
static mmd_status_t put_storage(mmd_pickle_writer_t *w, const mmd_tensor_t *tensor) {
  const char *class_name = mmd_pickle_storage_class(tensor->dtype);
  if (!class_name) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "PyTorch checkpoints hold no %s tensors",
                     mmd_dtype_name(tensor->dtype));
  }
  size_t number = 0;
  MMD_TRY(w->add_storage(w->user, tensor, &number));
  mmd_str_t key = {0};
  mmd_status_t status = put_byte(w, '(');
  if (!status) status = mmd_pickle_write_text(w, "storage", 7);
  if (!status) status = put_global(w, class_name);
  if (!status) status = mmd_str_printf(&key, "%zu", number);
  if (!status) status = mmd_pickle_write_text(w, mmd_str_text(&key), key.size);
  if (!status) status = mmd_pickle_write_text(w, "cpu", 3);
  if (!status) status = put_int(w, (int64_t)mmd_tensor_count(tensor));
  if (!status) status = mmd_str_append_n(&w->out, "tQ", 2);
  mmd_str_deinit(&key);
  return status;
}

mmd_status_t mmd_pickle_write_tensor(mmd_pickle_writer_t *writer, const mmd_tensor_t *tensor) {
  int64_t strides[MMD_MAX_RANK];
  mmd_shape_strides(&tensor->shape, strides);
  MMD_TRY(put_global(writer, "torch._utils\n_rebuild_tensor_v2\n"));
  MMD_TRY(put_byte(writer, '('));
  MMD_TRY(put_storage(writer, tensor));
  MMD_TRY(put_int(writer, 0));
  MMD_TRY(put_ints(writer, tensor->shape.dims, tensor->shape.rank));
  MMD_TRY(put_ints(writer, strides, tensor->shape.rank));
  MMD_TRY(put_byte(writer, 0x89));  // requires_grad
  MMD_TRY(put_global(writer, "collections\nOrderedDict\n"));
  return mmd_str_append_n(&writer->out, ")RtR", 4);  // no backward hooks
}

static mmd_status_t put_array(mmd_pickle_writer_t *w, const mmd_value_t *array) {
  bool is_tuple = mmd_array_flavour(array) == MMD_ARRAY_TUPLE;
  MMD_TRY(mmd_str_append(&w->out, is_tuple ? "(" : "]("));
  for (size_t i = 0; i < mmd_array_size(array); ++i) {
    MMD_TRY(mmd_pickle_write_value(w, mmd_array_at(array, i)));
  }
  return put_byte(w, is_tuple ? 't' : 'e');
}

static mmd_status_t put_object(mmd_pickle_writer_t *w, const mmd_value_t *object) {
  MMD_TRY(mmd_pickle_write_dict_begin(w));
  for (size_t i = 0; i < mmd_object_size(object); ++i) {
    const char *key = mmd_object_key_at(object, i);
    MMD_TRY(mmd_pickle_write_text(w, key, strlen(key)));
    MMD_TRY(
        mmd_status_annotate(mmd_pickle_write_value(w, mmd_object_value_at(object, i)), "%s", key));
  }
  return mmd_pickle_write_items_end(w);
}

static mmd_status_t put_string(mmd_pickle_writer_t *w, const mmd_value_t *value) {
  size_t size = 0;
  const char *text = mmd_value_get_string_n(value, &size);
  return mmd_pickle_write_text(w, text, size);
}

static mmd_status_t put_any_value(mmd_pickle_writer_t *w, const mmd_value_t *value) {
  size_t size = 0;
  switch (mmd_value_kind(value)) {
    case MMD_VALUE_NULL:
      return put_byte(w, 'N');
    case MMD_VALUE_BOOL:
      return put_byte(w, mmd_value_get_bool(value, false) ? 0x88 : 0x89);
    case MMD_VALUE_INT:
      return put_int(w, mmd_value_get_int(value, 0));
    case MMD_VALUE_FLOAT:
      return put_float(w, mmd_value_get_float(value, 0));
    case MMD_VALUE_STRING:
      return put_string(w, value);
    case MMD_VALUE_BYTES: {
      const uint8_t *data = mmd_value_get_bytes(value, &size);
      return put_bytes(w, data, size);
    }
    case MMD_VALUE_ARRAY:
      return put_array(w, value);
    case MMD_VALUE_OBJECT:
      return put_object(w, value);
    case MMD_VALUE_TENSOR:
      return mmd_pickle_write_tensor(w, mmd_value_get_tensor(value));
    case MMD_VALUE_IMAGE:
    case MMD_VALUE_ANY:
      break;
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "a value of kind '%s' has no pickled form",
                   mmd_value_kind_name(mmd_value_kind(value)));
}

mmd_status_t mmd_pickle_write_value(mmd_pickle_writer_t *writer, const mmd_value_t *value) {
  if (writer->depth >= MMD_JSON_MAX_DEPTH) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "a value nested more than %d levels deep",
                     MMD_JSON_MAX_DEPTH);
  }
  ++writer->depth;
  mmd_status_t status = put_any_value(writer, value);
  --writer->depth;
  return status;
}
