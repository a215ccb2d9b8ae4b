#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, pedantically, as C11 and as C++17; those of C++ with both compilers.
cd "$(dirname "$0")/../.." || exit 1
status=0
for header in include/mmdeploy/*.h include/mmdeploy/plugin/*.h; do
  name=${header#include/}
  printf '#include "%s"\nint main(void) { return 0; }\n' "$name" |
    gcc -std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -Iinclude -fsyntax-only -x c - || status=1
  printf '#include "%s"\nint main() { return 0; }\n' "$name" |
    g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -x c++ - || status=1
done
for header in include/mmdeploy/*.hpp; do
  for compiler in g++ clang++; do
    command -v $compiler >/dev/null || continue
    printf '#include "%s"\nint main() { return 0; }\n' "${header#include/}" |
      $compiler -std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror -Iinclude -fsyntax-only -x c++ - || status=1
  done
done
exit $status
