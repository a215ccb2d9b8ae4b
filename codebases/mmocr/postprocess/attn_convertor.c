// SPDX-License-Identifier: Apache-2.0
//
// AttnConvertor: the best class of each step up to the end class; repeats stay. Scores are what the
// network gives.
#include "codebases/mmocr/postprocess/text_decoder.h"

#define HEAD "AttnConvertor"

static const mmd_option_table_t g_table = {
    HEAD, mmd_text_decoder_options, MMD_TEXT_DECODER_OPTION_COUNT, sizeof(mmd_text_decoder_t)};

static mmd_status_t prepare(void *options, const mmd_component_env_t *env, const char *where) {
  return mmd_text_decoder_prepare(options, false, env, where);
}

// An end class that is ignored ends nothing, as in mmocr.
static mmd_status_t write(const mmd_text_decoder_t *decoder, const mmd_tensor_t *output,
                          const mmd_value_t *prep_output, mmd_text_writer_t *writer) {
  const int64_t classes = output->shape.dims[2];
  const float *values = mmd_tensor_data(output);
  (void)prep_output;
  for (int64_t t = 0; classes && t < output->shape.dims[1]; ++t, values += classes) {
    const int64_t index = mmd_text_best(values, classes);
    if (mmd_text_decoder_ignores(decoder, index)) continue;
    if (index == decoder->end) break;
    MMD_TRY(mmd_text_writer_add(writer, index, values[index]));
  }
  return NULL;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_text_decoder_apply(options, HEAD, inputs, write, out_result);
}

const mmd_component_t mmd_attn_convertor = {
    .module = "mmocr",
    .name = HEAD,
    .help = "Text from the classes of all steps up to the end.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
    .prepare = prepare,
    .release = mmd_text_decoder_release,
};
