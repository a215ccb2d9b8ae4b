// SPDX-License-Identifier: Apache-2.0
#include "pipeline/preprocess.h"

#include <string.h>

#include "base/alloc.h"
#include "pipeline/fuse.h"
#include "pipeline/transforms/steps.h"

enum { MAX_DEPTH = 8 };  // of Compose in Compose

struct mmd_preprocess {
  mmd_step_t *steps;
  size_t step_count, step_capacity;
  size_t fused_count;  // of the first steps
  int release;
  mmd_profiler_scope_t *scope, *fused_scope;
};

//===--- reading ---===//

static mmd_status_t unknown_type(const char *where, const char *type) {
  const char *names[32];
  size_t count = 0;
  for (; mmd_transform_registry[count] && count < 32; ++count) {
    names[count] = mmd_transform_registry[count]->name;
  }
  const char *nearest = mmd_nearest_name(type, names, count);
  if (nearest) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.type: there is no transform '%s' (did you mean '%s'?)",
                     where, type, nearest);
  }
  mmd_str_t list = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count && !status; ++i) {
    status = mmd_str_printf(&list, "%s%s", i ? ", " : "", names[i]);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "%s.type: there is no transform '%s'; there are: %s",
                       where, type, mmd_str_text(&list));
  }
  mmd_str_deinit(&list);
  return status;
}

static mmd_status_t find_component(const mmd_value_t *config, const char *where,
                                   const mmd_component_t **out_component) {
  const char *type = mmd_value_get_string(mmd_object_get(config, "type"), NULL);
  if (!type) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: expected an object with a 'type', found %s", where,
                     mmd_value_kind_name(mmd_value_kind(config)));
  }
  for (size_t i = 0; mmd_transform_registry[i]; ++i) {
    *out_component = mmd_transform_registry[i];
    if (strcmp((*out_component)->name, type) == 0) return NULL;
  }
  return unknown_type(where, type);
}

// The step's own config: the given one with the release, on which the order of sizes depends.
static mmd_status_t copy_config(const mmd_value_t *config, int release, mmd_value_t **out_copy) {
  mmd_value_t *copy = mmd_value_object();
  MMD_TRY_ALLOC(copy);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_object_size(config) && !status; ++i) {
    status = mmd_object_take(copy, mmd_object_key_at(config, i),
                             mmd_value_retain(mmd_object_value_at(config, i)));
  }
  if (!status) status = mmd_object_take(copy, "release", mmd_value_int(release));
  if (status) {
    mmd_value_release(copy);
    return status;
  }
  *out_copy = copy;
  return NULL;
}

static void free_step(mmd_step_t *step) {
  mmd_value_release(step->config);
  mmd_free(step->options);
}

static mmd_status_t fill_step(mmd_step_t *step, const mmd_value_t *config, int release,
                              const char *where) {
  const mmd_component_t *component = step->component;
  MMD_TRY(copy_config(config, release, &step->config));
  step->options = mmd_alloc(component->options->struct_size);
  MMD_TRY_ALLOC(step->options);
  MMD_TRY(mmd_options_read(component->options, step->config, where, false, step->options));
  return component->check ? component->check(step->options, where) : NULL;
}

static mmd_status_t add_steps(mmd_preprocess_t *preprocess, const mmd_value_t *transforms,
                              const char *where, int depth);

static mmd_status_t add_compose(mmd_preprocess_t *preprocess, const mmd_value_t *config,
                                const char *where, int depth) {
  mmd_compose_step_t compose;
  mmd_str_t inner = {0};
  MMD_TRY(mmd_options_read(mmd_transform_compose.options, config, where, false, &compose));
  mmd_status_t status = mmd_str_printf(&inner, "%s.transforms", where);
  if (!status) status = add_steps(preprocess, compose.transforms, mmd_str_text(&inner), depth + 1);
  mmd_str_deinit(&inner);
  return status;
}

static mmd_status_t add_step(mmd_preprocess_t *preprocess, const mmd_value_t *config,
                             const char *where, int depth) {
  mmd_step_t step = {0};
  MMD_TRY(find_component(config, where, &step.component));
  if (step.component == &mmd_transform_compose) {
    return add_compose(preprocess, config, where, depth);
  }
  MMD_TRY(MMD_GROW(preprocess->steps, preprocess->step_capacity, preprocess->step_count + 1));
  mmd_status_t status = fill_step(&step, config, preprocess->release, where);
  if (status) {
    free_step(&step);
    return status;
  }
  preprocess->steps[preprocess->step_count++] = step;
  return NULL;
}

