# The two commands of the README. `make` prepares what cargo cannot, cargo does the rest.
#
# Both build the same selection of packages with one profile, so that RocksDB's C++ is compiled once:
# cargo joins the features of what is selected, and another selection could build it again.

CARGO  ?= cargo
BUILD  := $(CARGO) build --locked --workspace --all-targets
TARGET  = $$($(CARGO) metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

.PHONY: setup demo test

setup:
	@.ci/setup

demo: setup
	$(BUILD)
	@$(TARGET)/debug/eco-testnet demo

test: setup
	$(BUILD)
	$(CARGO) test --locked --workspace --no-fail-fast
