// SPDX-License-Identifier: Apache-2.0
//
// The stack machine: opcodes of Python's pickletools, in its order of ideas.
#include "formats/checkpoint/pickle.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "formats/checkpoint/pickle_node.h"

enum { DEFAULT_DEPTH = 200, MAX_NAME = 1024 };

typedef mmd_pickle_node_t node_t;

mmd_status_t mmd_pickle_node_make(mmd_pickle_t *pickle, mmd_pickle_kind_t kind,
                                  mmd_pickle_node_t **out_node) {
  *out_node = mmd_arena_alloc(&pickle->arena, sizeof **out_node);
  if (!*out_node) {
    return MMD_PICKLE_ERROR(pickle, MMD_OUT_OF_MEMORY, "needs more than %zu bytes of memory",
                            pickle->options.memory_limit);
  }
  (*out_node)->kind = (uint8_t)kind;
  return NULL;
}

mmd_status_t mmd_pickle_items_add(mmd_pickle_t *pickle, mmd_pickle_items_t *items, node_t *item) {
  if (items->count == items->capacity) {
    size_t capacity = items->capacity ? items->capacity * 2 : 4;
    node_t **grown = mmd_arena_alloc_array(&pickle->arena, capacity, sizeof *grown);
    if (!grown) {
      return MMD_PICKLE_ERROR(pickle, MMD_OUT_OF_MEMORY, "needs more than %zu bytes of memory",
                              pickle->options.memory_limit);
    }
    if (items->count) memcpy(grown, items->items, items->count * sizeof *grown);
    items->items = grown;
    items->capacity = capacity;
  }
  items->items[items->count++] = item;
  return NULL;
}

bool mmd_pickle_text_is(const node_t *node, const char *text) {
  return (node->kind == MMD_PICKLE_STRING || node->kind == MMD_PICKLE_BYTES) &&
         node->as.text.size == strlen(text) &&
         memcmp(node->as.text.data, text, node->as.text.size) == 0;
}

static mmd_status_t damaged(const mmd_pickle_t *p, const char *what) {
  return MMD_PICKLE_ERROR(p, MMD_CORRUPT, "%s", what);
}

static mmd_status_t take(mmd_pickle_t *p, uint64_t size, const uint8_t **out_bytes) {
  if (size > p->size - p->at) return damaged(p, "the data ends early");
  *out_bytes = p->data + p->at;
  p->at += (size_t)size;
  return NULL;
}

// Little-endian number of 1 to 8 bytes.
static mmd_status_t take_number(mmd_pickle_t *p, unsigned bytes, uint64_t *out_number) {
  const uint8_t *b = NULL;
  MMD_TRY(take(p, bytes, &b));
  uint64_t n = 0;
  for (unsigned i = 0; i < bytes; ++i) n |= (uint64_t)b[i] << (8 * i);
  *out_number = n;
  return NULL;
}

static size_t floor_of(const mmd_pickle_t *p) {
  return p->mark_count ? p->marks[p->mark_count - 1] : 0;
}

static mmd_status_t push(mmd_pickle_t *p, node_t *node) {
  if (p->stack.count >= p->options.memory_limit / sizeof node) {
    return damaged(p, "the stack grows past the memory limit");
  }
  MMD_TRY(MMD_GROW(p->stack.items, p->stack.capacity, p->stack.count + 1));
  p->stack.items[p->stack.count++] = node;
  return NULL;
}

static mmd_status_t pop(mmd_pickle_t *p, node_t **out_node) {
  if (p->stack.count <= floor_of(p)) return damaged(p, "the stack is empty");
  *out_node = p->stack.items[--p->stack.count];
  return NULL;
}

static mmd_status_t top(mmd_pickle_t *p, node_t **out_node) {
  if (p->stack.count <= floor_of(p)) return damaged(p, "the stack is empty");
  *out_node = p->stack.items[p->stack.count - 1];
  return NULL;
}

