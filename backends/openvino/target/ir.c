// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/target/ir.h"

#include <string.h>

#include "backends/openvino/equal_sizes.h"
#include "base/alloc.h"
#include "base/file.h"

// Blobs begin at multiples of this, so that a mapped file can be read in place.
enum { BLOB_ALIGNMENT = 64 };

//===--- types -------------------------------------------------------------===//

typedef struct type_name_t {
  mmd_dtype_t dtype;
  const char *name, *precision;  // of constants and of ports
} type_name_t;

static const type_name_t g_types[] = {
    {MMD_F32, "f32", "FP32"},      {MMD_F64, "f64", "FP64"}, {MMD_F16, "f16", "FP16"},
    {MMD_BF16, "bf16", "BF16"},    {MMD_I8, "i8", "I8"},     {MMD_I16, "i16", "I16"},
    {MMD_I32, "i32", "I32"},       {MMD_I64, "i64", "I64"},  {MMD_U8, "u8", "U8"},
    {MMD_U16, "u16", "U16"},       {MMD_U32, "u32", "U32"},  {MMD_U64, "u64", "U64"},
    {MMD_BOOL, "boolean", "BOOL"}, {MMD_U4, "u4", "U4"},     {MMD_I4, "i4", "I4"},
};

static const type_name_t *find_type(mmd_dtype_t dtype) {
  for (size_t i = 0; i < sizeof g_types / sizeof *g_types; ++i) {
    if (g_types[i].dtype == dtype) return &g_types[i];
  }
  return NULL;
}

const char *ov_element_type(mmd_dtype_t dtype) {
  const type_name_t *type = find_type(dtype);
  return type ? type->name : NULL;
}

//===--- making ------------------------------------------------------------===//

void ov_ir_init(ov_ir_t *ir) {
  *ir = (ov_ir_t){.name = ""};
  mmd_arena_init(&ir->arena);
}

static void deinit_net(ov_net_t *net) {
  for (ov_layer_t *layer = net->first; layer; layer = layer->next) {
    mmd_str_deinit(&layer->data);
    mmd_str_deinit(&layer->port_maps);
    for (int i = 0; i < OV_MAX_BODIES; ++i) {
      if (layer->bodies[i]) deinit_net(layer->bodies[i]);
    }
  }
}

void ov_ir_deinit(ov_ir_t *ir) {
  deinit_net(&ir->net);
  for (ov_blob_t *blob = ir->first_blob; blob; blob = blob->next) mmd_tensor_deinit(&blob->tensor);
  mmd_str_deinit(&ir->equal_sizes);
  mmd_arena_deinit(&ir->arena);
}

mmd_status_t ov_ir_add_layer(ov_ir_t *ir, ov_net_t *net, const char *name, const char *type,
                             const char *opset, size_t input_count, const ov_value_t *inputs,
                             size_t output_count, ov_layer_t **out_layer) {
  ov_layer_t *layer = mmd_arena_alloc(&ir->arena, sizeof *layer);
  MMD_TRY_ALLOC(layer);
  layer->id = net->layer_count;
  layer->type = type;
  layer->opset = opset;
  layer->name = name && *name ? mmd_arena_strdup(&ir->arena, name)
                              : mmd_arena_printf(&ir->arena, "%s_%d", type, layer->id);
  layer->input_count = input_count;
  layer->output_count = output_count;
  layer->inputs = mmd_arena_alloc_array(&ir->arena, input_count + 1, sizeof *layer->inputs);
  layer->outputs = mmd_arena_alloc_array(&ir->arena, output_count + 1, sizeof *layer->outputs);
  if (!layer->name || !layer->inputs || !layer->outputs) return mmd_status_no_memory();
  if (input_count) memcpy(layer->inputs, inputs, input_count * sizeof *inputs);
  ++net->layer_count;
  *(net->last ? &net->last->next : &net->first) = layer;
  net->last = layer;
  *out_layer = layer;
  return NULL;
}

static mmd_status_t append_escaped(mmd_str_t *xml, const char *text) {
  for (; *text; ++text) {
    switch (*text) {
      case '&':
        MMD_TRY(mmd_str_append(xml, "&amp;"));
        break;
      case '<':
        MMD_TRY(mmd_str_append(xml, "&lt;"));
        break;
      case '>':
        MMD_TRY(mmd_str_append(xml, "&gt;"));
        break;
      case '"':
        MMD_TRY(mmd_str_append(xml, "&quot;"));
        break;
      default:
        MMD_TRY(mmd_str_append_char(xml, (unsigned char)*text < ' ' ? '?' : *text));
    }
  }
  return NULL;
}

