# SPDX-License-Identifier: Apache-2.0
# table.awk CELLS: docs/support-table.md from the lines of results.tsv, one a cell, sorted.
function family(model) {
  if (model ~ /^mm(cls|pretrain)\//) return "Classifiers"
  if (model ~ /^onnx\//) return "Foreign ONNX files"
  return "Detectors and instance segmentors"
}
# The golden without its stack: "mmdet/0.x/atss" is a cell of the row "atss".
function row_name(model, parts, count) {
  count = split(model, parts, "/")
  return (parts[1] == "solo" ? "solo/" : "") parts[count]
}
function stack(model) {
  if (model ~ /^mmpretrain\// || model ~ /\/1\.x\//) return "1.x"
  return model ~ /^onnx\// ? "" : "0.x"
}
function mark(verdict) {
  return verdict == "verified" ? "yes" : verdict == "" ? "-" : "no"
}
function cell(row, column, old, new, one) {
  one = mark(verdicts[row, "", column])
  old = mark(verdicts[row, "0.x", column])
  new = mark(verdicts[row, "1.x", column])
  if (one != "-") return one
  if (old == "-") return new == "-" ? "-" : new " (1.x)"
  if (new == "-") return old " (0.x)"
  return old == new ? old : old " / " new
}
function print_table(title, i, k, line) {
  print "\n## " title "\n"
  line = "| model |"
  for (k = 1; k <= column_count; ++k) line = line " " columns[k] " |"
  print line
  line = "|---|"
  for (k = 1; k <= column_count; ++k) line = line "---|"
  print line
  for (i = 1; i <= row_count; ++i) {
    if (title_of[rows[i]] != title) continue
    line = "| " rows[i] " |"
    for (k = 1; k <= column_count; ++k) line = line " " cell(rows[i], columns[k]) " |"
    print line
  }
}
function print_totals(k) {
  print "\n| backend | verified | models |\n|---|---|---|"
  for (k = 1; k <= column_count; ++k)
    print "| " columns[k] " | " good[columns[k]] + 0 " | " all[columns[k]] " |"
}
BEGIN { FS = "\t" }
{
  row = row_name($1)
  if (!(row in title_of)) rows[++row_count] = row
  title_of[row] = family($1)
  if (!($2 in all)) columns[++column_count] = $2
  ++all[$2]
  verdicts[row, stack($1), $2] = $3
  if ($3 == "verified") ++good[$2]
  else why[++why_count] = "| " $1 " | " $2 " | " $6 " |"
}
END {
  print "# Which model runs on which backend\n"
  print "Written by `tests/matrix/matrix.sh`; do not edit. Every model is converted, run through the SDK and compared.\n"
  print "- Classifiers and detectors: the goldens of `codebases`, with the answers that PyTorch gave. `yes (0.x)`: only that release"
  print "  line of the code base has the model; `yes / no`: 0.x, then 1.x."
  print "- Foreign ONNX files: real networks, with ONNX Runtime's numbers on the file as it is."
  print "- Numbers and scores are within 1e-3 of the largest, boxes within 0.1 pixels: of PyTorch's best 90 % of boxes 98 % are there,"
  print "  and none that is better; masks overlap by 0.99. `-fp16`, weights stored in half precision: 1e-2, foreign files only. `-`: not run."
  print_totals()
  print_table("Classifiers")
  print_table("Detectors and instance segmentors")
  print_table("Foreign ONNX files")
  if (why_count) {
    print "\n## Why not\n\nThe first line of the error.\n\n| model | backend | reason |\n|---|---|---|"
    for (i = 1; i <= why_count; ++i) print why[i]
  }
}
