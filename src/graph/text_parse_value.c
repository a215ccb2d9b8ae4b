// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/alloc.h"
#include "graph/internal.h"
#include "graph/text_internal.h"

enum { MAX_ELIDED_PACKED = 1 << 20 };  // elements of left-out constants that cannot be broadcast

// Tensors.

static mmd_status_t read_shape(mmd_text_parser_t *p, mmd_dtype_t *out_dtype,
                               mmd_shape_t *out_shape) {
  mmd_type_t type;
  MMD_TRY(mmd_text_read_type(p, &type));
  if (!mmd_type_is_static(&type) || type.dtype == MMD_DTYPE_UNDEFINED)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a constant needs an element type and numbers as shape");
  int64_t dims[MMD_MAX_RANK] = {0};
  for (int i = 0; i < type.rank; ++i) dims[i] = type.dims[i]->number;
  *out_dtype = type.dtype;
  MMD_TRY(mmd_shape_make(type.rank, dims, out_shape));
  size_t count = 0;
  return mmd_shape_count(out_shape, &count);
}

static bool is_float(mmd_dtype_t dtype) {
  return dtype == MMD_F32 || dtype == MMD_F64 || dtype == MMD_F16 || dtype == MMD_BF16;
}

static mmd_status_t parse_u64(const char *token, size_t size, int64_t *out_number) {
  uint64_t number = 0;
  for (size_t i = 0; i < size; ++i) {
    unsigned digit = (unsigned)(token[i] - '0');
    if (digit > 9 || __builtin_mul_overflow(number, UINT64_C(10), &number) ||
        __builtin_add_overflow(number, (uint64_t)digit, &number))
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%.*s' is no number of 64 bits", (int)size, token);
  }
  memcpy(out_number, &number, sizeof number);
  return NULL;
}

static mmd_status_t read_element(mmd_text_parser_t *p, mmd_tensor_t *tensor, void *data, size_t i) {
  const char *token = NULL;
  size_t size = 0;
  if (tensor->dtype == MMD_STRING) {
    MMD_TRY(mmd_text_read_quoted(p, "a quoted text"));
    return mmd_tensor_set_string(tensor, i, mmd_str_text(&p->word), p->word.size);
  }
  MMD_TRY(mmd_text_read_token(p, &token, &size));
  int64_t integer = 0;
  double number = 0;
  if (is_float(tensor->dtype)) {
    if (!mmd_parse_double(token, size, &number)) {
      p->at -= size;
      return mmd_text_error(p, "a number");
    }
    mmd_dtype_store_f64(tensor->dtype, data, i, number);
    return NULL;
  }
  if (tensor->dtype == MMD_U64) {
    MMD_TRY(parse_u64(token, size, &integer));
  } else if (!mmd_parse_i64(token, size, &integer)) {
    p->at -= size;
    return mmd_text_error(p, "an integer");
  }
  mmd_dtype_store_i64(tensor->dtype, data, i, integer);
  return NULL;
}

static mmd_status_t read_elements(mmd_text_parser_t *p, mmd_tensor_t *tensor) {
  size_t count = mmd_tensor_count(tensor);
  void *data = tensor->dtype == MMD_STRING ? NULL : mmd_tensor_mutable_data(tensor);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) MMD_TRY(mmd_text_expect(p, ","));
    MMD_TRY(read_element(p, tensor, data, i));
  }
  return mmd_text_expect(p, "]");
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static mmd_status_t read_hex(mmd_text_parser_t *p, mmd_tensor_t *tensor) {
  MMD_TRY(mmd_text_read_quoted(p, "bytes in quotes"));
  size_t size = mmd_tensor_byte_size(tensor);
  const char *text = mmd_str_text(&p->word);
  uint8_t *data = mmd_tensor_mutable_data(tensor);
  if (tensor->dtype == MMD_STRING || p->word.size != size * 2)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a constant of %zu bytes has %zu", size,
                     p->word.size / 2);
  for (size_t i = 0; i < size; ++i) {
    int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "a constant's bytes are not hexadecimal");
    data[i] = (uint8_t)(high * 16 + low);
  }
  return NULL;
}