mmd_status_t ov_layer_set(ov_layer_t *layer, const char *key, const char *text) {
  MMD_TRY(mmd_str_printf(&layer->data, " %s=\"", key));
  MMD_TRY(append_escaped(&layer->data, text));
  return mmd_str_append_char(&layer->data, '"');
}

mmd_status_t ov_ir_add_blob(ov_ir_t *ir, const mmd_tensor_t *tensor, uint64_t *out_offset) {
  ov_blob_t *blob = mmd_arena_alloc(&ir->arena, sizeof *blob);
  MMD_TRY_ALLOC(blob);
  // Bytes are written, so that their alignment does not matter.
  if (mmd_tensor_is_contiguous(tensor)) {
    blob->tensor = mmd_tensor_retain(tensor);
  } else {
    MMD_TRY(mmd_tensor_contiguous(tensor, &blob->tensor));
  }
  blob->offset = ir->blob_size;
  *(ir->last_blob ? &ir->last_blob->next : &ir->first_blob) = blob;
  ir->last_blob = blob;
  const uint64_t size = mmd_tensor_byte_size(&blob->tensor);
  ir->blob_size = (ir->blob_size + size + BLOB_ALIGNMENT - 1) / BLOB_ALIGNMENT * BLOB_ALIGNMENT;
  *out_offset = blob->offset;
  return NULL;
}

//===--- writing -----------------------------------------------------------===//

static mmd_status_t write_dims(mmd_str_t *xml, const mmd_type_t *type) {
  if (!type || !type->has_rank) return NULL;
  for (int i = 0; i < type->rank; ++i) {
    const int64_t size = type->dims[i]->kind == MMD_DIM_CONST ? type->dims[i]->number : -1;
    MMD_TRY(mmd_str_printf(xml, "<dim>%lld</dim>", (long long)size));
  }
  return NULL;
}

// Input ports are numbered from 0, output ports go on behind them.
static mmd_status_t write_ports(mmd_str_t *xml, const ov_layer_t *layer) {
  if (layer->input_count) MMD_TRY(mmd_str_append(xml, "<input>"));
  for (size_t i = 0; i < layer->input_count; ++i) {
    if (layer->inputs[i].layer) MMD_TRY(mmd_str_printf(xml, "<port id=\"%zu\"/>", i));
  }
  if (layer->input_count) MMD_TRY(mmd_str_append(xml, "</input>"));
  if (layer->output_count) MMD_TRY(mmd_str_append(xml, "<output>"));
  for (size_t i = 0; i < layer->output_count; ++i) {
    const ov_output_t *output = &layer->outputs[i];
    const type_name_t *type = find_type(output->dtype);
    MMD_TRY(mmd_str_printf(xml, "<port id=\"%zu\" precision=\"%s\"", layer->input_count + i,
                           type ? type->precision : "UNSPECIFIED"));
    if (output->name) {
      MMD_TRY(mmd_str_append(xml, " names=\""));
      // A comma separates names.
      for (const char *c = output->name; *c; ++c) {
        const char one[2] = {*c, '\0'};
        if (*c == ',') MMD_TRY(mmd_str_append_char(xml, '\\'));
        MMD_TRY(append_escaped(xml, one));
      }
      MMD_TRY(mmd_str_append_char(xml, '"'));
    }
    MMD_TRY(mmd_str_append_char(xml, '>'));
    MMD_TRY(write_dims(xml, output->type));
    MMD_TRY(mmd_str_append(xml, "</port>"));
  }
  return layer->output_count ? mmd_str_append(xml, "</output>") : NULL;
}

static mmd_status_t write_net(mmd_str_t *xml, const ov_net_t *net);

static mmd_status_t write_bodies(mmd_str_t *xml, const ov_layer_t *layer) {
  static const char *const names[][OV_MAX_BODIES] = {{"body", NULL}, {"then_body", "else_body"}};
  const char *const *name = names[layer->bodies[1] != NULL];
  if (layer->port_maps.size) MMD_TRY(mmd_str_append(xml, mmd_str_text(&layer->port_maps)));
  for (int i = 0; i < OV_MAX_BODIES && layer->bodies[i]; ++i) {
    MMD_TRY(mmd_str_printf(xml, "<%s>", name[i]));
    MMD_TRY(write_net(xml, layer->bodies[i]));
    MMD_TRY(mmd_str_printf(xml, "</%s>", name[i]));
  }
  return NULL;
}

