// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/graph.h"
#include "graph/internal.h"

static size_t attr_index(const mmd_node_t *node, const char *name) {
  size_t i = 0;
  while (i < node->attr_count && strcmp(node->attrs[i].name, name) != 0) ++i;
  return i;
}

const mmd_attr_t *mmd_node_attr(const mmd_node_t *node, const char *name) {
  size_t i = attr_index(node, name);
  return i < node->attr_count ? &node->attrs[i] : NULL;
}

int64_t mmd_node_attr_int(const mmd_node_t *node, const char *name, int64_t fallback) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  return attr && attr->kind == MMD_ATTR_INT ? attr->u.integer : fallback;
}

double mmd_node_attr_float(const mmd_node_t *node, const char *name, double fallback) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  if (attr && attr->kind == MMD_ATTR_INT) return (double)attr->u.integer;
  return attr && attr->kind == MMD_ATTR_FLOAT ? attr->u.number : fallback;
}

const char *mmd_node_attr_string(const mmd_node_t *node, const char *name, const char *fallback) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  return attr && attr->kind == MMD_ATTR_STRING ? attr->u.string.data : fallback;
}

const int64_t *mmd_node_attr_ints(const mmd_node_t *node, const char *name, size_t *out_count) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  bool found = attr && attr->kind == MMD_ATTR_INTS;
  *out_count = found ? attr->count : 0;
  return found ? attr->u.integers : NULL;
}

const double *mmd_node_attr_floats(const mmd_node_t *node, const char *name, size_t *out_count) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  const bool found = attr && attr->kind == MMD_ATTR_FLOATS;
  *out_count = found ? attr->count : 0;
  return found ? attr->u.numbers : NULL;
}

const mmd_tensor_t *mmd_node_attr_tensor(const mmd_node_t *node, const char *name) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  return attr && attr->kind == MMD_ATTR_TENSOR ? attr->u.tensor : NULL;
}

mmd_region_t *mmd_node_attr_region(const mmd_node_t *node, const char *name) {
  const mmd_attr_t *attr = mmd_node_attr(node, name);
  return attr && attr->kind == MMD_ATTR_REGION ? attr->u.region : NULL;
}

static void discard_region(mmd_region_t *region) {
  mmd_region_clear(region);
  region->owner = NULL;
}

void mmd_attr_discard(mmd_attr_t *attr) {
  if (attr->kind == MMD_ATTR_TENSOR) mmd_tensor_deinit(attr->u.tensor);
  if (attr->kind == MMD_ATTR_REGION) discard_region(attr->u.region);
  if (attr->kind == MMD_ATTR_TENSORS)
    for (size_t i = 0; i < attr->count; ++i) mmd_tensor_deinit(&attr->u.tensors[i]);
  if (attr->kind == MMD_ATTR_REGIONS)
    for (size_t i = 0; i < attr->count; ++i) discard_region(attr->u.regions[i]);
}

static mmd_status_t copy_string(mmd_arena_t *arena, const mmd_attr_string_t *from,
                                mmd_attr_string_t *out) {
  out->data = mmd_arena_strndup(arena, from->data ? from->data : "", from->size);
  MMD_TRY_ALLOC(out->data);
  out->size = from->size;
  return NULL;
}

static mmd_status_t copy_bytes(mmd_arena_t *arena, const void *items, size_t count,
                               size_t item_size, void **out_copy) {
  void *copy = mmd_arena_alloc_array(arena, count, item_size);
  MMD_TRY_ALLOC(copy);
  if (count) memcpy(copy, items, count * item_size);
  *out_copy = copy;
  return NULL;
}

static mmd_status_t copy_strings(mmd_arena_t *arena, const mmd_attr_t *attr, mmd_attr_t *out) {
  mmd_attr_string_t *strings = mmd_arena_alloc_array(arena, attr->count, sizeof *strings);
  MMD_TRY_ALLOC(strings);
  for (size_t i = 0; i < attr->count; ++i)
    MMD_TRY(copy_string(arena, &attr->u.strings[i], &strings[i]));
  out->u.strings = strings;
  return NULL;
}