static mmd_status_t add_steps(mmd_preprocess_t *preprocess, const mmd_value_t *transforms,
                              const char *where, int depth) {
  if (mmd_value_kind(transforms) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: expected a list, found %s", where,
                     transforms ? mmd_value_kind_name(mmd_value_kind(transforms)) : "nothing");
  }
  if (depth > MAX_DEPTH) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: nested more than %d deep", where, MAX_DEPTH);
  }
  for (size_t i = 0; i < mmd_array_size(transforms); ++i) {
    mmd_str_t path = {0};
    mmd_status_t status = mmd_str_printf(&path, "%s[%zu]", where, i);
    if (!status) {
      status = add_step(preprocess, mmd_array_at(transforms, i), mmd_str_text(&path), depth);
    }
    mmd_str_deinit(&path);
    MMD_TRY(status);
  }
  return NULL;
}

//===--- life ---===//

static mmd_status_t add_scopes(mmd_preprocess_t *preprocess, mmd_profiler_scope_t *parent) {
  MMD_TRY(mmd_profiler_scope_create(parent, "Compose", &preprocess->scope));
  if (preprocess->fused_count) {
    MMD_TRY(mmd_profiler_scope_create(preprocess->scope, "Fused", &preprocess->fused_scope));
  }
  for (size_t i = preprocess->fused_count; i < preprocess->step_count; ++i) {
    mmd_step_t *step = &preprocess->steps[i];
    MMD_TRY(mmd_profiler_scope_create(preprocess->scope, step->component->name, &step->scope));
  }
  return NULL;
}

mmd_status_t mmd_preprocess_create(const mmd_value_t *transforms, int release, const char *where,
                                   bool is_fused, mmd_profiler_scope_t *scope,
                                   mmd_preprocess_t **out_preprocess) {
  *out_preprocess = NULL;
  mmd_preprocess_t *preprocess = mmd_alloc(sizeof *preprocess);
  MMD_TRY_ALLOC(preprocess);
  preprocess->release = release;
  mmd_status_t status = add_steps(preprocess, transforms, where, 0);
  if (!status) {
    if (is_fused) {
      preprocess->fused_count = mmd_fuse_count(preprocess->steps, preprocess->step_count);
    }
    status = add_scopes(preprocess, scope);
  }
  if (status) {
    mmd_preprocess_destroy(preprocess);
    return status;
  }
  *out_preprocess = preprocess;
  return NULL;
}

void mmd_preprocess_destroy(mmd_preprocess_t *preprocess) {
  if (!preprocess) return;
  for (size_t i = 0; i < preprocess->step_count; ++i) free_step(&preprocess->steps[i]);
  mmd_free(preprocess->steps);
  mmd_free(preprocess);
}

//===--- run ---===//

// |*sample| is replaced by the result.
static mmd_status_t run_step(const mmd_step_t *step, const mmd_component_context_t *context,
                             mmd_value_t **sample) {
  mmd_value_t *result = NULL;
  const uint64_t call = mmd_profiler_begin(step->scope);
  mmd_status_t status = step->component->apply(step->options, context, sample, 1, &result);
  mmd_profiler_end(step->scope, call);
  MMD_TRY(status);
  mmd_value_release(*sample);
  *sample = result;
  return NULL;
}

static mmd_status_t run_fused(const mmd_preprocess_t *preprocess,
                              const mmd_component_context_t *context, mmd_value_t **sample) {
  bool is_done = false;
  const uint64_t call = mmd_profiler_begin(preprocess->fused_scope);
  mmd_status_t status =
      mmd_fuse_run(preprocess->steps, preprocess->fused_count, context, *sample, &is_done);
  for (size_t i = 0; i < preprocess->fused_count && !status && !is_done; ++i) {
    status = run_step(&preprocess->steps[i], context, sample);
  }
  mmd_profiler_end(preprocess->fused_scope, call);
  return status;
}

static mmd_status_t run_steps(const mmd_preprocess_t *preprocess,
                              const mmd_component_context_t *context, mmd_value_t **sample) {
  if (preprocess->fused_count) MMD_TRY(run_fused(preprocess, context, sample));
  for (size_t i = preprocess->fused_count; i < preprocess->step_count; ++i) {
    MMD_TRY(run_step(&preprocess->steps[i], context, sample));
  }
  return NULL;
}