// The items above the last mark; they stay readable until the next push.
static mmd_status_t pop_mark(mmd_pickle_t *p, mmd_pickle_items_t *out_items) {
  if (p->mark_count == 0) return damaged(p, "a mark is missing");
  size_t begin = p->marks[--p->mark_count];
  *out_items = (mmd_pickle_items_t){.count = p->stack.count - begin};
  if (out_items->count) out_items->items = p->stack.items + begin;
  p->stack.count = begin;
  return NULL;
}

static mmd_status_t push_mark(mmd_pickle_t *p) {
  MMD_TRY(MMD_GROW(p->marks, p->mark_capacity, p->mark_count + 1));
  p->marks[p->mark_count++] = p->stack.count;
  return NULL;
}

static mmd_status_t push_new(mmd_pickle_t *p, mmd_pickle_kind_t kind, node_t **out_node) {
  MMD_TRY(mmd_pickle_node_make(p, kind, out_node));
  return push(p, *out_node);
}

static mmd_status_t push_int(mmd_pickle_t *p, int64_t number) {
  node_t *n = NULL;
  MMD_TRY(push_new(p, MMD_PICKLE_INT, &n));
  n->as.integer = number;
  return NULL;
}

static mmd_status_t push_bool(mmd_pickle_t *p, bool flag) {
  node_t *n = NULL;
  MMD_TRY(push_new(p, MMD_PICKLE_BOOL, &n));
  n->as.integer = flag;
  return NULL;
}

static mmd_status_t push_float(mmd_pickle_t *p) {
  const uint8_t *b = NULL;
  MMD_TRY(take(p, 8, &b));
  uint64_t bits = 0;  // big-endian
  for (unsigned i = 0; i < 8; ++i) bits = bits << 8 | b[i];
  node_t *n = NULL;
  MMD_TRY(push_new(p, MMD_PICKLE_FLOAT, &n));
  memcpy(&n->as.number, &bits, sizeof bits);
  return NULL;
}

// Two's complement of |size| bytes; what does not fit 64 bits becomes a float.
static mmd_status_t push_long(mmd_pickle_t *p, unsigned size_bytes) {
  uint64_t size = 0;
  const uint8_t *b = NULL;
  MMD_TRY(take_number(p, size_bytes, &size));
  MMD_TRY(take(p, size, &b));
  bool negative = size > 0 && (b[size - 1] & 0x80);
  if (size <= 8) {
    uint64_t bits = negative ? UINT64_MAX : 0;
    for (unsigned i = (unsigned)size; i > 0; --i) bits = bits << 8 | b[i - 1];
    return push_int(p, (int64_t)bits);
  }
  double number = negative ? -1 : 0;
  for (size_t i = (size_t)size; i > 0; --i) number = number * 256 + b[i - 1];
  node_t *n = NULL;
  MMD_TRY(push_new(p, MMD_PICKLE_FLOAT, &n));
  n->as.number = number;
  return NULL;
}

static mmd_status_t push_text(mmd_pickle_t *p, mmd_pickle_kind_t kind, unsigned size_bytes) {
  uint64_t size = 0;
  const uint8_t *b = NULL;
  MMD_TRY(take_number(p, size_bytes, &size));
  MMD_TRY(take(p, size, &b));
  node_t *n = NULL;
  MMD_TRY(push_new(p, kind, &n));
  n->as.text = (mmd_pickle_text_t){(const char *)b, (size_t)size};
  return NULL;
}

// Python 2's str: text when it is UTF-8, else bytes.
static mmd_status_t push_old_string(mmd_pickle_t *p, unsigned size_bytes) {
  MMD_TRY(push_text(p, MMD_PICKLE_STRING, size_bytes));
  node_t *n = p->stack.items[p->stack.count - 1];
  for (size_t i = 0; i < n->as.text.size;) {
    size_t step = mmd_utf8_sequence(n->as.text.data + i, n->as.text.size - i);
    if (step == 0) {
      n->kind = MMD_PICKLE_BYTES;
      break;
    }
    i += step;
  }
  return NULL;
}

static mmd_status_t push_list(mmd_pickle_t *p, mmd_array_flavour_t flavour,
                              const mmd_pickle_items_t *items) {
  node_t *n = NULL;
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_LIST, &n));
  n->flavour = (uint8_t)flavour;
  for (size_t i = 0; items && i < items->count; ++i) {
    MMD_TRY(mmd_pickle_items_add(p, &n->as.list, items->items[i]));
  }
  return push(p, n);
}

