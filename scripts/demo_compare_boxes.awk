# SPDX-License-Identifier: Apache-2.0
# The table of the demo's boxes beside the expected ones. Reads demo/expected/yolox_nano.tsv, then the answers in the same form:
# file, class number, score, box, class. Each expected box must be there, and no other. Set `pixels` and `tolerance`.

/^#/ { next }

NR == FNR {
  expected[++count] = $0
  next
}

{ found[++found_count] = $0 }

function apart(a, b) {
  return a > b ? a - b : b - a
}

# The largest distance of the sides; -1 when class or score differ.
function distance(a, b, i, worst) {
  if (a[1] != b[1] || a[2] != b[2] || apart(a[3], b[3]) > tolerance) return -1
  for (i = 4; i <= 7; i++) if (apart(a[i], b[i]) > worst) worst = apart(a[i], b[i])
  return worst + 0
}

END {
  printf "\n%-20s %-13s %-7s %-7s %-9s %s\n", "photo", "answer", "score", "wanted", "pixels", "box"
  for (i = 1; i <= count; i++) {
    split(expected[i], wanted, "\t")
    verdict = "MISSING"
    near = 0
    for (k = 1; k <= found_count; k++) {
      split(found[k], got, "\t")
      off = used[k] ? -1 : distance(wanted, got)
      if (off < 0 || off > pixels) continue
      used[k] = near = k
      verdict = sprintf("%.3f", off)
      if (off > worst_off) worst_off = off
      break
    }
    if (!near) missing++
    split(near ? found[near] : expected[i], got, "\t")
    printf "%-20s %-13s %-7s %-7.4f %-9s %.0f,%.0f %.0f,%.0f\n", wanted[1], wanted[8], near ? sprintf("%.4f", got[3]) : "-", \
      wanted[3], verdict, got[4], got[5], got[6], got[7]
  }
  for (k = 1; k <= found_count; k++) {
    if (used[k]) continue
    print "NOT EXPECTED: " found[k]
    strangers++
  }
  printf "\n%d of %d boxes as the original code base has them, at most %.3f pixels off\n", count - missing, count, worst_off
  exit missing + strangers > 0
}
