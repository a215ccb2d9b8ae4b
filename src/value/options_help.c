// SPDX-License-Identifier: Apache-2.0
//
// Usage and help texts, by table.
#include <string.h>

#include "value/options_internal.h"

#define WIDTH 80
#define HELP_COLUMN 24

static mmd_status_t append_upper(const char *name, mmd_str_t *text) {
  for (; *name; ++name) {
    char c = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
    MMD_TRY(mmd_str_append_char(text, c));
  }
  return NULL;
}

static bool is_positional(const mmd_option_t *option) {
  return (option->flags & MMD_OPTION_POSITIONAL) != 0;
}

static bool is_required(const mmd_option_t *option) {
  return (option->flags & MMD_OPTION_REQUIRED) != 0;
}

static mmd_status_t append_metavar(const mmd_option_t *option, mmd_str_t *text) {
  if (option->metavar) return mmd_str_append(text, option->metavar);
  switch (option->type) {
    case MMD_OPTION_INT:
      return mmd_str_append(text, "N");
    case MMD_OPTION_FLOAT:
      return mmd_str_append(text, "X");
    case MMD_OPTION_INTS:
      return mmd_str_append(text, option->flags & MMD_OPTION_REPEATED ? "N" : "N,N");
    case MMD_OPTION_FLOATS:
      return mmd_str_append(text, option->flags & MMD_OPTION_REPEATED ? "X" : "X,X");
    case MMD_OPTION_CHOICE:
      for (size_t i = 0; option->choices[i]; ++i) {
        MMD_TRY(mmd_str_printf(text, "%c%s", i ? ',' : '{', option->choices[i]));
      }
      return mmd_str_append_char(text, '}');
    default:
      return append_upper(option->name, text);
  }
}

mmd_status_t mmd_option_format_name(const mmd_option_t *option, mmd_str_t *out_text) {
  if (is_positional(option)) {
    if (option->metavar) return mmd_str_append(out_text, option->metavar);
    return append_upper(option->name, out_text);
  }
  MMD_TRY(mmd_str_append(out_text, "--"));
  for (const char *c = option->name; *c; ++c) {
    MMD_TRY(mmd_str_append_char(out_text, *c == '_' ? '-' : *c));
  }
  return NULL;
}

// "IMG [IMG ...]"
static mmd_status_t append_words(const mmd_option_t *option, bool name, mmd_str_t *text) {
  mmd_str_t word = {0};
  mmd_status_t status =
      name ? mmd_option_format_name(option, &word) : append_metavar(option, &word);
  const char *shown = mmd_str_text(&word);
  if (!status) status = mmd_str_append(text, shown);
  if (!status && (option->flags & MMD_OPTION_REPEATED)) {
    status = mmd_str_printf(text, " [%s ...]", shown);
  }
  mmd_str_deinit(&word);
  return status;
}

// "--work-dir DIR"
static mmd_status_t append_invocation(const mmd_option_t *option, mmd_str_t *text) {
  if (is_positional(option)) return append_words(option, true, text);
  MMD_TRY(mmd_option_format_name(option, text));
  if (option->type == MMD_OPTION_BOOL) return NULL;
  MMD_TRY(mmd_str_append_char(text, ' '));
  return append_words(option, false, text);
}

// Text laid out in lines of WIDTH columns; |column| is where the last line ends.
typedef struct {
  mmd_str_t *text;
  size_t column, indent;
} layout_t;

static mmd_status_t new_line(layout_t *layout) {
  MMD_TRY(mmd_str_append_char(layout->text, '\n'));
  for (layout->column = 0; layout->column < layout->indent; ++layout->column) {
    MMD_TRY(mmd_str_append_char(layout->text, ' '));
  }
  return NULL;
}

static mmd_status_t append_word(layout_t *layout, const char *word, size_t size) {
  if (layout->column > layout->indent) {
    if (layout->column + 1 + size > WIDTH) {
      MMD_TRY(new_line(layout));
    } else {
      MMD_TRY(mmd_str_append_char(layout->text, ' '));
      ++layout->column;
    }
  }
  layout->column += size;
  return mmd_str_append_n(layout->text, word, size);
}

static mmd_status_t append_paragraph(layout_t *layout, const char *text) {
  while (*text) {
    size_t size = strcspn(text, " ");
    if (size > 0) MMD_TRY(append_word(layout, text, size));
    text += size;
    while (*text == ' ') ++text;
  }
  return NULL;
}

static mmd_status_t append_usage_part(layout_t *layout, const mmd_option_t *option) {
  mmd_str_t part = {0};
  bool optional = !is_required(option);
  mmd_status_t status = NULL;
  if (optional) status = mmd_str_append_char(&part, '[');
  if (!status) status = append_invocation(option, &part);
  if (!status && optional) status = mmd_str_append_char(&part, ']');
  if (!status) status = append_word(layout, mmd_str_text(&part), part.size);
  mmd_str_deinit(&part);
  return status;
}