static mmd_status_t push_marked_list(mmd_pickle_t *p, mmd_array_flavour_t flavour) {
  mmd_pickle_items_t items = {0};
  MMD_TRY(pop_mark(p, &items));
  return push_list(p, flavour, &items);
}

static mmd_status_t push_small_tuple(mmd_pickle_t *p, unsigned count) {
  node_t *popped[3] = {0};
  for (unsigned i = count; i > 0; --i) MMD_TRY(pop(p, &popped[i - 1]));
  mmd_pickle_items_t items = {popped, count, 0};
  return push_list(p, MMD_ARRAY_TUPLE, &items);
}

// The dict or object on top of the stack takes pairs.
static mmd_status_t set_items(mmd_pickle_t *p, node_t *target, const mmd_pickle_items_t *pairs) {
  if (target->kind == MMD_PICKLE_OBJECT) {
    mmd_pickle_object_t *o = target->as.object;
    if (!o->dict) MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_DICT, &o->dict));
    target = o->dict;
  }
  if (target->kind != MMD_PICKLE_DICT) return damaged(p, "items are set on what is no dict");
  if (pairs->count % 2 != 0) return damaged(p, "a key has no value");
  for (size_t i = 0; i < pairs->count; ++i) {
    MMD_TRY(mmd_pickle_items_add(p, &target->as.dict.pairs, pairs->items[i]));
  }
  return NULL;
}

static mmd_status_t append_items(mmd_pickle_t *p, node_t *target, mmd_array_flavour_t flavour,
                                 const mmd_pickle_items_t *items) {
  if (target->kind == MMD_PICKLE_OBJECT) {
    mmd_pickle_object_t *o = target->as.object;
    if (!o->list) MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_LIST, &o->list));
    o->list->flavour = (uint8_t)flavour;
    target = o->list;
  }
  if (target->kind != MMD_PICKLE_LIST || target->flavour != flavour) {
    return damaged(p, "items are appended to what is no list");
  }
  for (size_t i = 0; i < items->count; ++i) {
    MMD_TRY(mmd_pickle_items_add(p, &target->as.list, items->items[i]));
  }
  return NULL;
}

static mmd_status_t set_one(mmd_pickle_t *p) {
  node_t *pair[2] = {0}, *target = NULL;
  MMD_TRY(pop(p, &pair[1]));
  MMD_TRY(pop(p, &pair[0]));
  MMD_TRY(top(p, &target));
  mmd_pickle_items_t pairs = {pair, 2, 0};
  return set_items(p, target, &pairs);
}

static mmd_status_t set_marked(mmd_pickle_t *p) {
  mmd_pickle_items_t pairs = {0};
  node_t *target = NULL;
  MMD_TRY(pop_mark(p, &pairs));
  MMD_TRY(top(p, &target));
  return set_items(p, target, &pairs);
}

static mmd_status_t append_one(mmd_pickle_t *p) {
  node_t *item = NULL, *target = NULL;
  MMD_TRY(pop(p, &item));
  MMD_TRY(top(p, &target));
  mmd_pickle_items_t items = {&item, 1, 0};
  return append_items(p, target, MMD_ARRAY_LIST, &items);
}

static mmd_status_t append_marked(mmd_pickle_t *p, mmd_array_flavour_t flavour) {
  mmd_pickle_items_t items = {0};
  node_t *target = NULL;
  MMD_TRY(pop_mark(p, &items));
  MMD_TRY(top(p, &target));
  return append_items(p, target, flavour, &items);
}

static mmd_status_t push_marked_dict(mmd_pickle_t *p) {
  mmd_pickle_items_t pairs = {0};
  node_t *n = NULL;
  MMD_TRY(pop_mark(p, &pairs));
  MMD_TRY(mmd_pickle_node_make(p, MMD_PICKLE_DICT, &n));
  MMD_TRY(set_items(p, n, &pairs));
  return push(p, n);
}