static mmd_status_t copy_tensors(mmd_arena_t *arena, const mmd_tensor_t *tensors, size_t count,
                                 mmd_tensor_t **out_tensors) {
  mmd_tensor_t *copies = mmd_arena_alloc_array(arena, count, sizeof *copies);
  MMD_TRY_ALLOC(copies);
  for (size_t i = 0; i < count; ++i) copies[i] = mmd_tensor_retain(&tensors[i]);
  *out_tensors = copies;
  return NULL;
}

static mmd_status_t copy_type(mmd_graph_t *graph, const mmd_type_t *type,
                              const mmd_type_t **out_type) {
  mmd_type_t *copy = mmd_arena_alloc(&graph->arena, sizeof *copy);
  MMD_TRY_ALLOC(copy);
  MMD_TRY(mmd_type_copy(graph, type, copy));
  *out_type = copy;
  return NULL;
}

static mmd_status_t copy_payload(mmd_graph_t *graph, const mmd_attr_t *attr, mmd_attr_t *out) {
  mmd_arena_t *arena = &graph->arena;
  void *copy = NULL;
  switch (attr->kind) {
    case MMD_ATTR_INT:
    case MMD_ATTR_FLOAT:
    case MMD_ATTR_REGION:
      return NULL;
    case MMD_ATTR_STRING:
    case MMD_ATTR_REFERENCE:
      return copy_string(arena, &attr->u.string, &out->u.string);
    case MMD_ATTR_TENSOR:
      return copy_tensors(arena, attr->u.tensor, 1, &out->u.tensor);
    case MMD_ATTR_INTS:
      MMD_TRY(copy_bytes(arena, attr->u.integers, attr->count, sizeof(int64_t), &copy));
      out->u.integers = copy;
      return NULL;
    case MMD_ATTR_FLOATS:
      MMD_TRY(copy_bytes(arena, attr->u.numbers, attr->count, sizeof(double), &copy));
      out->u.numbers = copy;
      return NULL;
    case MMD_ATTR_STRINGS:
      return copy_strings(arena, attr, out);
    case MMD_ATTR_TENSORS:
      return copy_tensors(arena, attr->u.tensors, attr->count, &out->u.tensors);
    case MMD_ATTR_REGIONS:
      MMD_TRY(copy_bytes(arena, attr->u.regions, attr->count, sizeof(mmd_region_t *), &copy));
      out->u.regions = copy;
      return NULL;
    case MMD_ATTR_TYPE:
      return copy_type(graph, attr->u.type, &out->u.type);
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute '%s' has unknown kind %d", attr->name,
                   (int)attr->kind);
}

mmd_status_t mmd_attr_copy(mmd_graph_t *graph, const mmd_attr_t *attr, mmd_attr_t *out_attr) {
  mmd_attr_t copy = *attr;
  MMD_TRY(mmd_graph_strdup(graph, attr->name, &copy.name));
  MMD_TRY(mmd_kept_copy(graph, attr->kept, &copy.kept));
  // Tensors are retained last, so a failure leaves nothing to release.
  MMD_TRY(copy_payload(graph, attr, &copy));
  *out_attr = copy;
  return NULL;
}

mmd_status_t mmd_node_reserve_attrs(mmd_node_t *node, size_t count) {
  return MMD_GRAPH_GROW(node->region->graph, node->attrs, node->attr_capacity, count);
}

static mmd_status_t check_region(const mmd_node_t *node, const mmd_region_t *region) {
  mmd_graph_t *graph = node->region->graph;
  bool is_body = region == graph->root;
  for (size_t i = 0; i < graph->function_count; ++i) is_body |= region == graph->functions[i]->body;
  if (region->graph != graph || is_body || (region->owner && region->owner != node) ||
      mmd_region_is_inside(node->region, region))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "region '%s' has another owner than node '%s'",
                     region->name, node->name);
  if (mmd_region_depth(node->region) + 1 > MMD_REGION_MAX_DEPTH)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "region '%s' is nested deeper than %d", region->name,
                     MMD_REGION_MAX_DEPTH);
  return NULL;
}

static bool holds_region(const mmd_attr_t *attr, const mmd_region_t *region) {
  if (attr->kind == MMD_ATTR_REGION) return attr->u.region == region;
  if (attr->kind != MMD_ATTR_REGIONS) return false;
  for (size_t i = 0; i < attr->count; ++i)
    if (attr->u.regions[i] == region) return true;
  return false;
}

