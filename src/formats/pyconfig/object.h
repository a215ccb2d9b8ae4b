// SPDX-License-Identifier: Apache-2.0
//
// Objects of the evaluator. They live in the context's arena and are freed together; shared
// references behave as in Python. Constructors return NULL when memory is short; functions that
// take an object answer NULL by the out-of-memory status.
#ifndef MMD_FORMATS_PYCONFIG_OBJECT_H_
#define MMD_FORMATS_PYCONFIG_OBJECT_H_

#include "base/arena.h"
#include "base/str.h"
#include "formats/pyconfig/pyconfig.h"

#define MMD_PY_MAX_DATA_DEPTH 190  // one config value inside another; JSON takes 200

typedef enum mmd_pykind_t {
  MMD_PY_NONE,
  MMD_PY_BOOL,
  MMD_PY_INT,
  MMD_PY_FLOAT,
  MMD_PY_STR,
  MMD_PY_BYTES,
  MMD_PY_LIST,
  MMD_PY_TUPLE,
  MMD_PY_SET,
  MMD_PY_DICT,
  MMD_PY_RANGE,
  MMD_PY_FUNCTION,  // def or lambda
  MMD_PY_BUILTIN,   // a function of ours, bound to |self| for methods
  MMD_PY_MODULE,    // an allowed module
  MMD_PY_SYMBOL,    // any other imported name: only its dotted path is known
  MMD_PY_ELLIPSIS,
} mmd_pykind_t;

typedef struct mmd_pyobj mmd_pyobj_t;
typedef struct mmd_pynode mmd_pynode_t;
typedef struct mmd_pyctx mmd_pyctx_t;
typedef struct mmd_pyframe mmd_pyframe_t;
typedef struct mmd_pycall mmd_pycall_t;

typedef struct mmd_pybuiltin_t {
  const char *name;
  mmd_status_t (*call)(mmd_pyctx_t *ctx, const mmd_pycall_t *call, mmd_pyobj_t **out);
  unsigned min_args, max_args;  // positional ones
  bool keywords;                // takes keyword arguments
} mmd_pybuiltin_t;

typedef struct mmd_pymodule_t {
  const char *name;
  const mmd_pybuiltin_t *functions;
  size_t function_count;
} mmd_pymodule_t;

typedef struct mmd_pyentry_t {
  mmd_pyobj_t *key;  // NULL: removed
  mmd_pyobj_t *value;
  uint64_t hash;
} mmd_pyentry_t;

struct mmd_pyobj {
  mmd_pykind_t kind;
  bool is_config;    // dicts of base configs: attribute access, recursive update
  bool is_iterator;  // lists: what iter(), map() or a generator gives; next() takes the first item
  union {
    int64_t integer;  // bool too
    double number;
    struct {
      const char *data;  // NUL behind |size| bytes
      size_t size;
      uint64_t hash;  // 0 = not computed
    } str;            // str, bytes; symbols: the dotted path
    struct {
      mmd_pyobj_t **items;
      size_t count, capacity;
    } list;  // list, tuple
    struct {
      mmd_pyentry_t *entries;
      size_t used, count, capacity;
      uint32_t *table;  // open addressing over entry index + 1; NULL while small
      size_t table_size;
      mmd_pyobj_t *factory;  // of a defaultdict: called for a key that is absent; else NULL
    } dict;                  // dict, set
    struct {
      int64_t start, step;
      size_t count;
    } range;
    struct {
      const mmd_pynode_t *node;
      mmd_pyframe_t *closure;
      mmd_pyobj_t **defaults;
    } function;
    struct {
      const mmd_pybuiltin_t *def;
      mmd_pyobj_t *self;
    } builtin;
    const mmd_pymodule_t *module;
  } u;
};

struct mmd_pyctx {
  mmd_arena_t arena;
  const mmd_pyconfig_options_t *options;
  uint64_t steps, max_steps;
  unsigned depth;          // nesting of the running evaluation
  unsigned data_depth;     // nesting of the running walk over data
  unsigned files;          // read so far
  size_t value_bytes;      // of the values made so far, about
  const mmd_pynode_t *at;  // what is being evaluated, for messages
  mmd_pyobj_t *none, *true_object, *false_object;
  mmd_pyobj_t *small_ints[256];
};

mmd_status_t mmd_pyctx_init(mmd_pyctx_t *ctx, const mmd_pyconfig_options_t *options) MMD_MUST_USE;
void mmd_pyctx_deinit(mmd_pyctx_t *ctx);
mmd_status_t mmd_pyctx_step(mmd_pyctx_t *ctx, size_t count) MMD_MUST_USE;

// A status that begins with the place of |ctx->at|.
mmd_status_t mmd_py_error(mmd_pyctx_t *ctx, mmd_code_t code, const char *fmt,
                          ...) MMD_MUST_USE MMD_RETURNS_NONNULL MMD_PRINTF(3, 4);
// Depth of walks over data; every enter that succeeded needs its leave.
mmd_status_t mmd_py_enter(mmd_pyctx_t *ctx) MMD_MUST_USE;
static inline void mmd_py_leave(mmd_pyctx_t *ctx) {
  --ctx->data_depth;
}