// Writers number their memo in order, so an index far ahead of the work done is an attack.
static mmd_status_t memo_put(mmd_pickle_t *p, uint64_t index) {
  node_t *n = NULL;
  MMD_TRY(top(p, &n));
  if (index > p->steps * 4 + 65536) return damaged(p, "a memo index is far out of order");
  size_t old = p->memo_capacity;
  MMD_TRY(MMD_GROW(p->memo, p->memo_capacity, (size_t)index + 1));
  if (p->memo_capacity > old) {
    memset(p->memo + old, 0, (p->memo_capacity - old) * sizeof *p->memo);
  }
  if (!p->memo[index]) ++p->memo_count;
  p->memo[index] = n;
  return NULL;
}

static mmd_status_t memo_get(mmd_pickle_t *p, uint64_t index) {
  if (index >= p->memo_capacity || !p->memo[index]) return damaged(p, "an unknown memo is read");
  return push(p, p->memo[index]);
}

static mmd_status_t memo_op(mmd_pickle_t *p, unsigned bytes, bool is_put) {
  uint64_t index = 0;
  MMD_TRY(take_number(p, bytes, &index));
  return is_put ? memo_put(p, index) : memo_get(p, index);
}

static mmd_status_t take_line(mmd_pickle_t *p, mmd_pickle_text_t *out_line) {
  size_t left = p->size - p->at, limit = left < MAX_NAME ? left : MAX_NAME;
  const uint8_t *begin = p->data + p->at;
  const uint8_t *end = limit ? memchr(begin, '\n', limit) : NULL;
  if (!end) return damaged(p, "a name does not end");
  *out_line = (mmd_pickle_text_t){(const char *)begin, (size_t)(end - begin)};
  p->at += out_line->size + 1;
  return NULL;
}

static mmd_status_t push_global(mmd_pickle_t *p) {
  mmd_pickle_text_t module = {0}, name = {0};
  node_t *n = NULL;
  MMD_TRY(take_line(p, &module));
  MMD_TRY(take_line(p, &name));
  MMD_TRY(mmd_pickle_global_make(p, module, name, &n));
  return push(p, n);
}

static mmd_status_t push_stack_global(mmd_pickle_t *p) {
  node_t *module = NULL, *name = NULL, *n = NULL;
  MMD_TRY(pop(p, &name));
  MMD_TRY(pop(p, &module));
  if (module->kind != MMD_PICKLE_STRING || name->kind != MMD_PICKLE_STRING ||
      module->as.text.size > MAX_NAME || name->as.text.size > MAX_NAME) {
    return damaged(p, "a global without a name");
  }
  MMD_TRY(mmd_pickle_global_make(p, module->as.text, name->as.text, &n));
  return push(p, n);
}

static mmd_status_t reduce(mmd_pickle_t *p) {
  node_t *args = NULL, *callable = NULL, *result = NULL;
  MMD_TRY(pop(p, &args));
  MMD_TRY(pop(p, &callable));
  MMD_TRY(mmd_pickle_call(p, callable, args, &result));
  return push(p, result);
}

// NEWOBJ, and NEWOBJ_EX with keyword arguments.
static mmd_status_t new_object(mmd_pickle_t *p, bool has_keywords) {
  node_t *keywords = NULL, *args = NULL, *class_node = NULL, *result = NULL;
  if (has_keywords) MMD_TRY(pop(p, &keywords));
  MMD_TRY(pop(p, &args));
  MMD_TRY(pop(p, &class_node));
  MMD_TRY(mmd_pickle_new_object(p, class_node, args, &result));
  return push(p, result);
}

static mmd_status_t build(mmd_pickle_t *p) {
  node_t *state = NULL, *object = NULL;
  MMD_TRY(pop(p, &state));
  MMD_TRY(top(p, &object));
  return mmd_pickle_build(p, object, state);
}

static mmd_status_t persistent(mmd_pickle_t *p) {
  node_t *id = NULL, *result = NULL;
  MMD_TRY(pop(p, &id));
  MMD_TRY(mmd_pickle_persistent(p, id, &result));
  return push(p, result);
}

