// SPDX-License-Identifier: Apache-2.0
//
// The allow-list: what each known class or function makes of its arguments. Nothing is executed.
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "formats/checkpoint/pickle_node.h"
#include "formats/npy/npy.h"

typedef mmd_pickle_node_t node_t;
typedef mmd_status_t (*call_t)(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                               node_t **out_node);

enum {
  CLASS_DICT = 1,     // NEWOBJ makes a dict
  CLASS_UPDATES = 2,  // the state of such a dict holds members, not attributes
};

struct mmd_pickle_global {
  const char *module;
  const char *name;
  call_t call;  // REDUCE; NULL = refused
  unsigned flags;
  mmd_dtype_t dtype;  // of a storage class or a torch dtype
  int detail;         // of |call|
};

static mmd_status_t bad_args(const mmd_pickle_t *p, const mmd_pickle_global_t *callable) {
  return MMD_PICKLE_ERROR(p, MMD_CORRUPT, "wrong arguments for '%s.%s'", callable->module,
                          callable->name);
}

static mmd_status_t make_text(mmd_pickle_t *p, const char *text, node_t **out_node) {
  char *copy = mmd_arena_strdup(&p->arena, text);
  MMD_TRY_ALLOC(copy);
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_STRING, out_node));
  (*out_node)->as.text = (mmd_pickle_text_t){copy, strlen(copy)};
  return NULL;
}

static mmd_status_t make_list(mmd_pickle_t *p, mmd_array_flavour_t flavour,
                              const mmd_pickle_items_t *items, node_t **out_node) {
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_LIST, out_node));
  (*out_node)->flavour = (uint8_t)flavour;
  for (size_t i = 0; items && i < items->count; ++i) {
    MMD_TRY(mmd_pickle_items_add(p, &(*out_node)->as.list, items->items[i]));
  }
  return NULL;
}

// --- containers ---

// dict(), dict(other), dict([(key, value), …])
static mmd_status_t call_dict(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                              node_t **out_node) {
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_DICT, out_node));
  (*out_node)->updates = (callable->flags & CLASS_UPDATES) != 0;
  mmd_pickle_items_t *pairs = &(*out_node)->as.dict.pairs;
  const node_t *from = mmd_pickle_item(args, 0);
  if (!from) return NULL;
  if (mmd_pickle_is(from, MMD_PICKLE_DICT)) {
    for (size_t i = 0; i < from->as.dict.pairs.count; ++i) {
      MMD_TRY(mmd_pickle_items_add(p, pairs, from->as.dict.pairs.items[i]));
    }
    return NULL;
  }
  if (!mmd_pickle_is(from, MMD_PICKLE_LIST)) return bad_args(p, callable);
  for (size_t i = 0; i < from->as.list.count; ++i) {
    const node_t *pair = from->as.list.items[i];
    if (!mmd_pickle_is(pair, MMD_PICKLE_LIST) || mmd_pickle_count(pair) != 2)
      return bad_args(p, callable);
    MMD_TRY(mmd_pickle_items_add(p, pairs, mmd_pickle_item(pair, 0)));
    MMD_TRY(mmd_pickle_items_add(p, pairs, mmd_pickle_item(pair, 1)));
  }
  return NULL;
}

static mmd_status_t call_default_dict(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                      node_t *args, node_t **out_node) {
  (void)callable;
  (void)args;  // the default factory, which is not called
  return mmd_pickle_node_make(p, MMD_PICKLE_DICT, out_node);
}

// list(), tuple(x), set(x), torch.Size(x), deque(x, maxlen); |detail| is the flavour
static mmd_status_t call_list(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                              node_t **out_node) {
  const node_t *from = mmd_pickle_item(args, 0);
  if (from && !mmd_pickle_is(from, MMD_PICKLE_LIST)) return bad_args(p, callable);
  return make_list(p, (mmd_array_flavour_t)callable->detail, from ? &from->as.list : NULL,
                   out_node);
}

