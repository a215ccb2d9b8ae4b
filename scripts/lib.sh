# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Shared by the scripts beside it: `. "$(dirname "$0")/lib.sh"`. Sets $root and goes there.

script_name=$(basename "$0")

say() {
  printf '== %s\n' "$*"
}

die() {
  printf '%s: %s\n' "$script_name" "$*" >&2
  exit 1
}

# The folder that downloads and extracted files are kept in, outside the source tree.
cache_folder() {
  if [ -n "${MMDEPLOY_CACHE:-}" ]; then
    echo "$MMDEPLOY_CACHE"
  elif [ -n "${XDG_CACHE_HOME:-}" ]; then
    echo "$XDG_CACHE_HOME/mmdeploy"
  elif [ -n "${HOME:-}" ]; then
    echo "$HOME/.cache/mmdeploy"
  else
    die "no HOME: set MMDEPLOY_CACHE to a folder for downloads"
  fi
}

# The number of processes to start at once.
job_count() {
  echo "${MMDEPLOY_JOBS:-$(nproc)}"
}

# cmake_build PRESET: configures and builds one preset.
cmake_build() {
  cmake --preset "$1" >"$root/build/$1.configure.log" 2>&1 || {
    cat "$root/build/$1.configure.log"
    return 1
  }
  cmake --build --preset "$1" --parallel "$(job_count)"
}

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
mkdir -p build

# Same messages, sorting and number format everywhere.
LC_ALL=C.UTF-8
export LC_ALL
