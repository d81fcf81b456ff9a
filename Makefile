# `make demo` and `make test` each do all their set-up; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# One debug build serves test, check and golden: the same flags everywhere, warnings are errors in Package.swift.
SWIFT_BUILD := swift build
# Tests on a real terminal wait for what is on screen, so they come after the others and one at a time.
TERMINAL_TESTS := CursesTerminalTests
run-tests = swift test --skip-build --skip $(TERMINAL_TESTS) && \
  swift test --skip-build --no-parallel --filter $(TERMINAL_TESTS)
# Where demo, install and check-long build: optimised, with every library inside the program if their archives are
# here (one file to copy to any machine, and no time spent on finding and joining them), else only Swift's own.
RELEASE = -c release --static-swift-stdlib $(shell .ci/static-flags .build/archives) $(TYPES_BY_CALL) $(SECTIONS)
# Types of generic parts are asked for by a call with their arguments. Otherwise the runtime reads a name and searches
# every conformance in the program for each of them: a tenth of what a small file takes to be on screen.
TYPES_BY_CALL := -Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors
# Every function in a section of its own, so that the linker can lay them out in the order of .ci/function-order.
SECTIONS := -Xswiftc -Xfrontend -Xswiftc -function-sections
RELEASE_DIR := .build/release

PREFIX ?= /usr/local
DESTDIR ?=
bindir := $(DESTDIR)$(PREFIX)/bin
sharedir := $(DESTDIR)$(PREFIX)/share
datadir := $(sharedir)/triptych

.PHONY: help
help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## install what the build and the tests need (apt), if it is missing
	@.ci/setup

.PHONY: release
release: setup ## build the program, optimised
	@$(SWIFT_BUILD) $(RELEASE) --product triptych >&2

.PHONY: demo
demo: release ## open a recorded night of a small fleet (SCENARIO=NAME picks another)
	@$(RELEASE_DIR)/triptych demo $(SCENARIO)

.PHONY: test
test: test-peers ## build and run all tests
	$(SWIFT_BUILD) --build-tests
	$(run-tests)

# Other programs' libraries that tests compare with; a test whose library could not be had says so and is skipped.
.PHONY: test-peers
test-peers: setup ## install what tests compare with (pip, into .build)
	@.ci/python-peers .build/test-venv Tests/requirements.txt

.PHONY: lint
lint: ## refuse code that `make format` would change
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

.PHONY: format
format: ## format all code
	swift format --in-place --parallel --recursive Package.swift Sources Tests

.PHONY: check
check: lint test ## tests, tidy tests, warnings as errors, format: all that a change must pass

.PHONY: check-long
check-long: release test-peers ## also the tests that take minutes, and the instruction counts of the hot paths
	$(SWIFT_BUILD) --build-tests
	export TRIPTYCH_LONG=1 TRIPTYCH_PROGRAM="$(CURDIR)/$(RELEASE_DIR)/triptych" && $(run-tests)
	@.ci/setup counts
	@$(build-bench)
	$(RELEASE_DIR)/triptych-bench counts --check $(BENCH_COUNTS)

# Each decoder runs for so long; what it finds lies in .build/fuzz-found. Swift's own crash handler would confuse the
# sanitizer, and its allocations at the start are no leaks.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= file summary chunk inlineIndex record audit block channel proof

.PHONY: fuzz
fuzz: setup ## run the decoders on bytes nobody would write (FUZZ_SECONDS=60 each, FUZZ_TARGETS=...)
	$(SWIFT_BUILD) -c release --package-path Tests/Fuzz --scratch-path .build/fuzz >&2
	@mkdir -p .build/fuzz-found
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p .build/fuzz-corpus/$$target && echo "$$target:" && \
	  FUZZ_TARGET=$$target SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 .build/fuzz/release/fuzz-recording \
	    .build/fuzz-corpus/$$target Tests/Fuzz/Corpus/$$target -artifact_prefix=.build/fuzz-found/ \
	    -max_len=4096 -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 || exit 1; \
	done