// complex(a, b), slice(a, b, c), range(a, b, c): the tuple of the arguments
static mmd_status_t call_tuple_of_args(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                       node_t *args, node_t **out_node) {
  (void)callable;
  return make_list(p, MMD_ARRAY_TUPLE, &args->as.list, out_node);
}

static mmd_status_t new_instance(mmd_pickle_t *p, node_t *class_node, node_t *args,
                                 node_t **out_node) {
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_OBJECT, out_node));
  mmd_pickle_object_t *o = mmd_arena_alloc(&p->arena, sizeof *o);
  MMD_TRY_ALLOC(o);
  o->class_node = class_node;
  o->args = args && mmd_pickle_count(args) ? args : NULL;
  (*out_node)->as.object = o;
  return NULL;
}

static mmd_status_t make_global(mmd_pickle_t *p, const mmd_pickle_global_t *known,
                                node_t **out_node) {
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_GLOBAL, out_node));
  (*out_node)->as.global.name = mmd_arena_printf(&p->arena, "%s.%s", known->module, known->name);
  MMD_TRY_ALLOC((*out_node)->as.global.name);
  (*out_node)->as.global.known = known;
  return NULL;
}

// A harmless class of the standard library: kept with its arguments.
static mmd_status_t call_opaque(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                                node_t **out_node) {
  node_t *class_node = NULL;
  MMD_TRY(make_global(p, callable, &class_node));
  return new_instance(p, class_node, args, out_node);
}

// copyreg._reconstructor(class, base, state) and copyreg.__newobj__(class, …)
static mmd_status_t call_reconstructor(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                       node_t *args, node_t **out_node) {
  node_t *class_node = mmd_pickle_item(args, 0);
  if (!mmd_pickle_is(class_node, MMD_PICKLE_GLOBAL)) return bad_args(p, callable);
  node_t *none = NULL;
  MMD_TRY(make_list(p, MMD_ARRAY_TUPLE, NULL, &none));
  return mmd_pickle_new_object(p, class_node, none, out_node);
}

// What getattr gives: on the list, so that no instance is made of it, but without a call.
static const mmd_pickle_global_t attribute = {"builtins", "getattr",           NULL,
                                              0,          MMD_DTYPE_UNDEFINED, 0};

// getattr(class or object, 'name'): how Python pickles methods, such as those that mmengine's
// HistoryBuffer keeps. It stays a name, one that cannot be called.
static mmd_status_t call_getattr(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                                 node_t **out_node) {
  const node_t *owner = mmd_pickle_item(args, 0), *name = mmd_pickle_item(args, 1);
  if (mmd_pickle_is(owner, MMD_PICKLE_OBJECT)) owner = owner->as.object->class_node;
  if (!mmd_pickle_is(owner, MMD_PICKLE_GLOBAL) || !mmd_pickle_is(name, MMD_PICKLE_STRING) ||
      name->as.text.size > 256 || strlen(owner->as.global.name) > 4096) {
    return bad_args(p, callable);
  }
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_GLOBAL, out_node));
  (*out_node)->as.global.name = mmd_arena_printf(&p->arena, "%s.%.*s", owner->as.global.name,
                                                 (int)name->as.text.size, name->as.text.data);
  MMD_TRY_ALLOC((*out_node)->as.global.name);
  (*out_node)->as.global.known = &attribute;
  return NULL;
}

// --- text and bytes ---

// _codecs.encode(text, 'latin1'): how protocol 2 writes bytes
static mmd_status_t call_encode(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                                node_t **out_node) {
  const node_t *text = mmd_pickle_item(args, 0), *codec = mmd_pickle_item(args, 1);
  if (!mmd_pickle_is(text, MMD_PICKLE_STRING) || !codec ||
      !(mmd_pickle_text_is(codec, "latin1") || mmd_pickle_text_is(codec, "latin-1"))) {
    return bad_args(p, callable);
  }
  size_t size = text->as.text.size, count = 0;
  const uint8_t *from = (const uint8_t *)text->as.text.data;
  uint8_t *to = mmd_arena_alloc(&p->arena, size);
  MMD_TRY_ALLOC(to);
  for (size_t i = 0; i < size; ++i) {
    if (from[i] < 0x80) {
      to[count++] = from[i];
    } else if ((from[i] == 0xc2 || from[i] == 0xc3) && i + 1 < size && (from[i + 1] >> 6) == 2) {
      to[count++] = (uint8_t)((from[i] & 3) << 6 | (from[i + 1] & 0x3f));
      ++i;
    } else {
      return bad_args(p, callable);
    }
  }
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_BYTES, out_node));
  (*out_node)->as.text = (mmd_pickle_text_t){(const char *)to, count};
  return NULL;
}

