// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/param.h"

#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "tensor/dtype.h"
#include "value/json.h"

enum { MAX_LAYERS = 1000000, MAX_NAME = 255 };

//===--- words -------------------------------------------------------------===//

typedef struct reader_t {
  const char *name;  // of the net
  const char *at;
  int line;
  mmd_arena_t *arena;
  mmd_map_t blobs;  // name -> blob_t
} reader_t;

typedef struct blob_t {
  bool is_taken;
  bool has_detections;  // rows of six numbers, as many as were found
} blob_t;

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static mmd_status_t bad(const reader_t *r, const char *what) {
  return MMD_ERROR(MMD_CORRUPT, "%s: line %d: %s", r->name, r->line, what);
}

// A word of this line; |*out_size| 0 at its end.
static const char *next_word(reader_t *r, size_t *out_size) {
  while (is_space(*r->at)) ++r->at;
  const char *word = r->at;
  while (*r->at && *r->at != '\n' && !is_space(*r->at)) ++r->at;
  *out_size = (size_t)(r->at - word);
  return word;
}

static bool skip_line(reader_t *r) {
  while (*r->at && *r->at != '\n') ++r->at;
  if (!*r->at) return false;
  ++r->at;
  ++r->line;
  return true;
}

static mmd_status_t read_count(reader_t *r, const char *what, int64_t *out_count) {
  size_t size = 0;
  const char *word = next_word(r, &size);
  if (mmd_parse_i64(word, size, out_count) && *out_count >= 0 && *out_count <= MAX_LAYERS)
    return NULL;
  return MMD_ERROR(MMD_CORRUPT, "%s: line %d: %s: '%.*s' found, a number up to %d is expected",
                   r->name, r->line, what, (int)(size > 40 ? 40 : size), word, (int)MAX_LAYERS);
}

static mmd_status_t read_name(reader_t *r, const char **out_name) {
  size_t size = 0;
  const char *word = next_word(r, &size);
  if (!size || size > MAX_NAME) return bad(r, "a name of 1 to 255 bytes is expected");
  *out_name = mmd_arena_strndup(r->arena, word, size);
  MMD_TRY_ALLOC(*out_name);
  return NULL;
}

//===--- layers ------------------------------------------------------------===//

static mmd_status_t read_bottom(reader_t *r) {
  const char *name = NULL;
  MMD_TRY(read_name(r, &name));
  blob_t *blob = mmd_map_get(&r->blobs, name);
  if (!blob) {
    return MMD_ERROR(MMD_CORRUPT, "%s: line %d: no layer before it gives the blob '%s'", r->name,
                     r->line, name);
  }
  blob->is_taken = true;
  return NULL;
}

static bool finds_boxes(const char *layer) {
  return strcmp(layer, "DetectionOutput") == 0 || strcmp(layer, "Yolov3DetectionOutput") == 0;
}

static mmd_status_t read_top(reader_t *r, const char *layer, const char **out_name) {
  MMD_TRY(read_name(r, out_name));
  if (mmd_map_has(&r->blobs, *out_name)) {
    return MMD_ERROR(MMD_CORRUPT, "%s: line %d: the blob '%s' is given twice", r->name, r->line,
                     *out_name);
  }
  blob_t *blob = mmd_arena_alloc(r->arena, sizeof *blob);
  MMD_TRY_ALLOC(blob);
  blob->has_detections = finds_boxes(layer);
  return mmd_map_set(&r->blobs, *out_name, blob, NULL);
}

// " 0=224 1=224 2=3": what a file of others says of an input's size.
static void read_hints(reader_t *r, int64_t sizes[3]) {
  size_t size = 0;
  for (const char *word = next_word(r, &size); size; word = next_word(r, &size)) {
    int64_t number = 0;
    const bool is_known = size > 2 && word[1] == '=' && word[0] >= '0' && word[0] <= '2';
    if (is_known && mmd_parse_i64(word + 2, size - 2, &number) && number > 0)
      sizes[word[0] - '0'] = number;
  }
}

static mmd_status_t add_plain_input(ncnn_param_t *param, reader_t *r, const char *blob) {
  int64_t sizes[3] = {-1, -1, -1};  // width, height, channels
  if (param->input_count == MMD_NCNN_MAX_TENSORS) return bad(r, "too many inputs");
  read_hints(r, sizes);
  const bool is_vector = sizes[0] > 0 && sizes[1] < 0 && sizes[2] < 0;
  ncnn_tensor_t *tensor = &param->inputs[param->input_count++];
  tensor->blob = tensor->info.name = blob;
  tensor->info.dtype = MMD_F32;
  tensor->axis_count = is_vector ? 1 : 3;
  tensor->info.rank = tensor->axis_count + 1;
  tensor->info.dims[0] = 1;
  for (int i = 0; i < tensor->axis_count; ++i) {
    tensor->axes[i] = i + 1;
    tensor->info.dims[i + 1] = sizes[tensor->axis_count - 1 - i];
  }
  return NULL;
}