// Zeros in place of elements that were not printed: one, broadcast, however large the shape.
static mmd_status_t make_zeros(mmd_dtype_t dtype, const mmd_shape_t *shape, size_t count,
                               mmd_tensor_t *out_tensor) {
  if (mmd_dtype_size(dtype) == 0 || count == 0) {
    if (count > MAX_ELIDED_PACKED)
      return MMD_ERROR(MMD_OUT_OF_RANGE, "a left-out constant has %zu elements", count);
    return mmd_tensor_create(dtype, shape, true, out_tensor);
  }
  mmd_shape_t scalar = {0};
  mmd_tensor_t one = {0};
  int64_t strides[MMD_MAX_RANK] = {0};
  MMD_TRY(mmd_tensor_create(dtype, &scalar, true, &one));
  mmd_status_t status = mmd_tensor_view_strided(one.storage, 0, dtype, shape, strides, out_tensor);
  mmd_tensor_deinit(&one);
  return status;
}

// Each element takes a character at least (4-bit ones: two digits for two elements).
static mmd_status_t check_packed_size(const mmd_text_parser_t *p, size_t count) {
  if (count > p->size - p->at)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a constant has fewer elements than its shape tells");
  return NULL;
}

mmd_status_t mmd_text_read_tensor(mmd_text_parser_t *p, mmd_tensor_t *out_tensor) {
  mmd_dtype_t dtype = MMD_DTYPE_UNDEFINED;
  mmd_shape_t shape = {0};
  size_t count = 0;
  MMD_TRY(read_shape(p, &dtype, &shape));
  MMD_TRY(mmd_shape_count(&shape, &count));
  MMD_TRY(mmd_text_expect(p, "="));
  mmd_text_skip(p);
  if (mmd_text_accept(p, "#")) {
    const char *token = NULL;
    size_t size = 0;
    MMD_TRY(mmd_text_read_token(p, &token, &size));
    return make_zeros(dtype, &shape, count, out_tensor);
  }
  MMD_TRY(check_packed_size(p, count));
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_create(dtype, &shape, true, &tensor));
  mmd_status_t status = NULL;
  if (mmd_text_accept_word(p, "hex")) {
    status = read_hex(p, &tensor);
  } else {
    status = mmd_text_expect(p, "[");
    if (!status && mmd_dtype_size(dtype) == 0 && dtype != MMD_STRING)
      status = mmd_text_error(p, "the bytes of a 4-bit constant");
    if (!status) status = read_elements(p, &tensor);
  }
  if (status) {
    mmd_tensor_deinit(&tensor);
    return status;
  }
  *out_tensor = tensor;
  return NULL;
}

// Attributes.

static bool looks_like_float(const char *token, size_t size) {
  for (size_t i = 0; i < size; ++i)
    if (token[i] == '.' || (token[i] >= 'a' && token[i] <= 'z')) return true;
  return false;
}

static mmd_status_t parse_number(mmd_text_parser_t *p, const char *token, size_t size,
                                 double *out_number) {
  double number = 0;
  bool is_single = size > 1 && token[size - 1] == 'f' && token[size - 2] != 'n';  // not "inf"
  if (!mmd_parse_double(token, size - is_single, &number)) {
    p->at -= size;
    return mmd_text_error(p, "a number");
  }
  *out_number = is_single ? (double)(float)number : number;
  return NULL;
}

typedef struct list_t {
  void *items;
  size_t capacity, count;
} list_t;

static mmd_status_t add_number(mmd_text_parser_t *p, mmd_attr_kind_t kind, list_t *list) {
  const char *token = NULL;
  size_t size = 0;
  MMD_TRY(mmd_text_read_token(p, &token, &size));
  MMD_TRY(mmd_graph_grow(p->graph, &list->items, &list->capacity, list->count + 1, 8));
  if (kind == MMD_ATTR_FLOATS)
    return parse_number(p, token, size, &((double *)list->items)[list->count++]);
  if (mmd_parse_i64(token, size, &((int64_t *)list->items)[list->count++])) return NULL;
  p->at -= size;
  return mmd_text_error(p, "an integer");
}

static mmd_status_t read_string(mmd_text_parser_t *p, mmd_attr_string_t *out_string) {
  MMD_TRY(mmd_text_read_quoted(p, "a quoted text"));
  out_string->size = p->word.size;
  out_string->data = mmd_arena_strndup(&p->graph->arena, mmd_str_text(&p->word), p->word.size);
  MMD_TRY_ALLOC(out_string->data);
  return NULL;
}

