// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmocr/postprocess/text_decoder.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "value/net_output.h"

#define STRING_OPTION(key, text, about)                                                   \
  {                                                                                       \
    .name = #key, .type = MMD_OPTION_STRING, .offset = offsetof(mmd_text_decoder_t, key), \
    .default_text = (text), .flags = MMD_OPTION_NULLABLE, .help = (about)                 \
  }
#define BOOL_OPTION(key, text, about)                                                   \
  {                                                                                     \
    .name = #key, .type = MMD_OPTION_BOOL, .offset = offsetof(mmd_text_decoder_t, key), \
    .default_text = (text), .help = (about)                                             \
  }
#define VALUE_OPTION(key, about)                                                         \
  {                                                                                      \
    .name = #key, .type = MMD_OPTION_VALUE, .offset = offsetof(mmd_text_decoder_t, key), \
    .flags = MMD_OPTION_NULLABLE, .help = (about)                                        \
  }

const mmd_option_t mmd_text_decoder_options[] = {
    STRING_OPTION(dict_file, NULL, "File of the package, one character a line."),
    VALUE_OPTION(dict_list, "The characters, where there is no dict_file."),
    STRING_OPTION(dict_type, NULL, "DICT36, DICT37, DICT90 or DICT91, where there is neither."),
    VALUE_OPTION(with_unknown, "A class for unknown characters; 0.x: true by default."),
    VALUE_OPTION(unknown_token, "Text of that class, <UKN> by default; null = no such class."),
    BOOL_OPTION(with_start, "false", "1.x: a class for the beginning."),
    BOOL_OPTION(with_end, "false", "1.x: a class for the end, where reading stops."),
    BOOL_OPTION(same_start_end, "false", "1.x: one class is both."),
    BOOL_OPTION(start_end_same, "true", "0.x: one class is both."),
    BOOL_OPTION(with_padding, "false", "1.x: a class for nothing."),
    STRING_OPTION(start_end_token, "<BOS/EOS>", "Text of the class that begins and ends."),
    STRING_OPTION(start_token, "<BOS>", "Text of the class that begins."),
    STRING_OPTION(end_token, "<EOS>", "Text of the class that ends."),
    STRING_OPTION(padding_token, "<PAD>", "Text of the class for nothing."),
    VALUE_OPTION(ignore_chars, "1.x: characters, or padding, end, unknown, left out; padding."),
};

//===--- dictionary ---===//

static mmd_status_t add_token(mmd_text_decoder_t *decoder, const char *token, int64_t *out_index) {
  return mmd_text_dictionary_add(&decoder->dictionary, token, strlen(token), out_index);
}

static mmd_status_t add_characters(mmd_text_decoder_t *decoder, const mmd_component_env_t *env) {
  mmd_text_dictionary_t *dictionary = &decoder->dictionary;
  if (decoder->dict_file) {
    return mmd_status_annotate(mmd_text_dictionary_add_file(dictionary, env, decoder->dict_file),
                               "dict_file");
  }
  if (!mmd_value_is_null(decoder->dict_list)) {
    return mmd_status_annotate(mmd_text_dictionary_add_list(dictionary, decoder->dict_list),
                               "dict_list");
  }
  if (decoder->dict_type) {
    return mmd_status_annotate(mmd_text_dictionary_add_named(dictionary, decoder->dict_type),
                               "dict_type");
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "one of dict_file, dict_list and dict_type is needed");
}

// A class for unknown characters where the package wants one. A file that an exporter wrote may
// hold it already.
static mmd_status_t add_unknown(mmd_text_decoder_t *decoder) {
  const bool is_wanted = mmd_value_get_bool(decoder->with_unknown, decoder->release < 1);
  const mmd_value_t *token = decoder->unknown_token;
  const char *text = mmd_value_get_string(token, token ? NULL : "<UKN>");
  if (!is_wanted || !text) return NULL;
  if (decoder->release < 1) decoder->unknown = mmd_text_dictionary_find(&decoder->dictionary, text);
  return decoder->unknown >= 0 ? NULL : add_token(decoder, text, &decoder->unknown);
}

static mmd_status_t fill_ctc_0x(mmd_text_decoder_t *decoder, const mmd_component_env_t *env) {
  MMD_TRY(add_token(decoder, "<BLK>", &decoder->blank));
  MMD_TRY(add_characters(decoder, env));
  // The file that the exporter writes begins with it.
  mmd_text_dictionary_t *dictionary = &decoder->dictionary;
  if (dictionary->count > 1 && strcmp(dictionary->entries[1], "<BLK>") == 0) {
    mmd_free(dictionary->entries[1]);
    --dictionary->count;
    memmove(&dictionary->entries[1], &dictionary->entries[2],
            (dictionary->count - 1) * sizeof *dictionary->entries);
  }
  return add_unknown(decoder);
}

static mmd_status_t fill_attn_0x(mmd_text_decoder_t *decoder, const mmd_component_env_t *env) {
  MMD_TRY(add_characters(decoder, env));
  MMD_TRY(add_unknown(decoder));
  MMD_TRY(add_token(decoder, decoder->start_end_token, &decoder->start));
  decoder->end = decoder->start;
  if (!decoder->start_end_same) {
    MMD_TRY(add_token(decoder, decoder->start_end_token, &decoder->end));
  }
  return add_token(decoder, decoder->padding_token, &decoder->padding);
}

static mmd_status_t fill_1x(mmd_text_decoder_t *decoder, const mmd_component_env_t *env) {
  MMD_TRY(add_characters(decoder, env));
  if (decoder->with_start && decoder->with_end && decoder->same_start_end) {
    MMD_TRY(add_token(decoder, decoder->start_end_token, &decoder->start));
    decoder->end = decoder->start;
  } else {
    if (decoder->with_start) MMD_TRY(add_token(decoder, decoder->start_token, &decoder->start));
    if (decoder->with_end) MMD_TRY(add_token(decoder, decoder->end_token, &decoder->end));
  }
  if (decoder->with_padding) MMD_TRY(add_token(decoder, decoder->padding_token, &decoder->padding));
  return add_unknown(decoder);
}

