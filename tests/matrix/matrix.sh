#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# matrix.sh [--fresh] [--quick] [--only WORD] [--out FILE] BUILD [COLUMN...]: converts every model for every backend of the build folder
# BUILD, compares with PyTorch, and writes docs/support-table.md (FILE with --out). A COLUMN is a backend, or one with "-fp16".
#   --fresh   forgets the results of earlier runs; without it a run goes on where the last one of the same libraries stopped
#   --quick   a few models; writes no table. The test `matrix_quick`
#   --only    the models whose names contain WORD; writes no table
# Results are kept in BUILD/tests/matrix/results.tsv: model, column, verdict, seconds, sum of the libraries, reason.
# Fails when a cell is not what expectations.txt says.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
fresh=no quick=no only='' out=$source/docs/support-table.md
while [ $# -gt 0 ]; do
  case $1 in
    --fresh) fresh=yes ;;
    --quick) quick=yes ;;
    --only) only=${2:?a word} && shift ;;
    --out) out=${2:?a file} && shift ;;
    -*) echo "matrix.sh: unknown option $1" >&2 && exit 2 ;;
    *) break ;;
  esac
  shift
done
build=$(cd "${1:?a build folder}" && pwd) || exit 2
shift
work=$build/tests/matrix/work
results=$build/tests/matrix/results.tsv
[ "$quick" = no ] || work=$work-quick results=$build/tests/matrix/results-quick.tsv fresh=yes
export MMDEPLOY_PLUGIN_PATH="$build/lib/mmdeploy" LC_ALL=C
# Cells are small: threads that spin cost more than they give.
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
# What engines keep until the process ends is no leak of ours.
export LSAN_OPTIONS="suppressions=$source/tests/lsan.supp:print_suppressions=0"

#===--- models and columns --------------------------------------------------===#

# Names of the folders in $1 that hold a golden.
goldens() {
  for checkpoint in "$source/$1"/*/checkpoint.pth; do
    basename "$(dirname "$checkpoint")"
  done
}

all_models() {
  for stack in mmcls mmpretrain; do
    goldens codebases/mmcls/models/testdata/$stack | sed "s|^|$stack/|"
  done
  for stack in 0.x 1.x; do
    goldens codebases/mmdet/models/testdata/$stack | sed "s|^|mmdet/$stack/|"
    goldens codebases/mmdet/models/testdata/solo/$stack | sed "s|^|solo/$stack/|"
  done
  for file in ppocrv4_det ppocrv4_rec ppocr_cls yolov8n_320n yolox_nano; do
    echo "onnx/$file.onnx"
  done
}

models() {
  if [ "$quick" = yes ]; then
    printf '%s\n' mmcls/resnet18 mmpretrain/vit mmdet/0.x/retinanet mmdet/1.x/yolox mmdet/1.x/faster_rcnn onnx/ppocr_cls.onnx
  else
    all_models
  fi | grep -F -- "$only"
}

all_columns() {
  for config in "$here"/configs/detection_*.py; do
    name=${config##*/detection_}
    echo "${name%.py}"
  done
  printf '%s\n' ncnn-fp16 openvino-fp16 torchscript-fp16
}

# What a column has of the models $2. Rounded weights move the answers of the goldens, which are narrow and random, by more than any
# tolerance, in every engine: half precision is for real networks.
models_of() {
  case $1 in
    *-fp16) echo "$2" | grep '^onnx/' ;;
    *) echo "$2" ;;
  esac
}

# Those whose engine is there. Of the others the reason is shown.
columns() {
  for column in "$@"; do
    if "$build/bin/matrix_package" "$column" >"$scratch/engine" 2>&1; then
      echo "$column"
    else
      echo "$column: $(head -n 1 "$scratch/engine")" >&2
    fi
  done
}

# A sum over what computes a column's cells: results of other libraries say nothing.
stamp() {
  cat "$build/bin/matrix_package" "$build/bin/matrix_network" "$build/lib/libmmdeploy.so" "$build/lib/libmmdeploy_convert.so" \
    "$build/lib/mmdeploy/libmmdeploy_${1%%-*}.so" "$here"/configs/*_"${1%%-*}"*.py | cksum | tr ' ' -
}

#===--- cells ---------------------------------------------------------------===#

# One cell in a process of its own: engines crash.
run_cell() {
  case $1 in
    onnx/*) timeout 600 "$build/bin/matrix_network" "$2" "${1#onnx/}" "$work/cell" ;;
    *) timeout 600 "$build/bin/matrix_package" "$2" "$1" "$work/cell" ;;
  esac
}

# The first line that says something, without paths of this machine.
reason() {
  case $1 in
    124) echo 'takes longer than 10 minutes' && return ;;
    13[0-9] | 14[0-9]) echo "dies of signal $(($1 - 128))" && return ;;
  esac
  grep -v '^ *$' "$scratch/error" | head -n 1 | tr '\t|' '  ' |
    sed -e "s#$work/cell#package#g" -e "s#$source/##g" -e "s#${MMDEPLOY_ASSETS:-/assets}/networks/##g" \
      -e 's/^package: //' -e "s#^$2: ##" -e 's/^\(convert: \)*//' -e 's/^\(.\{300\}\).*/\1.../'
}

check_cell() { # MODEL COLUMN STAMP
  begin=$(date +%s)
  status=0
  rm -rf "$work/cell"
  run_cell "$1" "$2" >"$scratch/output" 2>"$scratch/error" || status=$?
  if [ "$status" -eq 0 ]; then verdict=verified why=; else verdict=failed why=$(reason "$status" "$1"); fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$verdict" "$(($(date +%s) - begin))" "$3" "$why" >>"$results"
}

is_done() { # MODEL COLUMN STAMP
  awk -F '\t' -v model="$1" -v column="$2" -v stamp="$3" \
    '$1 == model && $2 == column && $5 == stamp { found = 1 } END { exit !found }' "$results"
}

check_column() { # COLUMN
  sum=$(stamp "$1")
  number=0
  count=$(models_of "$1" "$models" | wc -l)
  for model in $(models_of "$1" "$models"); do
    number=$((number + 1))
    is_done "$model" "$1" "$sum" && continue
    check_cell "$model" "$1" "$sum"
    printf '%s %d/%d %s: %s\n' "$1" "$number" "$count" "$model" "$verdict${why:+: $why}"
  done
}

#===--- run -----------------------------------------------------------------===#

scratch=$(mktemp -d "${TMPDIR:-/tmp}/mmdeploy-matrix.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
if [ -z "${MMDEPLOY_ASSETS:-}" ]; then
  echo 'MMDEPLOY_ASSETS is not set' >&2
  [ "${MMDEPLOY_REQUIRE_ASSETS:-0}" = 1 ] || exit 77
  exit 1
fi
mkdir -p "$work"
[ "$fresh" = no ] || rm -f "$results"
touch "$results"
models=$(models)
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(all_columns)
columns=$(columns "$@")
for column in $columns; do check_column "$column"; done
# The last result of each cell.
awk -F '\t' '{ last[$1 "\t" $2] = $0 } END { for (cell in last) print last[cell] }' "$results" | sort >"$scratch/cells"
if [ "$quick" = no ] && [ -z "$only" ]; then
  awk -f "$here/table.awk" "$scratch/cells" >"$scratch/table" && cat "$scratch/table" >"$out"
fi
awk -f "$here/verdict.awk" -v columns="$columns" -v only="$models" "$here/expectations.txt" "$scratch/cells"