mmd_pyobj_t *mmd_py_make(mmd_pyctx_t *ctx, mmd_pykind_t kind);
mmd_pyobj_t *mmd_py_bool(mmd_pyctx_t *ctx, bool flag);
mmd_pyobj_t *mmd_py_int(mmd_pyctx_t *ctx, int64_t number);
mmd_pyobj_t *mmd_py_float(mmd_pyctx_t *ctx, double number);
mmd_pyobj_t *mmd_py_str_n(mmd_pyctx_t *ctx, const char *text, size_t size);
mmd_pyobj_t *mmd_py_str(mmd_pyctx_t *ctx, const char *text);
mmd_pyobj_t *mmd_py_symbol(mmd_pyctx_t *ctx, const char *path);
mmd_pyobj_t *mmd_py_builtin(mmd_pyctx_t *ctx, const mmd_pybuiltin_t *def, mmd_pyobj_t *self);
mmd_status_t mmd_py_give(mmd_pyobj_t *object, mmd_pyobj_t **out) MMD_MUST_USE;  // NULL: no memory

const char *mmd_py_kind_name(const mmd_pyobj_t *object);  // as Python's type().__name__
bool mmd_py_is_text(const mmd_pyobj_t *object, const char *text);
static inline bool mmd_py_is_sequence(const mmd_pyobj_t *o) {
  return o->kind == MMD_PY_LIST || o->kind == MMD_PY_TUPLE;
}
static inline bool mmd_py_is_int(const mmd_pyobj_t *o) {
  return o->kind == MMD_PY_INT || o->kind == MMD_PY_BOOL;
}
static inline bool mmd_py_is_number(const mmd_pyobj_t *o) {
  return mmd_py_is_int(o) || o->kind == MMD_PY_FLOAT;
}
static inline double mmd_py_number(const mmd_pyobj_t *o) {
  return o->kind == MMD_PY_FLOAT ? o->u.number : (double)o->u.integer;
}

mmd_pyobj_t *mmd_pylist_make(mmd_pyctx_t *ctx, mmd_pykind_t kind, size_t capacity);
mmd_status_t mmd_pylist_append(mmd_pyctx_t *ctx, mmd_pyobj_t *list, mmd_pyobj_t *item) MMD_MUST_USE;
mmd_status_t mmd_pylist_insert(mmd_pyctx_t *ctx, mmd_pyobj_t *list, size_t at,
                               mmd_pyobj_t *item) MMD_MUST_USE;
void mmd_pylist_remove(mmd_pyobj_t *list, size_t at);
mmd_status_t mmd_pylist_extend(mmd_pyctx_t *ctx, mmd_pyobj_t *list, mmd_pyobj_t *const *items,
                               size_t count) MMD_MUST_USE;

mmd_pyobj_t *mmd_pydict_make(mmd_pyctx_t *ctx, mmd_pykind_t kind);
mmd_status_t mmd_pydict_set(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                            mmd_pyobj_t *value) MMD_MUST_USE;
mmd_status_t mmd_pydict_set_text(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, const char *key,
                                 mmd_pyobj_t *value) MMD_MUST_USE;
mmd_status_t mmd_pydict_find(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                             mmd_pyobj_t **out_value) MMD_MUST_USE;  // NULL when absent
mmd_pyobj_t *mmd_pydict_get_text(const mmd_pyobj_t *dict, const char *key);
mmd_status_t mmd_pydict_remove(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                               mmd_pyobj_t **out_old) MMD_MUST_USE;  // NULL when absent
// The next live entry at or after |*index|, which moves behind it; NULL at the end.
mmd_pyentry_t *mmd_pydict_next(const mmd_pyobj_t *dict, size_t *index);

mmd_status_t mmd_py_hash(mmd_pyctx_t *ctx, mmd_pyobj_t *object, uint64_t *out_hash) MMD_MUST_USE;
mmd_status_t mmd_py_equal(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b,
                          bool *out_equal) MMD_MUST_USE;
mmd_status_t mmd_py_less(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b,
                         bool *out_less) MMD_MUST_USE;
bool mmd_py_truth(const mmd_pyobj_t *object);

// Shallow and deep copies; a deep copy made by |split| gives every reference its own copy and turns
// dicts into config dicts.
mmd_status_t mmd_py_copy(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_deepcopy(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_split(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_pyobj_t **out) MMD_MUST_USE;

// Items of any iterable, as a new list (borrowed by the arena).
mmd_status_t mmd_py_items(mmd_pyctx_t *ctx, mmd_pyobj_t *iterable,
                          mmd_pyobj_t **out_list) MMD_MUST_USE;

// str() and repr(), appended.
mmd_status_t mmd_py_write_str(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_str_t *out) MMD_MUST_USE;
mmd_status_t mmd_py_write_repr(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_str_t *out) MMD_MUST_USE;
mmd_status_t mmd_py_repr_text(const char *text, size_t size, bool bytes,
                              mmd_str_t *out) MMD_MUST_USE;
// format(object, spec).
mmd_status_t mmd_py_format(mmd_pyctx_t *ctx, mmd_pyobj_t *object, const char *spec, size_t size,
                           mmd_str_t *out) MMD_MUST_USE;
// "%.*<type>" of a number without regard to the locale; |type| one of f e g.
mmd_status_t mmd_py_format_number(double number, char type, int precision, bool alternate,
                                  mmd_str_t *out) MMD_MUST_USE;

// To and from values.
mmd_status_t mmd_py_to_value(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_value_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_from_value(mmd_pyctx_t *ctx, const mmd_value_t *value,
                               mmd_pyobj_t **out) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_OBJECT_H_