// The steps write into the object, so it must be our own; its members stay shared.
static mmd_status_t copy_sample(const mmd_value_t *sample, mmd_value_t **out_copy) {
  if (mmd_value_kind(sample) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a sample must be an object with 'ori_img', found %s",
                     mmd_value_kind_name(mmd_value_kind(sample)));
  }
  mmd_value_t *copy = mmd_value_object();
  MMD_TRY_ALLOC(copy);
  for (size_t i = 0; i < mmd_object_size(sample); ++i) {
    mmd_status_t status = mmd_object_take(copy, mmd_object_key_at(sample, i),
                                          mmd_value_retain(mmd_object_value_at(sample, i)));
    if (!status) continue;
    mmd_value_release(copy);
    return status;
  }
  *out_copy = copy;
  return NULL;
}

mmd_status_t mmd_preprocess_run(const mmd_preprocess_t *preprocess,
                                const mmd_component_context_t *context, mmd_value_t *sample,
                                mmd_value_t **out_sample) {
  mmd_value_t *current = NULL;
  *out_sample = NULL;
  MMD_TRY(copy_sample(sample, &current));
  const uint64_t call = mmd_profiler_begin(preprocess->scope);
  mmd_status_t status = run_steps(preprocess, context, &current);
  mmd_profiler_end(preprocess->scope, call);
  if (status) {
    mmd_value_release(current);
    return status;
  }
  *out_sample = current;
  return NULL;
}

//===--- describe ---===//

static mmd_value_t *int_list(const mmd_ints_t *numbers) {
  mmd_value_t *list = mmd_value_array();
  for (int i = 0; list && i < numbers->count; ++i) {
    if (!mmd_status_ignore(mmd_array_take(list, mmd_value_int(numbers->items[i])))) continue;
    mmd_value_release(list);
    return NULL;
  }
  return list;
}

static mmd_value_t *float_list(const mmd_floats_t *numbers) {
  mmd_value_t *list = mmd_value_array();
  for (int i = 0; list && i < numbers->count; ++i) {
    if (!mmd_status_ignore(mmd_array_take(list, mmd_value_float(numbers->items[i])))) continue;
    mmd_value_release(list);
    return NULL;
  }
  return list;
}

// The field of an options struct as a value; NULL when memory is short.
static mmd_value_t *field_value(const mmd_option_t *option, const void *options) {
  const void *field = (const char *)options + option->offset;
  switch (option->type) {
    case MMD_OPTION_BOOL:
      return mmd_value_bool(*(const bool *)field);
    case MMD_OPTION_INT:
      return mmd_value_int(*(const int64_t *)field);
    case MMD_OPTION_FLOAT:
      return mmd_value_float(*(const double *)field);
    case MMD_OPTION_STRING: {
      const char *text = *(const char *const *)field;
      return text ? mmd_value_string(text) : mmd_value_null();
    }
    case MMD_OPTION_CHOICE:
      return mmd_value_string(option->choices[*(const int *)field]);
    case MMD_OPTION_INTS:
      return int_list(field);
    case MMD_OPTION_FLOATS:
      return float_list(field);
    case MMD_OPTION_STRINGS:
    case MMD_OPTION_VALUE: {
      const mmd_value_t *const *value = field;
      return *value ? mmd_value_retain((mmd_value_t *)(uintptr_t)*value) : mmd_value_null();
    }
  }
  return NULL;
}

static mmd_status_t describe_step(const mmd_step_t *step, bool is_fused, mmd_value_t *object) {
  const mmd_option_table_t *table = step->component->options;
  MMD_TRY(mmd_object_take(object, "type", mmd_value_string(step->component->name)));
  for (size_t i = 0; i < table->count; ++i) {
    const mmd_option_t *option = &table->options[i];
    if ((option->flags & MMD_OPTION_IGNORED) || strcmp(option->name, "release") == 0) continue;
    MMD_TRY(mmd_object_take(object, option->name, field_value(option, step->options)));
  }
  return is_fused ? mmd_object_take(object, "fused", mmd_value_bool(true)) : NULL;
}

mmd_status_t mmd_preprocess_describe(const mmd_preprocess_t *preprocess, mmd_value_t **out_steps) {
  *out_steps = NULL;
  mmd_value_t *list = mmd_value_array();
  MMD_TRY_ALLOC(list);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < preprocess->step_count && !status; ++i) {
    mmd_value_t *object = mmd_value_object();
    status = mmd_array_take(list, object);
    if (!status) {
      status = describe_step(&preprocess->steps[i], i < preprocess->fused_count, object);
    }
  }
  if (status) {
    mmd_value_release(list);
    return status;
  }
  *out_steps = list;
  return NULL;
}
