// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/inspect.h"
#include "frontends/onnx/import.h"
#include "pipeline/describe.h"

//===--- networks ----------------------------------------------------------===//

// Inputs and outputs of a network that is ONNX.
static mmd_status_t add_net_ports(mmd_storage_t *bytes, const char *name, mmd_value_t *item,
                                  mmd_str_t *text) {
  mmd_graph_t *graph = NULL;
  mmd_status_t status = mmd_onnx_import_storage(bytes, name, NULL, NULL, &graph);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  // The package may still be fine, for example with external weights.
  if (mmd_status_ignore(status)) return NULL;
  status = mmd_inspect_ports(graph, 4, item, text);
  mmd_graph_destroy(graph);
  return status;
}

static mmd_status_t add_net_file(mmd_package_t *package, const char *name, mmd_value_t *item,
                                 mmd_str_t *text) {
  mmd_storage_t *bytes = NULL;
  mmd_status_t status = mmd_package_read(package, name, &bytes, NULL);
  if (status) {
    mmd_status_t shown = mmd_str_printf(text, "    missing: %s\n", mmd_status_message(status));
    if (!shown)
      shown = mmd_object_take(item, "error", mmd_value_string(mmd_status_message(status)));
    mmd_status_free(status);
    return shown;
  }
  const size_t size = mmd_storage_size(bytes);
  status = mmd_object_take(item, "bytes", mmd_value_int((int64_t)size));
  if (!status) status = mmd_str_printf(text, "    %-11s %s, ", "file", name);
  if (!status) status = mmd_inspect_size(text, size);
  if (!status) status = mmd_str_append_char(text, '\n');
  if (!status && strcmp(mmd_path_extension(name), ".onnx") == 0) {
    status = add_net_ports(bytes, name, item, text);
  }
  mmd_storage_release(bytes);
  return status;
}

static mmd_status_t add_net(mmd_package_t *package, const mmd_package_net_t *net, mmd_value_t *nets,
                            mmd_str_t *text) {
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(nets, item));
  MMD_TRY(mmd_object_take(item, "name", mmd_value_string(net->name)));
  MMD_TRY(mmd_object_take(item, "net", mmd_value_string(net->net)));
  MMD_TRY(mmd_object_take(item, "backend", mmd_value_string(net->backend)));
  MMD_TRY(mmd_object_take(item, "precision", mmd_value_string(net->precision)));
  MMD_TRY(mmd_object_take(item, "batch_size", mmd_value_int(net->batch_size)));
  MMD_TRY(mmd_object_take(item, "dynamic_shape", mmd_value_bool(net->dynamic_shape)));
  MMD_TRY(mmd_str_printf(text, "  %-13s %s, %s, batch %lld, %s shape\n", net->name, net->backend,
                         net->precision, (long long)net->batch_size,
                         net->dynamic_shape ? "dynamic" : "static"));
  return add_net_file(package, net->net, item, text);
}

static mmd_status_t add_nets(mmd_package_t *package, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *nets = mmd_value_array();
  MMD_TRY(mmd_object_take(result, "nets", nets));
  MMD_TRY(mmd_str_append(text, "networks\n"));
  for (size_t i = 0; i < mmd_package_net_count(package); ++i) {
    MMD_TRY(add_net(package, mmd_package_net(package, i), nets, text));
  }
  return NULL;
}

//===--- pipeline ----------------------------------------------------------===//

// "  1. Resize  size: [256, -1], …": every member but the name.
static mmd_status_t add_step(size_t number, const mmd_value_t *step, mmd_str_t *text) {
  const mmd_value_t *type = mmd_object_get(step, "type");
  bool is_first = true;
  MMD_TRY(mmd_str_printf(text, "  %2zu. %-20s", number, mmd_value_get_string(type, "?")));
  for (size_t i = 0; i < mmd_object_size(step); ++i) {
    const mmd_value_t *member = mmd_object_value_at(step, i);
    if (member == type) continue;
    MMD_TRY(mmd_str_printf(text, "%s%s: ", is_first ? " " : ", ", mmd_object_key_at(step, i)));
    MMD_TRY(mmd_inspect_json(text, member, 80));
    is_first = false;
  }
  return mmd_str_append_char(text, '\n');
}

static mmd_status_t add_steps(const mmd_value_t *steps, mmd_str_t *text) {
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    MMD_TRY(add_step(i + 1, mmd_array_at(steps, i), text));
  }
  return NULL;
}

// The steps as they will run; those of the file with the reason when this build cannot run them.
static mmd_status_t add_preprocess(const mmd_package_t *package, const mmd_value_t *task,
                                   mmd_value_t *result, mmd_str_t *text) {
  const mmd_value_t *transforms = mmd_object_get(task, "transforms");
  mmd_value_t *steps = NULL;
  MMD_TRY(mmd_str_append(text, "pre-processing\n"));
  mmd_status_t status = mmd_package_describe_steps(package, transforms, &steps);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  if (status) {
    mmd_status_t shown =
        mmd_str_printf(text, "  cannot run here: %s\n", mmd_status_message(status));
    mmd_status_free(status);
    MMD_TRY(shown);
    MMD_TRY(mmd_value_copy(transforms, &steps));
  }
  status = add_steps(steps, text);
  return mmd_status_join(status, mmd_object_take(result, "preprocess", steps));
}

