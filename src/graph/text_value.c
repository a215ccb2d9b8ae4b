// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/internal.h"
#include "graph/text_internal.h"

mmd_status_t mmd_text_print_edge(const mmd_edge_t *edge, mmd_str_t *out) {
  if (!edge) return mmd_str_append_char(out, '_');
  MMD_TRY(mmd_str_append_char(out, '%'));
  if (mmd_text_is_name(edge->name)) return mmd_str_append(out, edge->name);
  return mmd_text_quote(edge->name, strlen(edge->name), out);
}

static bool prints_as_float(mmd_dtype_t dtype) {
  return dtype == MMD_F32 || dtype == MMD_F64 || dtype == MMD_F16 || dtype == MMD_BF16;
}

static bool prints_as_hex(mmd_dtype_t dtype) {
  return dtype == MMD_C64 || dtype == MMD_C128 || dtype >= MMD_F8E4M3FN;
}

static mmd_status_t print_element(const mmd_tensor_t *tensor, size_t i, mmd_str_t *out) {
  char text[32];
  size_t size = 0;
  if (tensor->dtype == MMD_STRING) {
    const char *string = mmd_tensor_get_string(tensor, i, &size);
    return mmd_text_quote(string, size, out);
  }
  if (tensor->dtype == MMD_BOOL)
    return mmd_str_append(out, mmd_tensor_get_i64(tensor, i) ? "1" : "0");
  if (prints_as_float(tensor->dtype)) {
    double number = mmd_tensor_get_f64(tensor, i);
    if (tensor->dtype == MMD_F64) {
      mmd_format_double(number, text);
    } else {
      mmd_format_float((float)number, text);
    }
    return mmd_str_append(out, text);
  }
  int64_t number = mmd_tensor_get_i64(tensor, i);
  if (tensor->dtype == MMD_U64) return mmd_str_printf(out, "%llu", (unsigned long long)number);
  return mmd_str_printf(out, "%lld", (long long)number);
}

static mmd_status_t print_hex(const mmd_tensor_t *tensor, mmd_str_t *out) {
  mmd_tensor_t packed = {0};
  MMD_TRY(mmd_tensor_contiguous(tensor, &packed));
  const unsigned char *bytes = mmd_tensor_data(&packed);
  size_t size = mmd_tensor_byte_size(&packed);
  mmd_status_t status = mmd_str_append(out, "hex \"");
  for (size_t i = 0; i < size && !status; ++i) status = mmd_str_printf(out, "%02x", bytes[i]);
  if (!status) status = mmd_str_append_char(out, '"');
  mmd_tensor_deinit(&packed);
  return status;
}

// FNV-1a over words of eight bytes, the last one filled with zeros.
static uint64_t hash_bytes(uint64_t hash, const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; i += 8) {
    uint64_t word = 0;
    memcpy(&word, bytes + i, size - i < 8 ? size - i : 8);
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
  }
  return hash;
}

// A value that is broadcast over the whole tensor counts once.
static mmd_status_t hash_tensor(const mmd_tensor_t *tensor, uint64_t *out_hash) {
  bool is_broadcast = tensor->dtype != MMD_STRING;
  for (int i = 0; i < tensor->shape.rank; ++i) is_broadcast &= tensor->strides[i] == 0;
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  mmd_tensor_t one = *tensor, packed = {0};
  if (is_broadcast) one.shape.rank = 0;
  if (tensor->dtype == MMD_STRING) {
    for (size_t i = 0, n = mmd_tensor_count(tensor); i < n; ++i) {
      size_t size = 0;
      const char *string = mmd_tensor_get_string(tensor, i, &size);
      for (size_t j = 0; j <= size; ++j)
        hash = (hash ^ (j < size ? (unsigned char)string[j] : 0x100u)) * UINT64_C(0x100000001b3);
    }
    *out_hash = hash;
    return NULL;
  }
  MMD_TRY(mmd_tensor_contiguous(&one, &packed));
  hash = hash_bytes(hash, mmd_tensor_data(&packed), mmd_tensor_byte_size(&packed));
  mmd_tensor_deinit(&packed);
  *out_hash = hash;
  return NULL;
}

static mmd_status_t print_shape(const mmd_tensor_t *tensor, mmd_str_t *out) {
  MMD_TRY(mmd_str_printf(out, "%s[", mmd_dtype_name(tensor->dtype)));
  for (int i = 0; i < tensor->shape.rank; ++i)
    MMD_TRY(mmd_str_printf(out, "%s%lld", i ? "," : "", (long long)tensor->shape.dims[i]));
  return mmd_str_append(out, "] = ");
}

