# SPDX-License-Identifier: Apache-2.0
# verdict.awk -v columns=COLUMNS -v only=MODELS expectations.txt CELLS: what is not as expected, then a line that sums up.
function expects(model, column, i) {
  for (i = 1; i <= rules; ++i) {
    if (column ~ column_of[i] && model ~ model_of[i]) return i
  }
  return 0
}
BEGIN {
  split(columns, list, "[ \n]+")
  for (i in list) is_column[list[i]] = 1
  split(only, list, "[ \n]+")
  for (i in list) is_model[list[i]] = 1
}
FNR == NR {
  if ($0 !~ /^(unsupported|failure) /) next
  column_of[++rules] = "^(" $2 ")$"
  model_of[rules] = "^(" $3 ")$"
  next
}
FNR == 1 { FS = "\t"; $0 = $0 }
!($1 in is_model) || !($2 in is_column) { next }
{
  rule = expects($1, $2)
  ++total[$2]
  if ($3 == "verified") {
    ++verified[$2]
    if (rule) print $2 ": " $1 ": verified, but expectations.txt says it is not; take it out"
    bad += rule > 0
  } else if (!rule) {
    print $2 ": " $1 ": " $6
    ++bad
  }
}
END {
  for (column in total) print column ": " verified[column] + 0 " of " total[column] " verified"
  if (bad) print bad " cells are not as expected"
  exit bad > 0
}
