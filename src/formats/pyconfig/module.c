// SPDX-License-Identifier: Apache-2.0
//
// Modules whose pure functions may be used: copy, math, os.path, itertools, collections, functools.
#include <math.h>
#include <string.h>

#include "formats/pyconfig/eval.h"

#define ANY 100000u
#define PI 3.141592653589793
typedef const mmd_pycall_t call_t;

static mmd_status_t copy_copy(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return mmd_py_copy(ctx, call->args[0], out);
}
static mmd_status_t copy_deepcopy(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return mmd_py_deepcopy(ctx, call->args[0], out);
}

static mmd_status_t number_of(mmd_pyctx_t *ctx, const mmd_pyobj_t *object, double *out) {
  if (!mmd_py_is_number(object))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "a number is needed here, not '%s'",
                        mmd_py_kind_name(object));
  *out = mmd_py_number(object);
  return NULL;
}

static mmd_status_t apply(mmd_pyctx_t *ctx, call_t *call, double (*function)(double),
                          mmd_pyobj_t **out) {
  double x;
  MMD_TRY(number_of(ctx, call->args[0], &x));
  const double y = function(x);
  if (!isnan(x) && isnan(y))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the function is not defined for this number");
  return mmd_py_give(mmd_py_float(ctx, y), out);
}
#define APPLY(name)                                                                    \
  static mmd_status_t math_##name(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) { \
    return apply(ctx, call, name, out);                                                \
  }
APPLY(sqrt)
APPLY(exp)
APPLY(log2)
APPLY(log10)
APPLY(sin)
APPLY(cos)
APPLY(tan)
APPLY(atan)
APPLY(tanh)
APPLY(asin)
APPLY(acos)
APPLY(sinh)
APPLY(cosh)
APPLY(fabs)

static double to_radians(double x) {
  return x * (PI / 180);
}
static double to_degrees(double x) {
  return x * (180 / PI);
}
static mmd_status_t math_radians(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return apply(ctx, call, to_radians, out);
}
static mmd_status_t math_degrees(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return apply(ctx, call, to_degrees, out);
}

static mmd_status_t math_isnan(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  double x;
  MMD_TRY(number_of(ctx, call->args[0], &x));
  return mmd_py_give(mmd_py_bool(ctx, isnan(x)), out);
}
static mmd_status_t math_isinf(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  double x;
  MMD_TRY(number_of(ctx, call->args[0], &x));
  return mmd_py_give(mmd_py_bool(ctx, isinf(x)), out);
}
static mmd_status_t math_isfinite(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  double x;
  MMD_TRY(number_of(ctx, call->args[0], &x));
  return mmd_py_give(mmd_py_bool(ctx, isfinite(x)), out);
}

static mmd_status_t of_two(mmd_pyctx_t *ctx, call_t *call, double (*function)(double, double),
                           mmd_pyobj_t **out) {
  double x, y;
  MMD_TRY(number_of(ctx, call->args[0], &x));
  MMD_TRY(number_of(ctx, call->args[1], &y));
  return mmd_py_give(mmd_py_float(ctx, function(x, y)), out);
}
static mmd_status_t math_atan2(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return of_two(ctx, call, atan2, out);
}
static mmd_status_t math_pow(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return of_two(ctx, call, pow, out);
}

static mmd_status_t math_gcd(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  int64_t a = 0;
  for (size_t i = 0; i < call->count; ++i) {
    if (!mmd_py_is_int(call->args[i]) || call->args[i]->u.integer == INT64_MIN)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "gcd() needs ints");
    for (int64_t b = call->args[i]->u.integer, rest; b; a = b, b = rest) rest = a % b;
  }
  return mmd_py_give(mmd_py_int(ctx, a < 0 ? -a : a), out);
}

static mmd_status_t whole(mmd_pyctx_t *ctx, call_t *call, double (*function)(double),
                          mmd_pyobj_t **out) {
  double x;
  if (mmd_py_is_int(call->args[0])) return mmd_py_give(call->args[0], out);
  MMD_TRY(number_of(ctx, call->args[0], &x));
  x = function(x);
  if (!(x >= -9.2e18 && x <= 9.2e18))
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "integer outside 64 bits");
  return mmd_py_give(mmd_py_int(ctx, (int64_t)x), out);
}
static mmd_status_t math_floor(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return whole(ctx, call, floor, out);
}
static mmd_status_t math_ceil(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return whole(ctx, call, ceil, out);
}

static mmd_status_t math_log(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  double x, base = 0;
  MMD_TRY(number_of(ctx, call->args[0], &x));
  if (call->count == 2) MMD_TRY(number_of(ctx, call->args[1], &base));
  if (x <= 0 || (call->count == 2 && base <= 0))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "log() of a number that is not positive");
  return mmd_py_give(mmd_py_float(ctx, call->count == 2 ? log(x) / log(base) : log(x)), out);
}