mmd_status_t mmd_options_usage(const mmd_option_table_t *table, const char *program,
                               mmd_str_t *out_text) {
  MMD_TRY(mmd_str_printf(out_text, "usage: %s", program));
  size_t size = strlen("usage: ") + strlen(program);
  // Long program names do not push the options against the margin.
  layout_t layout = {.text = out_text, .column = size, .indent = size < 40 ? size + 1 : 8};
  for (int pass = 0; pass < 3; ++pass) {
    for (size_t i = 0; i < table->count; ++i) {
      const mmd_option_t *option = &table->options[i];
      int place = is_positional(option) ? 0 : is_required(option) ? 1 : 2;
      if (place != pass || (option->flags & MMD_OPTION_IGNORED)) continue;
      if (layout.column == size) {
        MMD_TRY(mmd_str_append_char(out_text, ' '));
        ++layout.column;
        if (layout.indent == 8) layout.column = size + 1;
      }
      MMD_TRY(append_usage_part(&layout, option));
    }
  }
  return mmd_str_append_char(out_text, '\n');
}

static mmd_status_t append_notes(layout_t *layout, const mmd_option_t *option) {
  mmd_str_t notes = {0};
  mmd_status_t status = NULL;
  mmd_str_t range = {0};
  status = mmd_option_format_range(option, &range);
  if (!status && range.size > 0) status = mmd_str_printf(&notes, "(values%s)", range.data);
  if (!status && option->default_text) {
    bool quoted = option->type == MMD_OPTION_CHOICE && option->default_text[0] == '"';
    int size = (int)strlen(option->default_text) - 2 * quoted;
    status = mmd_str_printf(&notes, "%s(default: %.*s)", notes.size ? " " : "", size,
                            option->default_text + quoted);
  }
  if (!status && is_required(option) && !is_positional(option)) {
    status = mmd_str_append(&notes, notes.size ? " (required)" : "(required)");
  }
  if (!status) status = append_paragraph(layout, mmd_str_text(&notes));
  mmd_str_deinit(&range);
  mmd_str_deinit(&notes);
  return status;
}

static mmd_status_t append_entry(mmd_str_t *out_text, const char *head, const char *help,
                                 const mmd_option_t *option) {
  layout_t layout = {.text = out_text, .indent = HELP_COLUMN};
  MMD_TRY(mmd_str_printf(out_text, "  %s", head));
  layout.column = 2 + strlen(head);
  if (layout.column + 2 > HELP_COLUMN) {
    MMD_TRY(new_line(&layout));
  } else {
    for (; layout.column < HELP_COLUMN; ++layout.column) {
      MMD_TRY(mmd_str_append_char(out_text, ' '));
    }
  }
  if (option && (option->flags & MMD_OPTION_IGNORED))
    MMD_TRY(append_paragraph(&layout, "ignored:"));
  MMD_TRY(append_paragraph(&layout, help));
  if (option) MMD_TRY(append_notes(&layout, option));
  return mmd_str_append_char(out_text, '\n');
}

static mmd_status_t append_option(const mmd_option_t *option, mmd_str_t *out_text) {
  mmd_str_t head = {0};
  mmd_status_t status = NULL;
  if (option->short_name) status = mmd_str_printf(&head, "-%c, ", option->short_name);
  if (!status) status = append_invocation(option, &head);
  if (!status) {
    status = append_entry(out_text, mmd_str_text(&head), option->help ? option->help : "", option);
  }
  mmd_str_deinit(&head);
  return status;
}

static mmd_status_t append_group(const mmd_option_table_t *table, bool positional,
                                 mmd_str_t *out_text) {
  for (size_t i = 0; i < table->count; ++i) {
    if (is_positional(&table->options[i]) == positional) {
      MMD_TRY(append_option(&table->options[i], out_text));
    }
  }
  return NULL;
}

static bool has_positional(const mmd_option_table_t *table) {
  for (size_t i = 0; i < table->count; ++i) {
    if (is_positional(&table->options[i])) return true;
  }
  return false;
}

mmd_status_t mmd_options_help(const mmd_option_table_t *table, const char *program,
                              const char *summary, mmd_str_t *out_text) {
  MMD_TRY(mmd_options_usage(table, program, out_text));
  if (summary && summary[0]) {
    layout_t layout = {.text = out_text};
    MMD_TRY(mmd_str_append_char(out_text, '\n'));
    MMD_TRY(append_paragraph(&layout, summary));
    MMD_TRY(mmd_str_append_char(out_text, '\n'));
  }
  if (has_positional(table)) {
    MMD_TRY(mmd_str_append(out_text, "\npositional arguments:\n"));
    MMD_TRY(append_group(table, true, out_text));
  }
  MMD_TRY(mmd_str_append(out_text, "\noptions:\n"));
  MMD_TRY(append_entry(out_text, "-h, --help", "show this help message and exit", NULL));
  return append_group(table, false, out_text);
}