mmd_status_t mmd_text_print_tensor(const mmd_tensor_t *tensor, unsigned flags, mmd_str_t *out) {
  MMD_TRY(print_shape(tensor, out));
  size_t count = mmd_tensor_count(tensor);
  if (!(flags & MMD_TEXT_WEIGHTS) && count > MMD_TEXT_SMALL) {
    uint64_t hash = 0;
    MMD_TRY(hash_tensor(tensor, &hash));
    return mmd_str_printf(out, "#%016llx", (unsigned long long)hash);
  }
  if (prints_as_hex(tensor->dtype)) return print_hex(tensor, out);
  MMD_TRY(mmd_str_append_char(out, '['));
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) MMD_TRY(mmd_str_append(out, ", "));
    MMD_TRY(print_element(tensor, i, out));
  }
  return mmd_str_append_char(out, ']');
}

// Attributes. Every kind can be told by its first characters.

// "0.1f" is the float nearest to 0.1; without the letter the number is a double.
static mmd_status_t print_number(double number, mmd_str_t *out) {
  char as_double[32], as_float[32];
  mmd_format_double(number, as_double);
  mmd_format_float((float)number, as_float);
  bool is_float = (double)(float)number == number && strlen(as_float) + 1 < strlen(as_double);
  return is_float ? mmd_str_printf(out, "%sf", as_float) : mmd_str_append(out, as_double);
}

static mmd_status_t print_item(mmd_text_printer_t *p, const mmd_attr_t *attr, size_t i) {
  switch (attr->kind) {
    case MMD_ATTR_INTS:
      return mmd_str_printf(p->out, "%lld", (long long)attr->u.integers[i]);
    case MMD_ATTR_FLOATS:
      return print_number(attr->u.numbers[i], p->out);
    case MMD_ATTR_STRINGS:
      return mmd_text_quote(attr->u.strings[i].data, attr->u.strings[i].size, p->out);
    case MMD_ATTR_TENSORS:
      return mmd_text_print_tensor(&attr->u.tensors[i], p->flags, p->out);
    default:
      return mmd_text_print_region(p, attr->u.regions[i]);
  }
}

static mmd_status_t print_list(mmd_text_printer_t *p, const mmd_attr_t *attr) {
  static const char *const empty[] = {
      [MMD_ATTR_INTS] = "ints ", [MMD_ATTR_FLOATS] = "floats ", [MMD_ATTR_STRINGS] = "strings "};
  if (attr->kind == MMD_ATTR_TENSORS) MMD_TRY(mmd_str_append(p->out, "tensors "));
  if (attr->kind == MMD_ATTR_REGIONS) MMD_TRY(mmd_str_append(p->out, "regions "));
  bool is_plain = attr->kind == MMD_ATTR_INTS || attr->kind == MMD_ATTR_FLOATS ||
                  attr->kind == MMD_ATTR_STRINGS;
  if (is_plain && attr->count == 0) MMD_TRY(mmd_str_append(p->out, empty[attr->kind]));
  MMD_TRY(mmd_str_append_char(p->out, '['));
  for (size_t i = 0; i < attr->count; ++i) {
    if (i > 0) MMD_TRY(mmd_str_append(p->out, ", "));
    MMD_TRY(print_item(p, attr, i));
  }
  return mmd_str_append_char(p->out, ']');
}

static mmd_status_t print_attr_value(mmd_text_printer_t *p, const mmd_attr_t *attr) {
  switch (attr->kind) {
    case MMD_ATTR_INT:
      return mmd_str_printf(p->out, "%lld", (long long)attr->u.integer);
    case MMD_ATTR_FLOAT:
      return print_number(attr->u.number, p->out);
    case MMD_ATTR_STRING:
      return mmd_text_quote(attr->u.string.data, attr->u.string.size, p->out);
    case MMD_ATTR_REFERENCE:
      MMD_TRY(mmd_str_append(p->out, "ref "));
      return mmd_text_quote(attr->u.string.data, attr->u.string.size, p->out);
    case MMD_ATTR_TENSOR:
      MMD_TRY(mmd_str_append(p->out, "tensor "));
      return mmd_text_print_tensor(attr->u.tensor, p->flags, p->out);
    case MMD_ATTR_TYPE:
      MMD_TRY(mmd_str_append(p->out, "type "));
      return mmd_type_format(attr->u.type, p->out);
    case MMD_ATTR_REGION:
      MMD_TRY(mmd_str_append(p->out, "region "));
      return mmd_text_print_region(p, attr->u.region);
    default:
      return print_list(p, attr);
  }
}

mmd_status_t mmd_text_print_attr(mmd_text_printer_t *p, const mmd_attr_t *attr) {
  if (mmd_text_is_name(attr->name)) {
    MMD_TRY(mmd_str_append(p->out, attr->name));
  } else {
    MMD_TRY(mmd_text_quote(attr->name, strlen(attr->name), p->out));
  }
  MMD_TRY(mmd_str_append(p->out, " = "));
  return print_attr_value(p, attr);
}