// bytes(), bytearray(b), bytearray(text, 'latin-1')
static mmd_status_t call_bytes(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                               node_t **out_node) {
  node_t *from = mmd_pickle_item(args, 0);
  if (!from) return mmd_pickle_node_make(p, MMD_PICKLE_BYTES, out_node);
  if (mmd_pickle_is(from, MMD_PICKLE_STRING)) return call_encode(p, callable, args, out_node);
  if (!mmd_pickle_is(from, MMD_PICKLE_BYTES)) return bad_args(p, callable);
  *out_node = from;
  return NULL;
}

// pathlib.PosixPath('a', 'b'): the text "a/b"
static mmd_status_t call_path(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                              node_t **out_node) {
  const char *path = "";
  for (size_t i = 0; i < mmd_pickle_count(args); ++i) {
    const node_t *part = mmd_pickle_item(args, i);
    if (!mmd_pickle_is(part, MMD_PICKLE_STRING) || part->as.text.size > 4096 || i > 256) {
      return bad_args(p, callable);
    }
    size_t n = strlen(path);
    const char *joint = n == 0 || path[n - 1] == '/' ? "" : "/";
    path = mmd_arena_printf(&p->arena, "%s%s%.*s", path, joint, (int)part->as.text.size,
                            part->as.text.data);
    MMD_TRY_ALLOC(path);
  }
  return make_text(p, path, out_node);
}

// torch.device('cuda', 0): the text "cuda:0"
static mmd_status_t call_device(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                                node_t **out_node) {
  const node_t *type = mmd_pickle_item(args, 0), *index = mmd_pickle_item(args, 1);
  if (!mmd_pickle_is(type, MMD_PICKLE_STRING) || type->as.text.size > 64)
    return bad_args(p, callable);
  char text[96];
  int n = snprintf(text, sizeof text, "%.*s", (int)type->as.text.size, type->as.text.data);
  if (mmd_pickle_is(index, MMD_PICKLE_INT)) {
    snprintf(text + n, sizeof text - (size_t)n, ":%lld", (long long)index->as.integer);
  }
  return make_text(p, text, out_node);
}

static mmd_status_t call_first_arg(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                   node_t *args, node_t **out_node) {
  *out_node = mmd_pickle_item(args, 0);
  return *out_node ? NULL : bad_args(p, callable);
}

// --- torch ---

static mmd_status_t call_unsupported(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                     node_t *args, node_t **out_node);

// {'conj': True} or {'neg': True}: the numbers are not those that stand in the storage.
static bool is_lazy_view(const node_t *metadata) {
  if (!mmd_pickle_is(metadata, MMD_PICKLE_DICT)) return false;
  const mmd_pickle_items_t *pairs = &metadata->as.dict.pairs;
  for (size_t i = 0; i + 1 < pairs->count; i += 2) {
    const node_t *key = pairs->items[i], *flag = pairs->items[i + 1];
    if (mmd_pickle_is(key, MMD_PICKLE_STRING) && mmd_pickle_is(flag, MMD_PICKLE_BOOL) &&
        flag->as.integer && (mmd_pickle_text_is(key, "conj") || mmd_pickle_text_is(key, "neg"))) {
      return true;
    }
  }
  return false;
}

