# SPDX-License-Identifier: Apache-2.0
# The table of the demo's answers beside the expected ones. Reads demo/expected/*.tsv, then the answers in the same form
# (file, class number, score, name). A photo called imagenet_NN_LABEL.jpg tells its true class. Set `tolerance`.

/^#/ { next }

NR == FNR {
  order[++count] = $1
  label[$1] = $2
  score[$1] = $3
  next
}

{
  got_label[$1] = $2
  got_score[$1] = $3
  got_name[$1] = $4
}

function verdict(file) {
  if (!(file in got_label)) return "NO ANSWER"
  if (got_label[file] != label[file]) return "OTHER CLASS"
  difference = got_score[file] - score[file]
  if (difference > tolerance || difference < -tolerance) return "OTHER SCORE"
  return "ok"
}

# Counts the photos whose names tell the class, and how many are right: by ours and by the reference.
function tally(file, parts, n) {
  n = split(file, parts, /[_.]/)
  if (parts[1] != "imagenet") return
  known++
  if (got_label[file] == parts[n - 1]) right++
  if (label[file] == parts[n - 1]) expected_right++
}

END {
  printf "\n%-22s %-9s %-9s %-12s %s\n", "photo", "score", "expected", "", "answer"
  for (i = 1; i <= count; i++) {
    file = order[i]
    result = verdict(file)
    if (result != "ok") wrong++
    tally(file)
    printf "%-22s %-9.4f %-9.4f %-12s %s %s\n", file, got_score[file], score[file], result, \
      got_label[file], got_name[file]
  }
  printf "\n%d of %d labelled photos right (the original code base: %d)\n", right, known, expected_right
  if (wrong > 0) printf "%d of %d answers are not the expected ones\n", wrong, count
  exit (wrong > 0 || right != expected_right)
}