static mmd_status_t math_prod(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
  MMD_TRY(mmd_py_give(mmd_py_int(ctx, 1), out));
  for (size_t i = 0; i < items->u.list.count; ++i)
    MMD_TRY(mmd_py_binary(ctx, '*', *out, items->u.list.items[i], out));
  return NULL;
}

// --- os.path: text only, no file is touched ------------------------------------------------------

static mmd_status_t path_text(mmd_pyctx_t *ctx, const mmd_pyobj_t *object, const char **out) {
  if (object->kind != MMD_PY_STR)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "a path must be a string, not '%s'",
                        mmd_py_kind_name(object));
  *out = object->u.str.data;
  return NULL;
}

static mmd_status_t path_join(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *path = NULL, *part;
  for (size_t i = 0; i < call->count; ++i) {
    MMD_TRY(path_text(ctx, call->args[i], &part));
    if (!path || *part == '/') {
      path = part;
      continue;
    }
    const size_t size = strlen(path);
    path = mmd_arena_printf(&ctx->arena, "%s%s%s", path,
                            size == 0 || path[size - 1] == '/' ? "" : "/", part);
    MMD_TRY_ALLOC(path);
  }
  return mmd_py_give(mmd_py_str(ctx, path), out);
}

static mmd_status_t path_dirname(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *path;
  MMD_TRY(path_text(ctx, call->args[0], &path));
  const char *slash = strrchr(path, '/');
  size_t size = slash ? (size_t)(slash - path) : 0;
  while (size && path[size - 1] == '/') --size;
  if (slash && size == 0) size = (size_t)(slash - path) + 1;
  return mmd_py_give(mmd_py_str_n(ctx, path, size), out);
}

static mmd_status_t path_basename(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *path;
  MMD_TRY(path_text(ctx, call->args[0], &path));
  const char *slash = strrchr(path, '/');
  return mmd_py_give(mmd_py_str(ctx, slash ? slash + 1 : path), out);
}

static mmd_status_t path_split(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *head, *tail;
  MMD_TRY(path_dirname(ctx, call, &head));
  MMD_TRY(path_basename(ctx, call, &tail));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, 2), out));
  MMD_TRY(mmd_pylist_append(ctx, *out, head));
  return mmd_pylist_append(ctx, *out, tail);
}

static mmd_status_t path_isabs(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *path;
  MMD_TRY(path_text(ctx, call->args[0], &path));
  return mmd_py_give(mmd_py_bool(ctx, *path == '/'), out);
}

// Without ".", "//" and what ".." takes back; two slashes at the front stay, as POSIX wants it.
static mmd_status_t path_normpath(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *path;
  MMD_TRY(path_text(ctx, call->args[0], &path));
  const size_t slashes = strspn(path, "/"), front = slashes == 2 ? 2 : slashes != 0;
  char *text = mmd_arena_alloc(&ctx->arena, strlen(path) + 2);
  MMD_TRY_ALLOC(text);
  memset(text, '/', front);
  size_t size = front, kept = front;  // what ".." cannot take back
  for (const char *at = path + slashes; *at; at += strspn(at, "/")) {
    const size_t n = strcspn(at, "/");
    const bool up = n == 2 && memcmp(at, "..", 2) == 0;
    if (up && size > kept) {
      while (size > kept && text[size - 1] != '/') --size;
      size -= size > kept;
    } else if (!(n == 1 && *at == '.') && !(up && front)) {
      if (size > front) text[size++] = '/';
      memcpy(text + size, at, n);
      size += n;
      if (up) kept = size;
    }
    at += n;
  }
  if (size == 0) text[size++] = '.';
  return mmd_py_give(mmd_py_str_n(ctx, text, size), out);
}

static mmd_status_t path_splitext(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *path;
  MMD_TRY(path_text(ctx, call->args[0], &path));
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path,
             *dot = strrchr(base, '.');
  base += strspn(base, ".");
  if (!dot || dot < base) dot = path + strlen(path);
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, 2), out));
  MMD_TRY(mmd_pylist_append(ctx, *out, mmd_py_str_n(ctx, path, (size_t)(dot - path))));
  return mmd_pylist_append(ctx, *out, mmd_py_str(ctx, dot));
}

static mmd_status_t chain(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), out));
  for (size_t i = 0; i < call->count; ++i) {
    MMD_TRY(mmd_py_items(ctx, call->args[i], &items));
    MMD_TRY(mmd_pylist_extend(ctx, *out, items->u.list.items, items->u.list.count));
  }
  return NULL;
}