// _rebuild_tensor_v2(storage, offset, size, stride, …, metadata); v3 has the dtype before the last.
static mmd_status_t call_tensor(mmd_pickle_t *p, const mmd_pickle_global_t *callable, node_t *args,
                                node_t **out_node) {
  if (mmd_pickle_count(args) < 4) return bad_args(p, callable);
  mmd_pickle_tensor_t *t = mmd_arena_alloc(&p->arena, sizeof *t);
  MMD_TRY_ALLOC(t);
  *t = (mmd_pickle_tensor_t){mmd_pickle_item(args, 0), mmd_pickle_item(args, 1),
                             mmd_pickle_item(args, 2), mmd_pickle_item(args, 3),
                             MMD_DTYPE_UNDEFINED};
  if (!mmd_pickle_is(t->offset, MMD_PICKLE_INT) || !mmd_pickle_is(t->shape, MMD_PICKLE_LIST) ||
      !mmd_pickle_is(t->strides, MMD_PICKLE_LIST)) {
    return bad_args(p, callable);
  }
  if (mmd_pickle_is(t->storage, MMD_PICKLE_UNSUPPORTED)) {
    *out_node = t->storage;
    return NULL;
  }
  if (!mmd_pickle_is(t->storage, MMD_PICKLE_STORAGE)) return bad_args(p, callable);
  if (is_lazy_view(mmd_pickle_item(args, callable->detail == 3 ? 7 : 6)))
    return call_unsupported(p, callable, args, out_node);
  if (callable->detail == 3) {
    const node_t *dtype = mmd_pickle_item(args, 6);
    if (!mmd_pickle_is(dtype, MMD_PICKLE_GLOBAL) || !dtype->as.global.known)
      return bad_args(p, callable);
    t->dtype = dtype->as.global.known->dtype;
  }
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_TENSOR, out_node));
  (*out_node)->as.tensor = t;
  return NULL;
}

// _rebuild_from_type_v2(function, type, args, state): the type and its state are dropped.
static mmd_status_t call_from_type(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                   node_t *args, node_t **out_node) {
  node_t *function = mmd_pickle_item(args, 0), *inner = mmd_pickle_item(args, 2);
  if (!mmd_pickle_is(function, MMD_PICKLE_GLOBAL) || !mmd_pickle_is(inner, MMD_PICKLE_LIST)) {
    return bad_args(p, callable);
  }
  const mmd_pickle_global_t *known = function->as.global.known;
  if (known && known->call == call_from_type) return bad_args(p, callable);  // bounds recursion
  return mmd_pickle_call(p, function, inner, out_node);
}

// Something that we know and cannot hold. It is an error only where its value is wanted, so that
// the message can say under which key it stands.
static mmd_status_t call_unsupported(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                     node_t *args, node_t **out_node) {
  (void)args;
  const char *what = mmd_arena_printf(&p->arena, "%s.%s", callable->module, callable->name);
  MMD_TRY_ALLOC(what);
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_UNSUPPORTED, out_node));
  (*out_node)->as.text = (mmd_pickle_text_t){what, strlen(what)};
  return NULL;
}

// --- numpy ---

static mmd_status_t call_np_dtype(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                  node_t *args, node_t **out_node) {
  const node_t *name = mmd_pickle_item(args, 0);
  if (!mmd_pickle_is(name, MMD_PICKLE_STRING)) return bad_args(p, callable);
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_DTYPE, out_node));
  node_t *n = *out_node;
  n->as.dtype.name = mmd_arena_strndup(&p->arena, name->as.text.data,
                                       name->as.text.size < 64 ? name->as.text.size : 64);
  MMD_TRY_ALLOC(n->as.dtype.name);
  if (!mmd_npy_parse_dtype(name->as.text.data, name->as.text.size, &n->as.dtype.dtype,
                           &n->as.dtype.swapped)) {
    n->as.dtype.dtype = MMD_DTYPE_UNDEFINED;
  }
  return NULL;
}