//===--- classes to leave out ---===//

static int64_t ignored_index(const mmd_text_decoder_t *decoder, const char *name) {
  if (strcmp(name, "padding") == 0) return decoder->padding;
  if (strcmp(name, "end") == 0) return decoder->end;
  if (strcmp(name, "unknown") == 0) return decoder->unknown;
  const int64_t index = mmd_text_dictionary_find(&decoder->dictionary, name);
  return index == decoder->unknown ? -1 : index;
}

static void ignore(mmd_text_decoder_t *decoder, int64_t index) {
  if (index >= 0) decoder->ignored[index] = true;
}

// The exporter writes the list into "params"; the original SDK looks beside it.
static mmd_status_t find_ignored(mmd_text_decoder_t *decoder, const mmd_value_t *config) {
  const mmd_value_t *beside = mmd_object_get(config, "ignore_chars");
  const mmd_value_t *names = decoder->ignore_chars ? decoder->ignore_chars : beside;
  decoder->ignored = mmd_alloc_array(decoder->dictionary.count + 1, sizeof *decoder->ignored);
  MMD_TRY_ALLOC(decoder->ignored);
  if (decoder->release < 1 || mmd_value_is_null(names)) {
    ignore(decoder, decoder->padding);
    return NULL;
  }
  if (mmd_value_kind(names) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "ignore_chars: a list of texts is expected, %s found",
                     mmd_value_kind_name(mmd_value_kind(names)));
  }
  for (size_t i = 0; i < mmd_array_size(names); ++i) {
    const char *name = mmd_value_get_string(mmd_array_at(names, i), NULL);
    if (!name) return MMD_ERROR(MMD_INVALID_ARGUMENT, "ignore_chars[%zu]: no text", i);
    ignore(decoder, ignored_index(decoder, name));
  }
  return NULL;
}

mmd_status_t mmd_text_decoder_prepare(mmd_text_decoder_t *decoder, bool is_ctc,
                                      const mmd_component_env_t *env, const char *where) {
  decoder->release = env->release;
  decoder->blank = decoder->start = decoder->end = decoder->padding = decoder->unknown = -1;
  mmd_status_t status = env->release >= 1 ? fill_1x(decoder, env)
                        : is_ctc          ? fill_ctc_0x(decoder, env)
                                          : fill_attn_0x(decoder, env);
  if (!status) status = find_ignored(decoder, env->config);
  return mmd_status_annotate(status, "%s", where);
}

void mmd_text_decoder_release(void *options) {
  mmd_text_decoder_t *decoder = options;
  mmd_text_dictionary_deinit(&decoder->dictionary);
  mmd_free(decoder->ignored);
  decoder->ignored = NULL;
}

//===--- text ---===//

mmd_status_t mmd_text_writer_add(mmd_text_writer_t *writer, int64_t index, float score) {
  const mmd_text_dictionary_t *dictionary = &writer->decoder->dictionary;
  if (index < 0 || (size_t)index >= dictionary->count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: class %lld, but the dictionary has %zu characters",
                     writer->head, (long long)index, dictionary->count);
  }
  const size_t size = strlen(dictionary->entries[index]);
  MMD_TRY(MMD_GROW(writer->text, writer->capacity, writer->size + size));
  memcpy(writer->text + writer->size, dictionary->entries[index], size);
  writer->size += size;
  return mmd_array_take(writer->scores, mmd_value_float((double)score));
}

// Ends the writer, also when |status| is a failure, which it returns.
static mmd_status_t end_writer(mmd_text_writer_t *writer, mmd_status_t status,
                               mmd_value_t **out_result) {
  mmd_value_t *result = status ? NULL : mmd_value_object();
  if (!status && !result) status = mmd_status_no_memory();
  if (!status) {
    const char *text = writer->size ? writer->text : "";
    status = mmd_object_take(result, "text", mmd_value_string_n(text, writer->size));
  }
  if (!status) status = mmd_object_take(result, "score", mmd_value_retain(writer->scores));
  mmd_value_release(writer->scores);
  mmd_free(writer->text);
  if (status) {
    mmd_value_release(result);
  } else {
    *out_result = result;
  }
  return status;
}

mmd_status_t mmd_text_decoder_apply(const mmd_text_decoder_t *decoder, const char *head,
                                    mmd_value_t *const *inputs, mmd_text_write_fn write,
                                    mmd_value_t **out_result) {
  const int64_t dims[] = {1, -1, -1};
  mmd_tensor_t output = {0};
  mmd_text_writer_t writer = {.decoder = decoder, .head = head};
  MMD_TRY(mmd_net_output_get(inputs[1], head, "output", MMD_F32, 3, dims, &output));
  writer.scores = mmd_value_array();
  mmd_status_t status = writer.scores ? NULL : mmd_status_no_memory();
  if (!status) status = write(decoder, &output, inputs[0], &writer);
  status = end_writer(&writer, status, out_result);
  mmd_tensor_deinit(&output);
  return status;
}

bool mmd_text_decoder_ignores(const mmd_text_decoder_t *decoder, int64_t index) {
  return index >= 0 && (size_t)index < decoder->dictionary.count && decoder->ignored[index];
}

int64_t mmd_text_best(const float *values, int64_t count) {
  int64_t best = 0;
  for (int64_t i = 1; i < count && !isnan(values[best]); ++i) {
    if (values[i] > values[best] || isnan(values[i])) best = i;
  }
  return best;
}