static mmd_status_t check_regions(const mmd_node_t *node, const mmd_attr_t *attr) {
  if (attr->kind == MMD_ATTR_REGION) return check_region(node, attr->u.region);
  if (attr->kind != MMD_ATTR_REGIONS) return NULL;
  for (size_t i = 0; i < attr->count; ++i) MMD_TRY(check_region(node, attr->u.regions[i]));
  return NULL;
}

static void own_regions(mmd_node_t *node, const mmd_attr_t *attr) {
  if (attr->kind == MMD_ATTR_REGION) attr->u.region->owner = node;
  if (attr->kind != MMD_ATTR_REGIONS) return;
  for (size_t i = 0; i < attr->count; ++i) attr->u.regions[i]->owner = node;
}

// Lets go of the replaced attribute, but not of regions that the new one holds too.
static void discard_replaced(mmd_attr_t *old, const mmd_attr_t *attr) {
  if (old->kind == MMD_ATTR_REGION && holds_region(attr, old->u.region)) return;
  if (old->kind != MMD_ATTR_REGIONS) {
    mmd_attr_discard(old);
    return;
  }
  for (size_t i = 0; i < old->count; ++i)
    if (!holds_region(attr, old->u.regions[i])) discard_region(old->u.regions[i]);
}

mmd_status_t mmd_node_set_attr(mmd_node_t *node, const mmd_attr_t *attr) {
  MMD_TRY(check_regions(node, attr));
  size_t i = attr_index(node, attr->name);
  if (i == node->attr_count) MMD_TRY(mmd_node_reserve_attrs(node, i + 1));
  mmd_attr_t copy;
  MMD_TRY(mmd_attr_copy(node->region->graph, attr, &copy));
  if (i < node->attr_count) discard_replaced(&node->attrs[i], &copy);
  node->attrs[i] = copy;
  if (i == node->attr_count) ++node->attr_count;
  own_regions(node, &copy);
  return NULL;
}

mmd_status_t mmd_node_set_int(mmd_node_t *node, const char *name, int64_t number) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_INT, .u.integer = number};
  return mmd_node_set_attr(node, &attr);
}

mmd_status_t mmd_node_set_float(mmd_node_t *node, const char *name, double number) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_FLOAT, .u.number = number};
  return mmd_node_set_attr(node, &attr);
}

mmd_status_t mmd_node_set_string(mmd_node_t *node, const char *name, const char *text) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_STRING};
  attr.u.string = (mmd_attr_string_t){.data = text, .size = strlen(text)};
  return mmd_node_set_attr(node, &attr);
}

mmd_status_t mmd_node_set_ints(mmd_node_t *node, const char *name, size_t count,
                               const int64_t *numbers) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_INTS, .count = count, .u.integers = numbers};
  return mmd_node_set_attr(node, &attr);
}

mmd_status_t mmd_node_set_floats(mmd_node_t *node, const char *name, size_t count,
                                 const double *numbers) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_FLOATS, .count = count, .u.numbers = numbers};
  return mmd_node_set_attr(node, &attr);
}

mmd_status_t mmd_node_set_strings(mmd_node_t *node, const char *name, size_t count,
                                  const mmd_attr_string_t *strings) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_STRINGS, .count = count, .u.strings = strings};
  return mmd_node_set_attr(node, &attr);
}

mmd_status_t mmd_node_set_tensor(mmd_node_t *node, const char *name, const mmd_tensor_t *tensor) {
  mmd_tensor_t view = *tensor;
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_TENSOR, .u.tensor = &view};
  return mmd_node_set_attr(node, &attr);
}

mmd_status_t mmd_node_set_region(mmd_node_t *node, const char *name, mmd_region_t *region) {
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_REGION, .u.region = region};
  return mmd_node_set_attr(node, &attr);
}

void mmd_node_remove_attr(mmd_node_t *node, const char *name) {
  size_t i = attr_index(node, name);
  if (i == node->attr_count) return;
  mmd_attr_discard(&node->attrs[i]);
  --node->attr_count;
  memmove(&node->attrs[i], &node->attrs[i + 1], (node->attr_count - i) * sizeof *node->attrs);
}