static mmd_status_t make_array(mmd_pickle_t *p, node_t **out_node) {
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_ARRAY, out_node));
  (*out_node)->as.array = mmd_arena_alloc(&p->arena, sizeof *(*out_node)->as.array);
  MMD_TRY_ALLOC((*out_node)->as.array);
  return NULL;
}

// numpy.core.multiarray._reconstruct(ndarray, (0,), b'b'): the state follows by BUILD
static mmd_status_t call_np_reconstruct(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                        node_t *args, node_t **out_node) {
  (void)callable;
  (void)args;
  return make_array(p, out_node);
}

// numpy.core.numeric._frombuffer(bytes, dtype, shape, order)
static mmd_status_t call_np_from_buffer(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                        node_t *args, node_t **out_node) {
  node_t *data = mmd_pickle_item(args, 0), *dtype = mmd_pickle_item(args, 1),
         *shape = mmd_pickle_item(args, 2), *order = mmd_pickle_item(args, 3);
  if (!mmd_pickle_is(data, MMD_PICKLE_BYTES) || !mmd_pickle_is(dtype, MMD_PICKLE_DTYPE) ||
      !mmd_pickle_is(shape, MMD_PICKLE_LIST) || !order) {
    return bad_args(p, callable);
  }
  MMD_TRY(make_array(p, out_node));
  *(*out_node)->as.array = (mmd_pickle_array_t){dtype, shape, data, mmd_pickle_text_is(order, "F")};
  return NULL;
}

static uint32_t utf32_at(const uint8_t *at, bool big) {
  return big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
             : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

// numpy.str_: UTF-32 filled up with zeros
static mmd_status_t np_text(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                            const node_t *type, const node_t *data, node_t **out_node) {
  size_t count = data->as.text.size / 4, size = 0;
  const uint8_t *from = (const uint8_t *)data->as.text.data;
  const bool big = type->as.dtype.swapped;
  if (data->as.text.size % 4) return bad_args(p, callable);
  while (count && utf32_at(from + 4 * (count - 1), big) == 0) --count;
  char *to = mmd_arena_alloc(&p->arena, 4 * count + 1);
  MMD_TRY_ALLOC(to);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t c = utf32_at(from + 4 * i, big);
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return bad_args(p, callable);
    size += mmd_utf8_put(c, to + size);
  }
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_STRING, out_node));
  (*out_node)->as.text = (mmd_pickle_text_t){to, size};
  return NULL;
}

// numpy.core.multiarray.scalar(dtype, bytes): a number or a text; a date or a record stays opaque
static mmd_status_t call_np_scalar(mmd_pickle_t *p, const mmd_pickle_global_t *callable,
                                   node_t *args, node_t **out_node) {
  const node_t *type = mmd_pickle_item(args, 0), *data = mmd_pickle_item(args, 1);
  if (!mmd_pickle_is(type, MMD_PICKLE_DTYPE) || !data) return bad_args(p, callable);
  mmd_dtype_t dtype = type->as.dtype.dtype;
  size_t size = mmd_dtype_size(dtype);
  if (*type->as.dtype.name == 'U' &&
      (data->kind == MMD_PICKLE_BYTES || data->kind == MMD_PICKLE_STRING)) {
    return np_text(p, callable, type, data, out_node);
  }
  if (dtype == MMD_DTYPE_UNDEFINED || dtype == MMD_C64 || dtype == MMD_C128) {
    return call_opaque(p, callable, args, out_node);
  }
  if ((data->kind != MMD_PICKLE_BYTES && data->kind != MMD_PICKLE_STRING) ||
      data->as.text.size != size) {
    return bad_args(p, callable);
  }
  uint8_t bytes[8];
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = (uint8_t)data->as.text.data[type->as.dtype.swapped ? size - 1 - i : i];
  }
  bool is_float = mmd_dtype_is_float(dtype);
  mmd_pickle_kind_t kind = is_float            ? MMD_PICKLE_FLOAT
                           : dtype == MMD_BOOL ? MMD_PICKLE_BOOL
                                               : MMD_PICKLE_INT;
  MMD_TRY(mmd_pickle_node_make(p, kind, out_node));
  if (is_float) {
    (*out_node)->as.number = mmd_dtype_load_f64(dtype, bytes, 0);
  } else {
    (*out_node)->as.integer = mmd_dtype_load_i64(dtype, bytes, 0);
  }
  return NULL;
}