static mmd_status_t keep_type(reader_t *r, ncnn_param_t *param, const char *type) {
  if (mmd_map_has(&param->types, type)) return NULL;
  int *line = mmd_arena_alloc(r->arena, sizeof *line);
  MMD_TRY_ALLOC(line);
  *line = r->line;
  return mmd_map_set(&param->types, type, line, NULL);
}

static mmd_status_t read_layer(reader_t *r, ncnn_param_t *param) {
  const char *type = NULL, *name = NULL, *top = NULL;
  int64_t bottom_count = 0, top_count = 0;
  MMD_TRY(read_name(r, &type));
  MMD_TRY(keep_type(r, param, type));
  MMD_TRY(read_name(r, &name));
  MMD_TRY(read_count(r, "count of inputs", &bottom_count));
  MMD_TRY(read_count(r, "count of outputs", &top_count));
  for (int64_t i = 0; i < bottom_count; ++i) MMD_TRY(read_bottom(r));
  for (int64_t i = 0; i < top_count; ++i) MMD_TRY(read_top(r, type, &top));
  const bool is_input = strcmp(type, "Input") == 0 && top_count == 1;
  return is_input ? add_plain_input(param, r, top) : NULL;
}

static bool is_meta(const reader_t *r) {
  return strncmp(r->at, MMD_NCNN_META, strlen(MMD_NCNN_META)) == 0;
}

static mmd_status_t read_layers(reader_t *r, ncnn_param_t *param) {
  int64_t layer_count = 0, blob_count = 0;
  size_t size = 0;
  const char *magic = next_word(r, &size);
  if (size != strlen(MMD_NCNN_MAGIC) || memcmp(magic, MMD_NCNN_MAGIC, size) != 0)
    return bad(r, "not a text of ncnn: '" MMD_NCNN_MAGIC "' is expected");
  if (!skip_line(r)) return bad(r, "counts of layers and blobs are expected");
  MMD_TRY(read_count(r, "count of layers", &layer_count));
  MMD_TRY(read_count(r, "count of blobs", &blob_count));
  if (!layer_count) return bad(r, "there are no layers");
  for (int64_t i = 0; i < layer_count; ++i) {
    if (!skip_line(r) || !*r->at || is_meta(r)) {
      return MMD_ERROR(MMD_CORRUPT, "%s: %lld layers found, line 2 names %lld", r->name,
                       (long long)i, (long long)layer_count);
    }
    MMD_TRY(read_layer(r, param));
  }
  skip_line(r);
  if ((int64_t)mmd_map_size(&r->blobs) <= blob_count) return NULL;
  return MMD_ERROR(MMD_CORRUPT, "%s: %zu blobs found, line 2 names %lld", r->name,
                   mmd_map_size(&r->blobs), (long long)blob_count);
}

static void describe_detections(ncnn_tensor_t *tensor) {
  static const int64_t dims[] = {1, -1, 6};
  tensor->info.rank = 3;
  memcpy(tensor->info.dims, dims, sizeof dims);
  tensor->axis_count = 2;
  tensor->axes[0] = 1;
  tensor->axes[1] = 2;
  tensor->may_be_empty = true;
}

static mmd_status_t add_plain_outputs(reader_t *r, ncnn_param_t *param) {
  for (size_t i = 0; i < mmd_map_size(&r->blobs); ++i) {
    const mmd_map_entry_t entry = mmd_map_at(&r->blobs, i);
    if (((const blob_t *)entry.value)->is_taken) continue;
    if (param->output_count == MMD_NCNN_MAX_TENSORS) return bad(r, "too many outputs");
    ncnn_tensor_t *tensor = &param->outputs[param->output_count++];
    tensor->blob = mmd_arena_strdup(r->arena, entry.key);
    MMD_TRY_ALLOC(tensor->blob);
    tensor->info.name = tensor->blob;
    tensor->info.dtype = MMD_F32;
    tensor->info.rank = -1;
    if (((const blob_t *)entry.value)->has_detections) describe_detections(tensor);
  }
  return NULL;
}

//===--- the meta line -----------------------------------------------------===//

static mmd_status_t read_shape(mmd_arena_t *arena, const mmd_value_t *shape, ncnn_tensor_t *out) {
  const size_t rank = mmd_array_size(shape);
  if (rank > MMDEPLOY_PLUGIN_MAX_RANK)
    return MMD_ERROR(MMD_CORRUPT, "'%s' has too many axes", out->info.name);
  out->info.rank = (int32_t)rank;
  for (size_t i = 0; i < rank; ++i) {
    const mmd_value_t *item = mmd_array_at(shape, i);
    const char *symbol = mmd_value_get_string(item, NULL);
    out->info.dims[i] = symbol ? -1 : mmd_value_get_int(item, -1);
    if (symbol && *symbol) {
      out->info.dim_names[i] = mmd_arena_strdup(arena, symbol);
      MMD_TRY_ALLOC(out->info.dim_names[i]);
    }
  }
  return NULL;
}