static mmd_status_t add_postprocess(const mmd_value_t *task, mmd_value_t *result, mmd_str_t *text) {
  const char *component = mmd_value_get_string(mmd_object_get(task, "component"), "?");
  const mmd_value_t *params = mmd_object_get(task, "params");
  mmd_value_t *copy = NULL;
  MMD_TRY(mmd_object_take(result, "postprocess", mmd_value_string(component)));
  MMD_TRY(mmd_value_copy(params, &copy));
  MMD_TRY(mmd_object_take(result, "postprocess_params", copy));
  MMD_TRY(mmd_str_printf(text, "post-processing\n      %-20s ", component));
  MMD_TRY(mmd_inspect_json(text, params, 160));
  return mmd_str_append_char(text, '\n');
}

static mmd_status_t add_pipeline(mmd_package_t *package, mmd_value_t *result, mmd_str_t *text) {
  const mmd_value_t *pipeline = NULL;
  MMD_TRY(mmd_package_pipeline(package, &pipeline));
  const mmd_value_t *tasks = mmd_object_get_path(pipeline, "pipeline.tasks");
  if (!tasks) tasks = mmd_object_get(pipeline, "tasks");
  for (size_t i = 0; i < mmd_array_size(tasks); ++i) {
    const mmd_value_t *task = mmd_array_at(tasks, i);
    const char *module = mmd_value_get_string(mmd_object_get(task, "module"), "");
    if (strcmp(module, "Transform") == 0) {
      MMD_TRY(add_preprocess(package, task, result, text));
    } else if (mmd_object_get(task, "component")) {
      MMD_TRY(add_postprocess(task, result, text));
    }
  }
  return NULL;
}

//===--- what the converter left -------------------------------------------===//

static mmd_status_t add_expected(const mmd_value_t *report, mmd_str_t *text) {
  const mmd_value_t *cases = mmd_object_get(report, "cases");
  bool has_title = false;
  for (size_t i = 0; i < mmd_array_size(cases); ++i) {
    const mmd_value_t *item = mmd_array_at(cases, i);
    const mmd_value_t *best = mmd_array_at(mmd_object_get(item, "top5"), 0);
    if (!best) continue;
    if (!has_title) MMD_TRY(mmd_str_append(text, "expected results\n"));
    has_title = true;
    MMD_TRY(mmd_str_printf(text, "  %s: %s (%lld), %.4f\n",
                           mmd_value_get_string(mmd_object_get(item, "input"), "?"),
                           mmd_value_get_string(mmd_object_get(best, "label"), "class"),
                           (long long)mmd_value_get_int(mmd_object_get(best, "label_id"), 0),
                           mmd_value_get_float(mmd_object_get(best, "score"), 0)));
  }
  return NULL;
}

static mmd_status_t add_parity(mmd_package_t *package, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *report = NULL;
  MMD_TRY(mmd_package_read_json(package, "parity.json", &report));
  if (!report) return NULL;
  const bool passed = mmd_value_get_bool(mmd_object_get(report, "passed"), false);
  mmd_status_t status =
      mmd_inspect_row(text, "parity", "%s (tolerance %g)", passed ? "passed" : "FAILED",
                      mmd_value_get_float(mmd_object_get(report, "tolerance"), 0));
  if (!status) status = add_expected(report, text);
  return mmd_status_join(status, mmd_object_take(result, "parity", report));
}

static mmd_status_t add_origin(mmd_package_t *package, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *detail = NULL;
  MMD_TRY(mmd_package_read_json(package, "detail.json", &detail));
  if (!detail) return NULL;
  const mmd_value_t *codebase = mmd_object_get(detail, "codebase");
  const char *verdict = mmd_value_get_string(mmd_object_get(detail, "verification"), NULL);
  mmd_status_t status =
      mmd_inspect_row(text, "made from", "%s %s: %s",
                      mmd_value_get_string(mmd_object_get(codebase, "codebase"), "?"),
                      mmd_value_get_string(mmd_object_get(codebase, "version"), "?"),
                      mmd_value_get_string(mmd_object_get(codebase, "config"), "?"));
  if (!status && codebase)
    status =
        mmd_object_take(result, "codebase", mmd_value_retain(mmd_object_get(detail, "codebase")));
  if (!status && verdict) {
    status = mmd_object_take(result, "verification", mmd_value_string(verdict));
    if (!status) status = mmd_inspect_row(text, "verification", "%s", verdict);
  }
  mmd_value_release(detail);
  return status;
}

static mmd_status_t add_classes(mmd_package_t *package, mmd_value_t *result, mmd_str_t *text) {
  const mmd_value_t *classes = NULL;
  mmd_value_t *copy = NULL;
  MMD_TRY(mmd_package_classes(package, &classes));
  if (!classes) return mmd_inspect_row(text, "classes", "no names in the package");
  MMD_TRY(mmd_value_copy(classes, &copy));
  MMD_TRY(mmd_object_take(result, "classes", copy));
  return mmd_inspect_classes(text, classes);
}

mmd_status_t mmd_inspect_package(mmd_package_t *package, mmd_value_t *result, mmd_str_t *text) {
  const mmd_value_t *version = mmd_object_get(mmd_package_deploy(package), "version");
  const char *release = mmd_value_get_string(version, "?");
  MMD_TRY(mmd_object_take(result, "kind", mmd_value_string("package")));
  MMD_TRY(mmd_object_take(result, "task", mmd_value_string(mmd_package_task(package))));
  MMD_TRY(mmd_object_take(result, "version", mmd_value_string(release)));
  MMD_TRY(
      mmd_inspect_row(text, "package", "%s, of release %s", mmd_package_task(package), release));
  MMD_TRY(add_origin(package, result, text));
  MMD_TRY(add_nets(package, result, text));
  MMD_TRY(add_pipeline(package, result, text));
  MMD_TRY(add_classes(package, result, text));
  return add_parity(package, result, text);
}