static mmd_status_t write_layer(mmd_str_t *xml, const ov_layer_t *layer) {
  MMD_TRY(mmd_str_printf(xml, "<layer id=\"%d\" name=\"", layer->id));
  MMD_TRY(append_escaped(xml, layer->name));
  MMD_TRY(mmd_str_printf(xml, "\" type=\"%s\" version=\"%s\">", layer->type, layer->opset));
  if (layer->data.size) MMD_TRY(mmd_str_printf(xml, "<data%s/>", mmd_str_text(&layer->data)));
  if (layer->is_decompression) {
    MMD_TRY(mmd_str_append(xml,
                           "<rt_info><attribute name=\"decompression\" version=\"0\"/></rt_info>"));
  }
  MMD_TRY(write_ports(xml, layer));
  MMD_TRY(write_bodies(xml, layer));
  return mmd_str_append(xml, "</layer>\n");
}

static mmd_status_t write_edges(mmd_str_t *xml, const ov_layer_t *layer) {
  for (size_t i = 0; i < layer->input_count; ++i) {
    const ov_value_t from = layer->inputs[i];
    if (!from.layer) continue;
    MMD_TRY(mmd_str_printf(
        xml, "<edge from-layer=\"%d\" from-port=\"%zu\" to-layer=\"%d\" to-port=\"%zu\"/>\n",
        from.layer->id, from.layer->input_count + from.output, layer->id, i));
  }
  return NULL;
}

static mmd_status_t write_net(mmd_str_t *xml, const ov_net_t *net) {
  MMD_TRY(mmd_str_append(xml, "<layers>\n"));
  for (const ov_layer_t *layer = net->first; layer; layer = layer->next)
    MMD_TRY(write_layer(xml, layer));
  MMD_TRY(mmd_str_append(xml, "</layers>\n<edges>\n"));
  for (const ov_layer_t *layer = net->first; layer; layer = layer->next)
    MMD_TRY(write_edges(xml, layer));
  return mmd_str_append(xml, "</edges>\n");
}

static mmd_status_t write_xml(const ov_ir_t *ir, mmd_str_t *xml) {
  MMD_TRY(mmd_str_append(xml, "<?xml version=\"1.0\"?>\n<net name=\""));
  MMD_TRY(append_escaped(xml, ir->name));
  MMD_TRY(mmd_str_append(xml, "\" version=\"11\">\n"));
  MMD_TRY(write_net(xml, &ir->net));
  if (ir->equal_sizes.size) {
    MMD_TRY(mmd_str_printf(xml,
                           "<rt_info><mmdeploy>" MMD_OV_EQUAL_SIZES "%s\"/></mmdeploy></rt_info>\n",
                           mmd_str_text(&ir->equal_sizes)));
  }
  return mmd_str_append(xml, "</net>\n");
}

static mmd_status_t write_blobs(const ov_ir_t *ir, mmd_writer_t *writer) {
  static const char padding[BLOB_ALIGNMENT];
  uint64_t position = 0;
  for (const ov_blob_t *blob = ir->first_blob; blob; blob = blob->next) {
    const size_t size = mmd_tensor_byte_size(&blob->tensor);
    MMD_TRY(mmd_writer_write(writer, padding, (size_t)(blob->offset - position)));
    MMD_TRY(mmd_writer_write(writer, mmd_tensor_data(&blob->tensor), size));
    position = blob->offset + size;
  }
  return mmd_writer_commit(writer);
}

static mmd_status_t write_bin(const ov_ir_t *ir, const char *path) {
  mmd_writer_t *writer = NULL;
  MMD_TRY(mmd_writer_create(path, &writer));
  mmd_status_t status = write_blobs(ir, writer);
  mmd_writer_destroy(writer);
  return status;
}

mmd_status_t ov_ir_write(const ov_ir_t *ir, const char *xml_path, const char *bin_path) {
  mmd_str_t xml = {0};
  mmd_status_t status = write_xml(ir, &xml);
  if (!status) status = write_bin(ir, bin_path);
  if (!status) status = mmd_file_write(xml_path, mmd_str_text(&xml), xml.size);
  mmd_str_deinit(&xml);
  return status;
}