.PHONY: order
order: release ## find anew which functions the linker lays side by side (LOG=a log of some 200 lines)
	@.ci/order-functions $(RELEASE_DIR)/triptych $(LOG) > .build/function-order
	@test -s .build/function-order && mv .build/function-order .ci/function-order

# Where data, results and the report of the benches lie; BENCH_SCALE=small takes a few minutes instead of half an hour.
BENCH_SCALE ?= full
BENCH_FOLDER := .build/bench
BENCH_VENV := .build/bench-venv
BENCH_PEERS := Sources/triptych-bench/Peers/requirements.txt
BENCH_COUNTS := Sources/triptych-bench/instruction-counts.jsonl
build-bench = $(SWIFT_BUILD) $(RELEASE) --product triptych >&2 && \
  $(SWIFT_BUILD) $(RELEASE) --product triptych-bench >&2

.PHONY: bench
bench: bench-setup ## measure everything beside its peers, and write a report (BENCH_SCALE=small: minutes)
	@$(build-bench)
	@$(RELEASE_DIR)/triptych-bench all --scale $(BENCH_SCALE) --report $(BENCH_FOLDER)/report.md $(BENCH)

.PHONY: bench-readme
bench-readme: ## put the table of the last `make bench` into README.md
	@$(RELEASE_DIR)/triptych-bench report --scale $(BENCH_SCALE) --readme README.md

.PHONY: bench-counts
bench-counts: bench-setup ## accept the instruction counts of the hot paths as they are now
	@$(build-bench)
	@$(RELEASE_DIR)/triptych-bench counts --store $(BENCH_COUNTS)

# A peer that cannot be installed is said in the report; it does not stop the others.
.PHONY: bench-setup
bench-setup: setup ## install the peers that `make bench` compares with (apt, and pip into .build)
	@.ci/setup bench || echo "not every peer is installed: the report says which" >&2
	@.ci/python-peers $(BENCH_VENV) $(BENCH_PEERS)

.PHONY: golden
golden: setup ## rewrite the golden frames; review the difference like code
	$(SWIFT_BUILD) --build-tests
	export TRIPTYCH_GOLDEN=rewrite && $(run-tests)
	@git --no-pager diff --stat -- Tests

.PHONY: install
install: release ## install program, man page, completions, themes and keymaps (PREFIX=/usr/local, DESTDIR=)
	install -d $(bindir) $(datadir)/Themes $(datadir)/Keymaps $(sharedir)/man/man1 \
	  $(sharedir)/bash-completion/completions $(sharedir)/zsh/site-functions \
	  $(sharedir)/fish/vendor_completions.d
	install -m 755 --strip $(RELEASE_DIR)/triptych $(bindir)/triptych
	install -m 644 Themes/* $(datadir)/Themes
	install -m 644 Keymaps/* $(datadir)/Keymaps
	$(bindir)/triptych man > $(sharedir)/man/man1/triptych.1
	$(bindir)/triptych --generate-completion-script bash > $(sharedir)/bash-completion/completions/triptych
	$(bindir)/triptych --generate-completion-script zsh > $(sharedir)/zsh/site-functions/_triptych
	$(bindir)/triptych --generate-completion-script fish > $(sharedir)/fish/vendor_completions.d/triptych.fish

.PHONY: uninstall
uninstall: ## remove what install put there (same PREFIX and DESTDIR)
	rm -f $(bindir)/triptych $(sharedir)/man/man1/triptych.1 \
	  $(sharedir)/bash-completion/completions/triptych $(sharedir)/zsh/site-functions/_triptych \
	  $(sharedir)/fish/vendor_completions.d/triptych.fish
	rm -rf $(datadir)

.PHONY: clean
clean: ## remove everything that was built
	rm -rf .build