static const mmd_pickle_global_t globals[] = {
    {"collections", "OrderedDict", call_dict, CLASS_DICT, 0, 0},
    {"collections", "Counter", call_dict, CLASS_DICT, 0, 0},
    {"collections", "defaultdict", call_default_dict, CLASS_DICT, 0, 0},
    {"collections", "deque", call_list, 0, 0, MMD_ARRAY_LIST},
    {"builtins", "dict", call_dict, CLASS_DICT, 0, 0},
    {"builtins", "list", call_list, 0, 0, MMD_ARRAY_LIST},
    {"builtins", "tuple", call_list, 0, 0, MMD_ARRAY_TUPLE},
    {"builtins", "set", call_list, 0, 0, MMD_ARRAY_SET},
    {"builtins", "frozenset", call_list, 0, 0, MMD_ARRAY_SET},
    {"builtins", "complex", call_tuple_of_args, 0, 0, 0},
    {"builtins", "slice", call_tuple_of_args, 0, 0, 0},
    {"builtins", "range", call_tuple_of_args, 0, 0, 0},
    {"builtins", "xrange", call_tuple_of_args, 0, 0, 0},  // as protocol 2 writes range
    {"builtins", "bytes", call_bytes, 0, 0, 0},
    {"builtins", "bytearray", call_bytes, 0, 0, 0},
    {"builtins", "getattr", call_getattr, 0, 0, 0},
    {"_codecs", "encode", call_encode, 0, 0, 0},
    {"copyreg", "_reconstructor", call_reconstructor, 0, 0, 0},
    {"copyreg", "__newobj__", call_reconstructor, 0, 0, 0},
    {"argparse", "Namespace", NULL, CLASS_DICT | CLASS_UPDATES, 0, 0},
    {"types", "SimpleNamespace", call_dict, CLASS_DICT | CLASS_UPDATES, 0, 0},
    {"addict.addict", "Dict", call_dict, CLASS_DICT | CLASS_UPDATES, 0, 0},
    {"mmcv.utils.config", "ConfigDict", call_dict, CLASS_DICT | CLASS_UPDATES, 0, 0},
    {"mmengine.config.config", "ConfigDict", call_dict, CLASS_DICT | CLASS_UPDATES, 0, 0},
    {"datetime", "datetime", call_opaque, 0, 0, 0},
    {"datetime", "date", call_opaque, 0, 0, 0},
    {"datetime", "time", call_opaque, 0, 0, 0},
    {"datetime", "timedelta", call_opaque, 0, 0, 0},
    {"datetime", "timezone", call_opaque, 0, 0, 0},
    {"pathlib", "Path", call_path, 0, 0, 0},
    {"pathlib", "PosixPath", call_path, 0, 0, 0},
    {"pathlib", "PurePosixPath", call_path, 0, 0, 0},
    {"pathlib", "WindowsPath", call_path, 0, 0, 0},
    {"pathlib", "PureWindowsPath", call_path, 0, 0, 0},
    {"numpy", "dtype", call_np_dtype, 0, 0, 0},
    {"numpy.core.multiarray", "_reconstruct", call_np_reconstruct, 0, 0, 0},
    {"numpy.core.multiarray", "scalar", call_np_scalar, 0, 0, 0},
    {"numpy.core.numeric", "_frombuffer", call_np_from_buffer, 0, 0, 0},
    {"torch", "Size", call_list, 0, 0, MMD_ARRAY_TUPLE},
    {"torch", "device", call_device, 0, 0, 0},
    {"torch.serialization", "_get_layout", call_first_arg, 0, 0, 0},
    {"torch._utils", "_rebuild_tensor", call_tensor, 0, 0, 1},
    {"torch._utils", "_rebuild_tensor_v2", call_tensor, 0, 0, 2},
    {"torch._utils", "_rebuild_tensor_v3", call_tensor, 0, 0, 3},
    {"torch._utils", "_rebuild_parameter", call_first_arg, 0, 0, 0},
    {"torch._utils", "_rebuild_parameter_with_state", call_first_arg, 0, 0, 0},
    {"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", call_first_arg, 0, 0, 0},
    {"torch._tensor", "_rebuild_from_type", call_from_type, 0, 0, 0},
    {"torch._tensor", "_rebuild_from_type_v2", call_from_type, 0, 0, 0},
    {"torch._utils", "_rebuild_qtensor", call_unsupported, 0, 0, 0},
    {"torch._utils", "_rebuild_sparse_tensor", call_unsupported, 0, 0, 0},
    {"torch._utils", "_rebuild_sparse_csr_tensor", call_unsupported, 0, 0, 0},
    {"torch._utils", "_rebuild_nested_tensor", call_unsupported, 0, 0, 0},
    {"torch._utils", "_rebuild_wrapper_subclass", call_unsupported, 0, 0, 0},
    {"torch._utils", "_rebuild_meta_tensor_no_storage", call_unsupported, 0, 0, 0},
    {"torch._utils", "_rebuild_device_tensor_from_numpy", call_unsupported, 0, 0, 0},
    {"torch", "DoubleStorage", NULL, 0, MMD_F64, 0},
    {"torch", "FloatStorage", NULL, 0, MMD_F32, 0},
    {"torch", "HalfStorage", NULL, 0, MMD_F16, 0},
    {"torch", "BFloat16Storage", NULL, 0, MMD_BF16, 0},
    {"torch", "LongStorage", NULL, 0, MMD_I64, 0},
    {"torch", "IntStorage", NULL, 0, MMD_I32, 0},
    {"torch", "ShortStorage", NULL, 0, MMD_I16, 0},
    {"torch", "CharStorage", NULL, 0, MMD_I8, 0},
    {"torch", "ByteStorage", NULL, 0, MMD_U8, 0},
    {"torch", "BoolStorage", NULL, 0, MMD_BOOL, 0},
    {"torch", "ComplexFloatStorage", NULL, 0, MMD_C64, 0},
    {"torch", "ComplexDoubleStorage", NULL, 0, MMD_C128, 0},
    {"torch.storage", "UntypedStorage", NULL, 0, MMD_U8, 0},
    {"torch", "UntypedStorage", NULL, 0, MMD_U8, 0},
    {"torch", "float64", NULL, 0, MMD_F64, 0},
    {"torch", "float32", NULL, 0, MMD_F32, 0},
    {"torch", "float16", NULL, 0, MMD_F16, 0},
    {"torch", "bfloat16", NULL, 0, MMD_BF16, 0},
    {"torch", "int64", NULL, 0, MMD_I64, 0},
    {"torch", "int32", NULL, 0, MMD_I32, 0},
    {"torch", "int16", NULL, 0, MMD_I16, 0},
    {"torch", "int8", NULL, 0, MMD_I8, 0},
    {"torch", "uint8", NULL, 0, MMD_U8, 0},
    {"torch", "uint16", NULL, 0, MMD_U16, 0},
    {"torch", "uint32", NULL, 0, MMD_U32, 0},
    {"torch", "uint64", NULL, 0, MMD_U64, 0},
    {"torch", "bool", NULL, 0, MMD_BOOL, 0},
    {"torch", "float8_e4m3fn", NULL, 0, MMD_F8E4M3FN, 0},
    {"torch", "float8_e4m3fnuz", NULL, 0, MMD_F8E4M3FNUZ, 0},
    {"torch", "float8_e5m2", NULL, 0, MMD_F8E5M2, 0},
    {"torch", "float8_e5m2fnuz", NULL, 0, MMD_F8E5M2FNUZ, 0},
};