static mmd_status_t add_string(mmd_text_parser_t *p, list_t *list) {
  MMD_TRY(mmd_graph_grow(p->graph, &list->items, &list->capacity, list->count + 1,
                         sizeof(mmd_attr_string_t)));
  return read_string(p, &((mmd_attr_string_t *)list->items)[list->count++]);
}

static mmd_status_t read_list(mmd_text_parser_t *p, mmd_attr_kind_t kind, mmd_attr_t *attr) {
  list_t list = {0};
  MMD_TRY(mmd_text_expect(p, "["));
  while (!mmd_text_accept(p, "]")) {
    if (list.count > 0) MMD_TRY(mmd_text_expect(p, ","));
    MMD_TRY(kind == MMD_ATTR_STRINGS ? add_string(p, &list) : add_number(p, kind, &list));
  }
  attr->kind = kind;
  attr->count = list.count;
  if (kind == MMD_ATTR_INTS) attr->u.integers = list.items;
  if (kind == MMD_ATTR_FLOATS) attr->u.numbers = list.items;
  if (kind == MMD_ATTR_STRINGS) attr->u.strings = list.items;
  return NULL;
}

// The kind of the list that starts here, from its first item.
static mmd_attr_kind_t peek_list_kind(mmd_text_parser_t *p) {
  size_t start = p->at;
  mmd_attr_kind_t kind = MMD_ATTR_INTS;
  const char *token = NULL;
  size_t size = 0;
  mmd_text_accept(p, "[");
  mmd_text_skip(p);
  if (p->at < p->size && p->text[p->at] == '"') {
    kind = MMD_ATTR_STRINGS;
  } else if (p->at < p->size && mmd_text_is_name_char(p->text[p->at])) {
    mmd_status_t status = mmd_text_read_token(p, &token, &size);
    if (!mmd_status_ignore(status) && looks_like_float(token, size)) kind = MMD_ATTR_FLOATS;
  }
  p->at = start;
  return kind;
}

// Values that hold neither regions nor tensors.
static mmd_status_t read_plain(mmd_text_parser_t *p, mmd_attr_t *attr) {
  mmd_text_skip(p);
  char next = p->at < p->size ? p->text[p->at] : '\0';
  if (next == '[') return read_list(p, peek_list_kind(p), attr);
  if (next == '"') {
    attr->kind = MMD_ATTR_STRING;
    return read_string(p, &attr->u.string);
  }
  if (mmd_text_accept_word(p, "ints")) return read_list(p, MMD_ATTR_INTS, attr);
  if (mmd_text_accept_word(p, "floats")) return read_list(p, MMD_ATTR_FLOATS, attr);
  if (mmd_text_accept_word(p, "strings")) return read_list(p, MMD_ATTR_STRINGS, attr);
  if (mmd_text_accept_word(p, "ref")) {
    attr->kind = MMD_ATTR_REFERENCE;
    return read_string(p, &attr->u.string);
  }
  if (mmd_text_accept_word(p, "type")) {
    mmd_type_t *type = mmd_arena_alloc(&p->graph->arena, sizeof *type);
    MMD_TRY_ALLOC(type);
    attr->kind = MMD_ATTR_TYPE;
    attr->u.type = type;
    return mmd_text_read_type(p, type);
  }
  const char *token = NULL;
  size_t size = 0;
  MMD_TRY(mmd_text_read_token(p, &token, &size));
  if (looks_like_float(token, size)) {
    attr->kind = MMD_ATTR_FLOAT;
    return parse_number(p, token, size, &attr->u.number);
  }
  attr->kind = MMD_ATTR_INT;
  if (mmd_parse_i64(token, size, &attr->u.integer)) return NULL;
  p->at -= size;
  return mmd_text_error(p, "a value");
}

// Calls |finish| with the attribute, whose tensors are released afterwards.
typedef mmd_status_t (*finish_fn)(mmd_text_parser_t *p, void *context, const mmd_attr_t *attr);