static mmd_status_t protocol(mmd_pickle_t *p) {
  uint64_t version = 0;
  MMD_TRY(take_number(p, 1, &version));
  if (version > 5) {
    return MMD_PICKLE_ERROR(p, MMD_NOT_SUPPORTED, "protocol %u; 2 to 5 are read",
                            (unsigned)version);
  }
  return NULL;
}

static mmd_status_t push_i32(mmd_pickle_t *p) {
  uint64_t bits = 0;
  MMD_TRY(take_number(p, 4, &bits));
  return push_int(p, (int32_t)(uint32_t)bits);
}

static mmd_status_t push_unsigned(mmd_pickle_t *p, unsigned bytes) {
  uint64_t bits = 0;
  MMD_TRY(take_number(p, bytes, &bits));
  return push_int(p, (int64_t)bits);
}

static mmd_status_t drop_one(mmd_pickle_t *p) {
  node_t *n = NULL;
  if (p->stack.count <= floor_of(p) && p->mark_count) {
    --p->mark_count;
    return NULL;
  }
  return pop(p, &n);
}

static mmd_status_t duplicate(mmd_pickle_t *p) {
  node_t *n = NULL;
  MMD_TRY(top(p, &n));
  return push(p, n);
}

static mmd_status_t drop_marked(mmd_pickle_t *p) {
  mmd_pickle_items_t items = {0};
  return pop_mark(p, &items);
}

static mmd_status_t stop(mmd_pickle_t *p) {
  if (p->mark_count) return damaged(p, "a mark is left over");
  return pop(p, &p->root);
}

static mmd_status_t skip_frame(mmd_pickle_t *p) {
  uint64_t size = 0;
  return take_number(p, 8, &size);
}

static mmd_status_t unknown(const mmd_pickle_t *p, uint8_t op) {
  if (op > 32 && op < 127) {
    return MMD_PICKLE_ERROR(p, MMD_NOT_SUPPORTED, "opcode '%c' is not read", op);
  }
  return MMD_PICKLE_ERROR(p, MMD_NOT_SUPPORTED, "opcode 0x%02x is not read", op);
}

static mmd_status_t step(mmd_pickle_t *p, uint8_t op) {
  node_t *n = NULL;
  switch (op) {
    case 0x80:
      return protocol(p);
    case 0x95:
      return skip_frame(p);
    case '.':
      return stop(p);
    case '(':
      return push_mark(p);
    case '0':
      return drop_one(p);
    case '1':
      return drop_marked(p);
    case '2':
      return duplicate(p);
    case 'N':
      return push_new(p, MMD_PICKLE_NONE, &n);
    case 0x88:
      return push_bool(p, true);
    case 0x89:
      return push_bool(p, false);
    case 'J':
      return push_i32(p);
    case 'K':
      return push_unsigned(p, 1);
    case 'M':
      return push_unsigned(p, 2);
    case 0x8a:
      return push_long(p, 1);
    case 0x8b:
      return push_long(p, 4);
    case 'G':
      return push_float(p);
    case 'U':
      return push_old_string(p, 1);
    case 'T':
      return push_old_string(p, 4);
    case 0x8c:
      return push_text(p, MMD_PICKLE_STRING, 1);
    case 'X':
      return push_text(p, MMD_PICKLE_STRING, 4);
    case 0x8d:
      return push_text(p, MMD_PICKLE_STRING, 8);
    case 'C':
      return push_text(p, MMD_PICKLE_BYTES, 1);
    case 'B':
      return push_text(p, MMD_PICKLE_BYTES, 4);
    case 0x8e:
    case 0x96:
      return push_text(p, MMD_PICKLE_BYTES, 8);
    case ']':
      return push_list(p, MMD_ARRAY_LIST, NULL);
    case ')':
      return push_list(p, MMD_ARRAY_TUPLE, NULL);
    case 0x8f:
      return push_list(p, MMD_ARRAY_SET, NULL);
    case '}':
      return push_new(p, MMD_PICKLE_DICT, &n);
    case 'l':
      return push_marked_list(p, MMD_ARRAY_LIST);
    case 't':
      return push_marked_list(p, MMD_ARRAY_TUPLE);
    case 0x91:
      return push_marked_list(p, MMD_ARRAY_SET);
    case 'd':
      return push_marked_dict(p);
    case 0x85:
      return push_small_tuple(p, 1);
    case 0x86:
      return push_small_tuple(p, 2);
    case 0x87:
      return push_small_tuple(p, 3);
    case 'a':
      return append_one(p);
    case 'e':
      return append_marked(p, MMD_ARRAY_LIST);
    case 0x90:
      return append_marked(p, MMD_ARRAY_SET);
    case 's':
      return set_one(p);
    case 'u':
      return set_marked(p);
    case 'q':
      return memo_op(p, 1, true);
    case 'r':
      return memo_op(p, 4, true);
    case 0x94:
      return memo_put(p, p->memo_count);
    case 'h':
      return memo_op(p, 1, false);
    case 'j':
      return memo_op(p, 4, false);
    case 'c':
      return push_global(p);
    case 0x93:
      return push_stack_global(p);
    case 'R':
      return reduce(p);
    case 0x81:
      return new_object(p, false);
    case 0x92:
      return new_object(p, true);
    case 'b':
      return build(p);
    case 'Q':
      return persistent(p);
    default:
      return unknown(p, op);
  }
}