static mmd_status_t read_axes(const mmd_value_t *axes, ncnn_tensor_t *out) {
  const size_t count = mmd_array_size(axes);
  bool is_good = count <= MMD_NCNN_MAX_AXES;
  out->axis_count = is_good ? (int)count : 0;
  for (size_t i = 0; i < count && is_good; ++i) {
    const int64_t axis = mmd_value_get_int(mmd_array_at(axes, i), -1);
    is_good = axis >= (out->is_batched ? 1 : 0) && axis < out->info.rank;
    out->axes[i] = (int)axis;
    if (is_good && i) is_good = axis > out->axes[i - 1];
  }
  return is_good ? NULL : MMD_ERROR(MMD_CORRUPT, "'%s': wrong axes", out->info.name);
}

static mmd_status_t read_tensor(const reader_t *r, const mmd_value_t *item, ncnn_tensor_t *out) {
  mmd_dtype_t dtype = MMD_DTYPE_UNDEFINED;
  const char *name = mmd_value_get_string(mmd_object_get(item, "name"), NULL);
  const char *blob = mmd_value_get_string(mmd_object_get(item, "blob"), NULL);
  if (!name || !blob || !mmd_map_has(&r->blobs, blob)) {
    return MMD_ERROR(MMD_CORRUPT, "'%s' is the blob '%s', which no layer gives",
                     name ? name : "(no name)", blob ? blob : "(no name)");
  }
  out->info.name = mmd_arena_strdup(r->arena, name);
  out->blob = mmd_arena_strdup(r->arena, blob);
  if (!out->info.name || !out->blob) return mmd_status_no_memory();
  const char *type = mmd_value_get_string(mmd_object_get(item, "dtype"), "");
  if (!mmd_dtype_parse(type, &dtype) || mmd_dtype_size(dtype) == 0)
    return MMD_ERROR(MMD_CORRUPT, "'%s': element type '%s'", name, type);
  out->info.dtype = (int32_t)dtype;
  out->is_flat = mmd_value_get_bool(mmd_object_get(item, "flat"), false);
  MMD_TRY(read_shape(r->arena, mmd_object_get(item, "shape"), out));
  out->may_be_empty = ((const blob_t *)mmd_map_get(&r->blobs, blob))->has_detections;
  out->is_batched =
      out->info.rank > 0 && mmd_value_get_bool(mmd_object_get(item, "batched"), false);
  return read_axes(mmd_object_get(item, "axes"), out);
}

static mmd_status_t read_tensors(const reader_t *r, const mmd_value_t *items,
                                 ncnn_tensor_t *tensors, size_t *out_count) {
  const size_t count = mmd_array_size(items);
  if (count > MMD_NCNN_MAX_TENSORS) return MMD_ERROR(MMD_CORRUPT, "%zu inputs or outputs", count);
  memset(tensors, 0, MMD_NCNN_MAX_TENSORS * sizeof *tensors);
  for (size_t i = 0; i < count; ++i) MMD_TRY(read_tensor(r, mmd_array_at(items, i), &tensors[i]));
  *out_count = count;
  return NULL;
}

static mmd_status_t read_meta(reader_t *r, ncnn_param_t *param) {
  const char *text = r->at + strlen(MMD_NCNN_META);
  mmd_value_t *json = NULL;
  MMD_TRY(mmd_json_parse(text, strcspn(text, "\n"), r->name, &json));
  mmd_status_t status =
      read_tensors(r, mmd_object_get(json, "inputs"), param->inputs, &param->input_count);
  if (!status) {
    status = read_tensors(r, mmd_object_get(json, "outputs"), param->outputs, &param->output_count);
  }
  mmd_value_release(json);
  return mmd_status_annotate(status, "%s: line %d", r->name, r->line);
}

//===--- whole files -------------------------------------------------------===//

static mmd_status_t read_text(reader_t *r, ncnn_param_t *param) {
  const size_t bytes = MMD_NCNN_MAX_TENSORS * sizeof(ncnn_tensor_t);
  param->inputs = mmd_arena_alloc(&param->arena, bytes);
  param->outputs = mmd_arena_alloc(&param->arena, bytes);
  if (!param->inputs || !param->outputs) return mmd_status_no_memory();
  MMD_TRY(read_layers(r, param));
  while (*r->at && (*r->at == '\n' || is_space(*r->at))) ++r->at;
  return is_meta(r) ? read_meta(r, param) : add_plain_outputs(r, param);
}

mmd_status_t ncnn_param_read(const void *data, size_t size, const char *name,
                             ncnn_param_t *out_param) {
  reader_t r = {.name = name, .line = 1, .arena = &out_param->arena};
  memset(out_param, 0, sizeof *out_param);
  mmd_arena_init(&out_param->arena);
  if (size && memchr(data, '\0', size)) return bad(&r, "not a text of ncnn");
  out_param->text = mmd_arena_strndup(&out_param->arena, size ? data : "", size);
  MMD_TRY_ALLOC(out_param->text);
  r.at = out_param->text;
  mmd_status_t status = read_text(&r, out_param);
  mmd_map_deinit(&r.blobs);
  return status;
}

void ncnn_param_deinit(ncnn_param_t *param) {
  mmd_map_deinit(&param->types);
  mmd_arena_deinit(&param->arena);
}
