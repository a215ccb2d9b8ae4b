# SPDX-License-Identifier: Apache-2.0
#
# One function a kind of target. Sources are globbed, so adding a file needs no edit here.

set(MMD_ISA_X86_avx2 -mavx2 -mfma -mf16c)
set(MMD_ISA_X86_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c)
set(MMD_ISA_X86_sse2 "")

# Collects the library sources of a folder: no tests, fuzz targets or benchmarks; files named
# *_<isa>.c only on processors that have the instruction set, with its flags.
function(mmd_glob out dir)
  file(GLOB all CONFIGURE_DEPENDS RELATIVE ${dir} ${dir}/*.c)
  list(FILTER all EXCLUDE REGEX "_(test|fuzz|bench)\\.c$")
  set(result "")
  foreach(f IN LISTS all)
    if(f MATCHES "_(sse2|avx2|avx512)\\.c$")
      set(isa ${CMAKE_MATCH_1})  # the next MATCHES clears it
      if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        continue()
      endif()
      set_source_files_properties(${dir}/${f} DIRECTORY ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}
        PROPERTIES COMPILE_OPTIONS "${MMD_ISA_X86_${isa}}")
    elseif(f MATCHES "_neon\\.c$" AND NOT CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
      continue()
    endif()
    list(APPEND result ${dir}/${f})
  endforeach()
  set(${out} ${result} PARENT_SCOPE)
endfunction()

# mmd_library(NAME [DEPS lib...] [SUBDIRS dir...] [PRIVATE lib...])
# A static archive mmd_NAME of the current folder (and SUBDIRS), its tests and fuzz targets.
function(mmd_library name)
  cmake_parse_arguments(A "" "" "DEPS;SUBDIRS;PRIVATE;DEFINES" ${ARGN})
  set(sources "")
  foreach(sub IN ITEMS . LISTS A_SUBDIRS)
    mmd_glob(found ${CMAKE_CURRENT_SOURCE_DIR}/${sub})
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    add_library(mmd_${name} INTERFACE)
    return()
  endif()
  add_library(mmd_${name} STATIC ${sources})
  set_target_properties(mmd_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(mmd_${name} PRIVATE ${A_DEFINES})
  foreach(dep IN LISTS A_DEPS)
    target_link_libraries(mmd_${name} PUBLIC mmd_${dep})
  endforeach()
  target_link_libraries(mmd_${name} PUBLIC mmd_flags PRIVATE ${A_PRIVATE})
  foreach(sub IN ITEMS . LISTS A_SUBDIRS)
    mmd_tests(${CMAKE_CURRENT_SOURCE_DIR}/${sub} mmd_${name})
  endforeach()
endfunction()

# Tests, fuzz targets of a folder, linked with the given libraries.
function(mmd_tests dir)
  if(MMDEPLOY_BUILD_TEST)
    file(GLOB tests CONFIGURE_DEPENDS ${dir}/*_test.c)
    foreach(t IN LISTS tests)
      mmd_test(${t} ${ARGN})
    endforeach()
    file(GLOB fuzzers CONFIGURE_DEPENDS ${dir}/*_fuzz.c)
    foreach(f IN LISTS fuzzers)
      mmd_fuzz(${f} ${ARGN})
    endforeach()
  endif()
  file(GLOB benches CONFIGURE_DEPENDS ${dir}/*_bench.c)
  foreach(b IN LISTS benches)
    get_filename_component(n ${b} NAME_WE)
    add_executable(${n} EXCLUDE_FROM_ALL ${b})
    target_link_libraries(${n} PRIVATE ${ARGN} mmd_flags)
  endforeach()
endfunction()

# A cmocka program, not yet a test.
function(mmd_test_program source)
  get_filename_component(n ${source} NAME_WE)
  add_executable(${n} ${source})
  target_link_libraries(${n} PRIVATE ${ARGN} mmd_flags mmd_test_main cmocka m)
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-Wno-conversion;-Wno-missing-prototypes")
  target_compile_definitions(${n} PRIVATE MMD_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    MMD_BINARY_DIR="${PROJECT_BINARY_DIR}")
endfunction()

# mmd_test_add(NAME SOURCE [argument...]): runs the program of SOURCE as the test NAME. A line "// test-labels: thread long" in
# the source gives ctest labels.
function(mmd_test_add name source)
  get_filename_component(n ${source} NAME_WE)
  add_test(NAME ${name} COMMAND ${n} ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600
    ENVIRONMENT "MMDEPLOY_PLUGIN_PATH=${PROJECT_BINARY_DIR}/lib/mmdeploy")
  file(STRINGS ${source} labels REGEX "^// test-labels:" LIMIT_COUNT 1)
  if(labels)
    string(REGEX REPLACE "^// test-labels: *" "" labels "${labels}")
    string(REPLACE " " ";" labels "${labels}")
    set_tests_properties(${name} PROPERTIES LABELS "${labels}")
  endif()
endfunction()

# A cmocka test.
function(mmd_test source)
  get_filename_component(n ${source} NAME_WE)
  mmd_test_program(${source} ${ARGN})
  mmd_test_add(${n} ${source})
endfunction()

# A fuzz target: with MMDEPLOY_BUILD_FUZZ (clang) a libFuzzer program; always a replay of
# tests/corpus/<name>/ as a test.
function(mmd_fuzz source)
  get_filename_component(n ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" stem ${n})
  if(MMDEPLOY_BUILD_FUZZ)
    add_executable(${n} ${source})
    target_link_libraries(${n} PRIVATE ${ARGN} mmd_flags -fsanitize=fuzzer)
  endif()
  add_executable(${n}_replay ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c)
  target_link_libraries(${n}_replay PRIVATE ${ARGN} mmd_flags)
  add_test(NAME ${n}_replay COMMAND ${n}_replay ${PROJECT_SOURCE_DIR}/tests/corpus/${stem})
  set_tests_properties(${n}_replay PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()

# mmd_backend_module(NAME DEPS lib...): the run side of a backend, backends/NAME/runtime, as a loadable module
# lib/mmdeploy/libmmdeploy_NAME.so that exports nothing but its query function and its own copy of nothing else's state.
# Custom operators of the engine lie in runtime/ops.
function(mmd_backend_module name)
  cmake_parse_arguments(A "" "" "DEPS" ${ARGN})
  mmd_glob(sources ${CMAKE_CURRENT_SOURCE_DIR}/runtime)
  mmd_glob(ops ${CMAKE_CURRENT_SOURCE_DIR}/runtime/ops)
  list(APPEND sources ${ops})
  add_library(mmd_backend_${name} MODULE ${sources})
  set_target_properties(mmd_backend_${name} PROPERTIES OUTPUT_NAME mmdeploy_${name}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib/mmdeploy)
  foreach(dep IN LISTS A_DEPS)
    target_link_libraries(mmd_backend_${name} PRIVATE mmd_${dep})
  endforeach()
  target_link_libraries(mmd_backend_${name} PRIVATE mmd_flags)
  target_link_options(mmd_backend_${name} PRIVATE
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/module.map -Wl,-Bsymbolic -Wl,--gc-sections)
  install(TARGETS mmd_backend_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/mmdeploy)
endfunction()

# mmd_hide_archives(PROGRAM archive...): a program that links a shared library of ours and has a copy of some archives of its
# own keeps that copy to itself. They are named, because those of a sanitizer's run-time library must stay visible.
function(mmd_hide_archives program)
  list(TRANSFORM ARGN REPLACE "(.+)" "libmmd_\\1.a" OUTPUT_VARIABLE files)
  list(JOIN files ":" files)
  target_link_options(${program} PRIVATE -Wl,--exclude-libs,${files})
endfunction()

# mmd_shared(NAME MAP file ARCHIVES archive... [LINK lib...]): a shared library libNAME.so.0 that holds whole archives and exports
# what the version script MAP lists.
function(mmd_shared name)
  cmake_parse_arguments(A "" "MAP" "ARCHIVES;LINK" ${ARGN})
  set(files "")
  foreach(archive IN LISTS A_ARCHIVES)
    list(APPEND files $<TARGET_FILE:mmd_${archive}>)
  endforeach()
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.c "typedef int ${name}_empty;\n")
  add_library(${name} SHARED ${CMAKE_CURRENT_BINARY_DIR}/${name}_empty.c)
  set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0
    LINK_DEPENDS "${A_MAP};${files}" INSTALL_RPATH "$ORIGIN" BUILD_RPATH "$ORIGIN")
  foreach(archive IN LISTS A_ARCHIVES)
    add_dependencies(${name} mmd_${archive})
  endforeach()
  target_link_options(${name} PRIVATE -Wl,--version-script=${A_MAP} -Wl,-Bsymbolic
    "SHELL:-Wl,--whole-archive $<JOIN:${files}, > -Wl,--no-whole-archive")
  if(MMDEPLOY_SANITIZE)
    target_link_options(${name} PRIVATE -fsanitize=${MMDEPLOY_SANITIZE})
  else()
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  target_link_libraries(${name} PRIVATE ${A_LINK} Threads::Threads m ${CMAKE_DL_LIBS})
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()