static mmd_status_t run(mmd_pickle_t *p) {
  while (!p->root) {
    const uint8_t *op = NULL;
    MMD_TRY(take(p, 1, &op));
    ++p->steps;
    MMD_TRY(step(p, *op));
  }
  return NULL;
}

static void set_default_options(const mmd_pickle_options_t *given, mmd_pickle_options_t *out) {
  mmd_pickle_options_t o = given ? *given : (mmd_pickle_options_t){0};
  if (o.memory_limit == 0) o.memory_limit = (size_t)1 << 30;
  if (o.max_depth == 0 || o.max_depth > DEFAULT_DEPTH) o.max_depth = DEFAULT_DEPTH;
  if (o.max_values == 0) o.max_values = (uint64_t)1 << 26;
  *out = o;
}

static void drop_stack(mmd_pickle_t *p) {
  mmd_free(p->stack.items);
  mmd_free(p->marks);
  mmd_free(p->memo);
  p->stack = (mmd_pickle_items_t){0};
  p->marks = NULL;
  p->memo = NULL;
}

mmd_status_t mmd_pickle_parse(const void *data, size_t size, const char *name,
                              const mmd_pickle_options_t *options, mmd_pickle_t **out_pickle) {
  *out_pickle = NULL;
  mmd_pickle_t *p = mmd_alloc(sizeof *p);
  MMD_TRY_ALLOC(p);
  mmd_arena_init(&p->arena);
  set_default_options(options, &p->options);
  p->arena.limit_bytes = p->options.memory_limit;
  p->data = data;
  p->size = size;
  p->name = mmd_strdup(name);
  mmd_status_t status = p->name ? mmd_map_create(&p->storages) : mmd_status_no_memory();
  if (!status) status = run(p);
  drop_stack(p);
  if (status) {
    mmd_pickle_destroy(p);
    return status;
  }
  *out_pickle = p;
  return NULL;
}

void mmd_pickle_destroy(mmd_pickle_t *pickle) {
  if (!pickle) return;
  drop_stack(pickle);
  for (node_t *n = pickle->converted; n; n = n->next_converted) mmd_value_release(n->value);
  mmd_map_destroy(pickle->storages);
  mmd_arena_deinit(&pickle->arena);
  mmd_free(pickle->name);
  mmd_free(pickle);
}

size_t mmd_pickle_consumed(const mmd_pickle_t *pickle) {
  return pickle->at;
}

size_t mmd_pickle_storage_count(const mmd_pickle_t *pickle) {
  return mmd_map_size(pickle->storages);
}

mmd_pickle_storage_t *mmd_pickle_storage_at(mmd_pickle_t *pickle, size_t index) {
  return mmd_map_at(pickle->storages, index).value;
}

const char *mmd_pickle_unread_storage(const mmd_pickle_t *pickle) {
  return pickle->unread_storage;
}

mmd_pickle_storage_t *mmd_pickle_storage_find(mmd_pickle_t *pickle, const char *key) {
  return mmd_map_get(pickle->storages, key);
}