static mmd_status_t read_tensors(mmd_text_parser_t *p, mmd_attr_t *attr, finish_fn finish,
                                 void *context) {
  mmd_tensor_t *tensors = NULL;
  size_t count = 0, capacity = 0;
  bool is_list = attr->kind == MMD_ATTR_TENSORS, is_done = false;
  mmd_status_t status = is_list ? mmd_text_expect(p, "[") : NULL;
  while (!status && !is_done) {
    if (is_list && mmd_text_accept(p, "]")) break;
    if (count > 0) status = mmd_text_expect(p, ",");
    if (!status) status = MMD_GROW(tensors, capacity, count + 1);
    if (!status) status = mmd_text_read_tensor(p, &tensors[count]);
    if (!status) ++count;
    is_done = !is_list;
  }
  attr->count = is_list ? count : 0;
  if (is_list) {
    attr->u.tensors = tensors;
  } else {
    attr->u.tensor = tensors;
  }
  if (!status) status = finish(p, context, attr);
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&tensors[i]);
  mmd_free(tensors);
  return status;
}

static mmd_status_t read_value(mmd_text_parser_t *p, const char *name, finish_fn finish,
                               void *context) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_TENSOR};
  if (mmd_text_accept_word(p, "tensor")) return read_tensors(p, &attr, finish, context);
  attr.kind = MMD_ATTR_TENSORS;
  if (mmd_text_accept_word(p, "tensors")) return read_tensors(p, &attr, finish, context);
  MMD_TRY(read_plain(p, &attr));
  return finish(p, context, &attr);
}

static mmd_status_t set_on_node(mmd_text_parser_t *p, void *context, const mmd_attr_t *attr) {
  (void)p;
  return mmd_node_set_attr(context, attr);
}

static mmd_status_t set_on_attr(mmd_text_parser_t *p, void *context, const mmd_attr_t *attr) {
  return mmd_attr_copy(p->graph, attr, context);
}

static mmd_status_t new_region(mmd_text_parser_t *p, mmd_region_t **out_region) {
  MMD_TRY(mmd_text_read_quoted(p, "the region's name"));
  MMD_TRY(mmd_region_create(p->graph, mmd_str_text(&p->word), out_region));
  return NULL;
}

static mmd_status_t read_region_attr(mmd_text_parser_t *p, mmd_node_t *node, const char *name) {
  mmd_region_t *region = NULL;
  MMD_TRY(new_region(p, &region));
  // Owned first, so that it sees the edges around it.
  MMD_TRY(mmd_node_set_region(node, name, region));
  MMD_TRY(mmd_text_expect(p, "{"));
  return mmd_text_read_region(p, region);
}

static mmd_status_t read_regions_attr(mmd_text_parser_t *p, mmd_node_t *node, const char *name) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_REGIONS};
  size_t capacity = 0;
  MMD_TRY(mmd_node_set_attr(node, &attr));
  MMD_TRY(mmd_text_expect(p, "["));
  while (!mmd_text_accept(p, "]")) {
    if (attr.count > 0) MMD_TRY(mmd_text_expect(p, ","));
    MMD_TRY(MMD_GRAPH_GROW(p->graph, attr.u.regions, capacity, attr.count + 1));
    MMD_TRY(new_region(p, &attr.u.regions[attr.count++]));
    MMD_TRY(mmd_node_set_attr(node, &attr));
    MMD_TRY(mmd_text_expect(p, "{"));
    MMD_TRY(mmd_text_read_region(p, attr.u.regions[attr.count - 1]));
  }
  return NULL;
}

mmd_status_t mmd_text_read_attr(mmd_text_parser_t *p, mmd_node_t *node) {
  MMD_TRY(mmd_text_read_name(p, "an attribute's name"));
  const char *name = NULL;
  MMD_TRY(mmd_graph_strdup(p->graph, mmd_str_text(&p->word), &name));
  if (mmd_node_attr(node, name))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute '%s' stands twice", name);
  MMD_TRY(mmd_text_expect(p, "="));
  if (mmd_text_accept_word(p, "region")) return read_region_attr(p, node, name);
  if (mmd_text_accept_word(p, "regions")) return read_regions_attr(p, node, name);
  return read_value(p, name, set_on_node, node);
}

mmd_status_t mmd_text_read_default(mmd_text_parser_t *p, const char *name, mmd_attr_t *out_attr) {
  MMD_TRY(mmd_text_expect(p, "="));
  return read_value(p, name, set_on_attr, out_attr);
}
