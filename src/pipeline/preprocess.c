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
  mmd_fuse_t fuse;
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
  if (step->options && step->component->release) step->component->release(step->options);
  mmd_preprocess_destroy(step->lifted);
  mmd_value_release(step->config);
  mmd_free(step->options);
}

static mmd_status_t no_file(void *files, const char *name, mmd_storage_t **out_storage) {
  (void)files;
  *out_storage = NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s': transforms have no files", name);
}

static mmd_status_t fill_step(mmd_step_t *step, const mmd_value_t *config, int release,
                              const char *where) {
  const mmd_component_t *component = step->component;
  MMD_TRY(copy_config(config, release, &step->config));
  step->options = mmd_alloc(component->options->struct_size);
  MMD_TRY_ALLOC(step->options);
  MMD_TRY(mmd_options_read(component->options, step->config, where, false, step->options));
  if (component->check) MMD_TRY(component->check(step->options, where));
  if (!component->prepare) return NULL;
  const mmd_component_env_t env = {
      .release = release, .device = "cpu", .config = step->config, .read_file = no_file};
  return component->prepare(step->options, &env, where);
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

// The list of a Lift is a pre-processing of its own, whose scopes stand under the step's.
static mmd_status_t create_lifted(mmd_preprocess_t *preprocess, mmd_step_t *step, const char *where,
                                  int depth) {
  const mmd_compose_step_t *lift = step->options;
  mmd_str_t inner = {0};
  step->lifted = mmd_alloc(sizeof *step->lifted);
  MMD_TRY_ALLOC(step->lifted);
  step->lifted->release = preprocess->release;
  mmd_status_t status = mmd_str_printf(&inner, "%s.transforms", where);
  if (!status) {
    status = add_steps(step->lifted, lift->transforms, mmd_str_text(&inner), depth + 1);
  }
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
  if (!status && step.component == &mmd_transform_lift) {
    status = create_lifted(preprocess, &step, where, depth);
  }
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

static bool is_in_pass(const mmd_preprocess_t *preprocess, size_t step) {
  return step >= preprocess->fuse.first && step - preprocess->fuse.first < preprocess->fuse.count;
}

// Finds the steps that become one pass, and makes the scopes.
static mmd_status_t finish(mmd_preprocess_t *preprocess, const char *name, bool is_fused,
                           mmd_profiler_scope_t *parent) {
  MMD_TRY(mmd_profiler_scope_create(parent, name, &preprocess->scope));
  if (is_fused) {
    preprocess->fuse = mmd_fuse_find(preprocess->steps, preprocess->step_count);
  }
  if (preprocess->fuse.count) {
    MMD_TRY(mmd_profiler_scope_create(preprocess->scope, "Fused", &preprocess->fused_scope));
  }
  for (size_t i = 0; i < preprocess->step_count; ++i) {
    mmd_step_t *step = &preprocess->steps[i];
    if (is_in_pass(preprocess, i)) continue;
    MMD_TRY(mmd_profiler_scope_create(preprocess->scope, step->component->name, &step->scope));
    if (step->lifted) MMD_TRY(finish(step->lifted, "Compose", is_fused, step->scope));
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
  if (!status) status = finish(preprocess, "Compose", is_fused, scope);
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

typedef struct lift_t {
  const mmd_preprocess_t *list;
  mmd_component_context_t context;
  const mmd_value_t *items;
  mmd_value_t **results;
  mmd_status_t *statuses;
} lift_t;

static void lift_items(void *context, size_t begin, size_t end) {
  const lift_t *lift = context;
  for (size_t i = begin; i < end; ++i) {
    lift->statuses[i] = mmd_preprocess_run(lift->list, &lift->context, mmd_array_at(lift->items, i),
                                           &lift->results[i]);
  }
}

static mmd_status_t gather_items(const lift_t *lift, size_t count, mmd_value_t *array) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count; ++i) {
    mmd_status_t one = mmd_status_annotate(lift->statuses[i], "item %zu", i);
    if (!one && !status)
      one = mmd_array_take(array, lift->results[i]);
    else
      mmd_value_release(lift->results[i]);
    status = mmd_status_join(status, one);
  }
  return status;
}

static mmd_status_t apply_lift(const mmd_preprocess_t *list, const mmd_component_context_t *context,
                               const mmd_value_t *items, mmd_value_t **out_result) {
  if (mmd_value_kind(items) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "Lift: a list is expected, found %s",
                     mmd_value_kind_name(mmd_value_kind(items)));
  }
  const size_t count = mmd_array_size(items);
  lift_t lift = {.list = list, .context = *context, .items = items};
  if (count > 1) lift.context.pool = NULL;
  lift.results = mmd_alloc_array(count + 1, sizeof *lift.results);
  lift.statuses = mmd_alloc_array(count + 1, sizeof *lift.statuses);
  mmd_value_t *array = mmd_value_array();
  mmd_status_t status = NULL;
  if (lift.results && lift.statuses && array) {
    mmd_parallel_for(count > 1 ? context->pool : NULL, count, 1, lift_items, &lift);
    status = gather_items(&lift, count, array);
  } else {
    status = mmd_status_no_memory();
  }
  mmd_free(lift.results);
  mmd_free(lift.statuses);
  if (status)
    mmd_value_release(array);
  else
    *out_result = array;
  return status;
}

// |*sample| is replaced by the result.
static mmd_status_t run_step(const mmd_step_t *step, const mmd_component_context_t *context,
                             mmd_value_t **sample) {
  mmd_value_t *result = NULL;
  const uint64_t call = mmd_profiler_begin(step->scope);
  mmd_status_t status = step->lifted
                            ? apply_lift(step->lifted, context, *sample, &result)
                            : step->component->apply(step->options, context, sample, 1, &result);
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
  const mmd_step_t *steps = preprocess->steps + preprocess->fuse.first;
  const size_t count = preprocess->fuse.count;
  mmd_status_t status = mmd_fuse_run(steps, count, context, *sample, &is_done);
  for (size_t i = 0; i < count && !status && !is_done; ++i) {
    status = run_step(&steps[i], context, sample);
  }
  mmd_profiler_end(preprocess->fused_scope, call);
  return status;
}

static mmd_status_t run_steps(const mmd_preprocess_t *preprocess,
                              const mmd_component_context_t *context, mmd_value_t **sample) {
  const mmd_fuse_t fuse = preprocess->fuse;
  for (size_t i = 0; i < preprocess->step_count; ++i) {
    if (!is_in_pass(preprocess, i)) {
      MMD_TRY(run_step(&preprocess->steps[i], context, sample));
    } else {
      MMD_TRY(run_fused(preprocess, context, sample));
      i += fuse.count - 1;
    }
  }
  return NULL;
}

// The steps write into the object, so it must be our own; its members stay shared.
// Lists (for Lift) are only read.
static mmd_status_t copy_sample(mmd_value_t *sample, mmd_value_t **out_copy) {
  if (mmd_value_kind(sample) == MMD_VALUE_ARRAY) {
    *out_copy = mmd_value_retain(sample);
    return NULL;
  }
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

// LoadImageFromFile may leave a view of the caller's pixels, which must not outlive the run.
static mmd_status_t own_tensors(mmd_value_t *sample) {
  for (size_t i = 0; i < mmd_object_size(sample); ++i) {
    const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_value_at(sample, i));
    if (!tensor || !tensor->storage || mmd_storage_kind(tensor->storage) != MMD_STORAGE_BORROWED) {
      continue;
    }
    mmd_tensor_t copy = {0};
    MMD_TRY(mmd_tensor_copy(tensor, &copy));
    mmd_status_t status =
        mmd_object_take(sample, mmd_object_key_at(sample, i), mmd_value_tensor(&copy));
    mmd_tensor_deinit(&copy);
    MMD_TRY(status);
  }
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
  if (!status && mmd_value_kind(current) == MMD_VALUE_OBJECT) status = own_tensors(current);
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
      status = describe_step(&preprocess->steps[i], is_in_pass(preprocess, i), object);
    }
  }
  if (status) {
    mmd_value_release(list);
    return status;
  }
  *out_steps = list;
  return NULL;
}