static bool text_equals(mmd_pickle_text_t text, const char *word) {
  return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

// Modules that changed their name between Python, NumPy and PyTorch releases.
static const struct {
  const char *from, *to;
} module_names[] = {
    {"__builtin__", "builtins"},
    {"copy_reg", "copyreg"},
    {"numpy._core.multiarray", "numpy.core.multiarray"},
    {"numpy._core.numeric", "numpy.core.numeric"},
    {"pathlib._local", "pathlib"},
    {"torch.cuda", "torch"},
};

static const mmd_pickle_global_t *find_global(mmd_pickle_text_t module, mmd_pickle_text_t name) {
  for (size_t i = 0; i < sizeof module_names / sizeof module_names[0]; ++i) {
    if (!text_equals(module, module_names[i].from)) continue;
    module = (mmd_pickle_text_t){module_names[i].to, strlen(module_names[i].to)};
    break;
  }
  for (size_t i = 0; i < sizeof globals / sizeof globals[0]; ++i) {
    if (text_equals(name, globals[i].name) && text_equals(module, globals[i].module)) {
      return &globals[i];
    }
  }
  return NULL;
}

mmd_status_t mmd_pickle_global_make(mmd_pickle_t *pickle, mmd_pickle_text_t module,
                                    mmd_pickle_text_t name, node_t **out_node) {
  MMD_TRY(mmd_pickle_node_make(pickle, MMD_PICKLE_GLOBAL, out_node));
  (*out_node)->as.global.name = mmd_arena_printf(&pickle->arena, "%.*s.%.*s", (int)module.size,
                                                 module.data, (int)name.size, name.data);
  MMD_TRY_ALLOC((*out_node)->as.global.name);
  (*out_node)->as.global.known = find_global(module, name);
  return NULL;
}

mmd_dtype_t mmd_pickle_global_dtype(const mmd_pickle_global_t *known) {
  return known ? known->dtype : MMD_DTYPE_UNDEFINED;
}

mmd_status_t mmd_pickle_call(mmd_pickle_t *pickle, node_t *callable, node_t *args,
                             node_t **out_node) {
  if (!mmd_pickle_is(callable, MMD_PICKLE_GLOBAL)) {
    return MMD_PICKLE_ERROR(pickle, MMD_CORRUPT, "%s", "it calls something that is no function");
  }
  if (!mmd_pickle_is(args, MMD_PICKLE_LIST)) {
    return MMD_PICKLE_ERROR(pickle, MMD_CORRUPT, "'%s' is called without arguments",
                            callable->as.global.name);
  }
  const mmd_pickle_global_t *known = callable->as.global.known;
  // How Python makes an instance of a class that derives from OrderedDict: its items follow.
  if (!known && mmd_pickle_count(args) == 0) return new_instance(pickle, callable, args, out_node);
  if (!known || !known->call) {
    return MMD_PICKLE_ERROR(pickle, MMD_INVALID_ARGUMENT,
                            "refuses to call '%s', which is not on the list of known functions",
                            callable->as.global.name);
  }
  return known->call(pickle, known, args, out_node);
}

mmd_status_t mmd_pickle_new_object(mmd_pickle_t *pickle, node_t *class_node, node_t *args,
                                   node_t **out_node) {
  if (!mmd_pickle_is(class_node, MMD_PICKLE_GLOBAL) || !mmd_pickle_is(args, MMD_PICKLE_LIST)) {
    return MMD_PICKLE_ERROR(pickle, MMD_CORRUPT, "%s", "it makes an object without a class");
  }
  const mmd_pickle_global_t *known = class_node->as.global.known;
  if (!known) return new_instance(pickle, class_node, args, out_node);
  if (known->flags & CLASS_DICT) {  // dict.__new__ ignores its arguments; the items follow
    MMD_TRY(mmd_pickle_node_make(pickle, MMD_PICKLE_DICT, out_node));
    (*out_node)->updates = (known->flags & CLASS_UPDATES) != 0;
    return NULL;
  }
  if (known->call) return known->call(pickle, known, args, out_node);
  return new_instance(pickle, class_node, args, out_node);
}