static mmd_status_t product(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *rows, *next, *items, *row;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 1), &rows));
  MMD_TRY(mmd_pylist_append(ctx, rows, mmd_pylist_make(ctx, MMD_PY_TUPLE, 0)));
  for (size_t i = 0; i < call->count; ++i, rows = next) {
    MMD_TRY(mmd_py_items(ctx, call->args[i], &items));
    MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), &next));
    for (size_t r = 0; r < rows->u.list.count; ++r) {
      const mmd_pyobj_t *old = rows->u.list.items[r];
      for (size_t j = 0; j < items->u.list.count; ++j) {
        MMD_TRY(mmd_pyctx_step(ctx, 1));
        MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, i + 1), &row));
        MMD_TRY(mmd_pylist_extend(ctx, row, old->u.list.items, old->u.list.count));
        MMD_TRY(mmd_pylist_append(ctx, row, items->u.list.items[j]));
        MMD_TRY(mmd_pylist_append(ctx, next, row));
      }
    }
  }
  *out = rows;
  return NULL;
}

static mmd_status_t reduce(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  MMD_TRY(mmd_py_items(ctx, call->args[1], &items));
  *out = call->count == 3 ? call->args[2] : NULL;
  for (size_t i = 0; i < items->u.list.count; ++i) {
    mmd_pyobj_t *pair[2] = {*out, items->u.list.items[i]};
    const mmd_pycall_t inner = {NULL, pair, 2, NULL};
    if (*out)
      MMD_TRY(mmd_py_call(ctx, call->args[0], &inner, out));
    else
      *out = pair[1];
  }
  return *out ? NULL : mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "reduce() of nothing");
}

static mmd_status_t make_dict(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return mmd_py_find_builtin("dict")->call(ctx, call, out);
}

static mmd_status_t make_defaultdict(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *factory = call->count ? call->args[0] : ctx->none;
  const mmd_pycall_t rest = {NULL, call->args + 1, call->count ? call->count - 1 : 0,
                             call->keywords};
  if (factory->kind != MMD_PY_NONE && factory->kind != MMD_PY_BUILTIN &&
      factory->kind != MMD_PY_FUNCTION)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "defaultdict() needs a function, not '%s'",
                        mmd_py_kind_name(factory));
  MMD_TRY(make_dict(ctx, &rest, out));
  if (factory->kind != MMD_PY_NONE) (*out)->u.dict.factory = factory;
  return NULL;
}

// |call->self| is a tuple of the function, its first arguments, and a dict of named ones.
static mmd_status_t call_partial(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *const *bound = call->self->u.list.items, *args, *named;
  size_t index = 0;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 4), &args));
  MMD_TRY(mmd_pylist_extend(ctx, args, bound[1]->u.list.items, bound[1]->u.list.count));
  MMD_TRY(mmd_pylist_extend(ctx, args, call->args, call->count));
  MMD_TRY(mmd_py_copy(ctx, bound[2], &named));
  for (mmd_pyentry_t *e; call->keywords && (e = mmd_pydict_next(call->keywords, &index));)
    MMD_TRY(mmd_pydict_set(ctx, named, e->key, e->value));
  const mmd_pycall_t inner = {NULL, args->u.list.items, args->u.list.count,
                              named->u.dict.count ? named : NULL};
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  if (ctx->depth >= MMD_PY_MAX_DEPTH)
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "evaluation nested more than %d deep",
                        MMD_PY_MAX_DEPTH);
  ++ctx->depth;
  mmd_status_t status = mmd_py_call(ctx, bound[0], &inner, out);
  --ctx->depth;
  return status;
}

static mmd_status_t make_partial(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  static const mmd_pybuiltin_t partial = {"partial", call_partial, 0, ANY, true};
  mmd_pyobj_t *bound, *args, *named = call->keywords;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, 3), &bound));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, call->count), &args));
  MMD_TRY(mmd_pylist_extend(ctx, args, call->args + 1, call->count - 1));
  if (!named) MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &named));
  MMD_TRY(mmd_pylist_append(ctx, bound, call->args[0]));
  MMD_TRY(mmd_pylist_append(ctx, bound, args));
  MMD_TRY(mmd_pylist_append(ctx, bound, named));
  return mmd_py_give(mmd_py_builtin(ctx, &partial, bound), out);
}

static const mmd_pybuiltin_t copy_functions[] = {{"copy", copy_copy, 1, 1, false},
                                                 {"deepcopy", copy_deepcopy, 1, 1, false}};
