# SPDX-License-Identifier: Apache-2.0
# A thin front: the work is done by setup.sh, scripts/ and the CMake presets.

PREFIX ?= /usr/local
PRESETS := release debug asan tsan clang

.PHONY: help demo check check-long build $(PRESETS) install bench fuzz format clean

help:
	@echo 'make demo        set up, build, convert a real model and classify photos with it'
	@echo 'make check       set up, build, run all tests; ends with "N passed, N failed"'
	@echo 'make check-long  the same, with the long tests, then every model on every backend, then an hour (FUZZ_SECONDS)'
	@echo '                 for each fuzz target'
	@echo 'make build       build/release: what users get (also: make release)'
	@echo 'make debug | asan | tsan | clang'
	@echo '                 build/NAME, with tests; run them with ctest --preset NAME'
	@echo 'make install PREFIX=DIR'
	@echo '                 the release, to DIR (default /usr/local; DESTDIR is honoured)'
	@echo 'make bench       measure against the peers; see bench/README.md'
	@echo 'make fuzz        every fuzz target for FUZZ_SECONDS (default 30)'
	@echo 'make format      clang-format over the sources'
	@echo 'make clean       remove build/'

demo check:
	./setup.sh $@

check-long:
	MMDEPLOY_TEST_LONG=1 ./setup.sh check
	eval "$$(scripts/assets.sh --print-env)" && tests/matrix/matrix.sh build/clang
	FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} scripts/fuzz.sh

build: release

$(PRESETS):
	cmake --preset $@
	cmake --build --preset $@

install: release
	cmake --install build/release --prefix '$(PREFIX)'

bench: release
	bench/run.sh

fuzz:
	scripts/fuzz.sh

format:
	scripts/format.sh

clean:
	rm -rf build