static const mmd_pybuiltin_t math_functions[] = {
    {"sqrt", math_sqrt, 1, 1, false},         {"exp", math_exp, 1, 1, false},
    {"log", math_log, 1, 2, false},           {"log2", math_log2, 1, 1, false},
    {"log10", math_log10, 1, 1, false},       {"sin", math_sin, 1, 1, false},
    {"cos", math_cos, 1, 1, false},           {"tan", math_tan, 1, 1, false},
    {"atan", math_atan, 1, 1, false},         {"tanh", math_tanh, 1, 1, false},
    {"floor", math_floor, 1, 1, false},       {"ceil", math_ceil, 1, 1, false},
    {"pow", math_pow, 2, 2, false},           {"prod", math_prod, 1, 1, false},
    {"asin", math_asin, 1, 1, false},         {"acos", math_acos, 1, 1, false},
    {"sinh", math_sinh, 1, 1, false},         {"cosh", math_cosh, 1, 1, false},
    {"fabs", math_fabs, 1, 1, false},         {"atan2", math_atan2, 2, 2, false},
    {"radians", math_radians, 1, 1, false},   {"degrees", math_degrees, 1, 1, false},
    {"isnan", math_isnan, 1, 1, false},       {"isinf", math_isinf, 1, 1, false},
    {"isfinite", math_isfinite, 1, 1, false}, {"gcd", math_gcd, 0, ANY, false}};
static const mmd_pybuiltin_t path_functions[] = {
    {"join", path_join, 1, ANY, false},       {"dirname", path_dirname, 1, 1, false},
    {"basename", path_basename, 1, 1, false}, {"split", path_split, 1, 1, false},
    {"isabs", path_isabs, 1, 1, false},       {"normpath", path_normpath, 1, 1, false},
    {"splitext", path_splitext, 1, 1, false}};
static const mmd_pybuiltin_t itertools_functions[] = {{"chain", chain, 0, ANY, false},
                                                      {"product", product, 0, 8, false}};
static const mmd_pybuiltin_t collections_functions[] = {
    {"OrderedDict", make_dict, 0, 1, true}, {"defaultdict", make_defaultdict, 0, 2, true}};
static const mmd_pybuiltin_t functools_functions[] = {{"reduce", reduce, 2, 3, false},
                                                      {"partial", make_partial, 1, ANY, true}};

#define MODULE(name, table) \
  { (name), (table), sizeof(table) / sizeof *(table) }
static const mmd_pymodule_t modules[] = {
    MODULE("copy", copy_functions),           MODULE("math", math_functions),
    MODULE("os.path", path_functions),        {"os", NULL, 0},
    MODULE("itertools", itertools_functions), MODULE("collections", collections_functions),
    MODULE("functools", functools_functions)};

const mmd_pymodule_t *mmd_py_find_module(const char *name) {
  for (size_t i = 0; i < sizeof modules / sizeof *modules; ++i) {
    if (strcmp(modules[i].name, name) == 0) return &modules[i];
  }
  return NULL;
}

bool mmd_py_is_written_in_python(const mmd_pybuiltin_t *builtin) {
  for (size_t i = 0; i < sizeof modules / sizeof *modules; ++i) {
    const mmd_pymodule_t *module = &modules[i];
    if (strcmp(module->name, "copy") != 0 && strcmp(module->name, "os.path") != 0) continue;
    for (size_t k = 0; k < module->function_count; ++k) {
      if (&module->functions[k] == builtin) return true;
    }
  }
  return false;
}

const char *mmd_py_module_names(void) {
  return "collections, copy, functools, itertools, math and os.path";
}

mmd_status_t mmd_py_make_module(mmd_pyctx_t *ctx, const mmd_pymodule_t *module, mmd_pyobj_t **out) {
  MMD_TRY(mmd_py_give(mmd_py_make(ctx, MMD_PY_MODULE), out));
  (*out)->u.module = module;
  return NULL;
}

mmd_status_t mmd_py_module_attribute(mmd_pyctx_t *ctx, const mmd_pymodule_t *module,
                                     const char *name, mmd_pyobj_t **out) {
  static const struct {
    const char *name;
    double value;
  } constants[] = {{"pi", PI},
                   {"e", 2.718281828459045},
                   {"tau", 6.283185307179586},
                   {"inf", INFINITY},
                   {"nan", NAN}};
  *out = NULL;
  if (strcmp(module->name, "os") == 0 && strcmp(name, "path") == 0)
    return mmd_py_make_module(ctx, mmd_py_find_module("os.path"), out);
  if (strcmp(module->name, "os") == 0 && strcmp(name, "sep") == 0)
    return mmd_py_give(mmd_py_str(ctx, "/"), out);
  for (size_t i = 0; i < module->function_count; ++i) {
    if (strcmp(module->functions[i].name, name) == 0)
      return mmd_py_give(mmd_py_builtin(ctx, &module->functions[i], NULL), out);
  }
  for (size_t i = 0; strcmp(module->name, "math") == 0 && i < sizeof constants / sizeof *constants;
       ++i) {
    if (strcmp(constants[i].name, name) == 0)
      return mmd_py_give(mmd_py_float(ctx, constants[i].value), out);
  }
  return NULL;
}
