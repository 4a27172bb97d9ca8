# Two commands set everything up: `make run` and `make test`. See README.md.
SHELL := /bin/bash
.DEFAULT_GOAL := run
.PHONY: run build assets setup test check bench soak manual

# Cargo may build elsewhere; the program is always found at target/release/fujidana.
built := $(or $(CARGO_TARGET_DIR),target)/release/fujidana
program := target/release/fujidana
front_end := $(shell find assets -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

run: build
	$(program) demo --data ./data --listen 127.0.0.1:8080

build: assets
	cargo build --release -p fujidana
	@if ! [ $(built) -ef $(program) ] && ! cmp -s $(built) $(program); then \
	  mkdir -p target/release && cp $(built) $(program).new && mv $(program).new $(program); \
	fi

assets: assets/dist/manifest.json

assets/node_modules/.package-lock.json: assets/package.json assets/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing (Debian: apt-get install nodejs npm), or run: make setup'; exit 1; }
	npm ci --prefix assets --no-audit --no-fund
	@touch $@

assets/dist/manifest.json: assets/node_modules/.package-lock.json $(front_end)
	node assets/build.mjs

setup:
	tools/setup

test:
	tools/test

# What takes seconds: run it before each commit.
check: assets
	cargo fmt --all --check
	cargo xtask check
	cargo clippy --workspace --all-targets -- -D warnings

bench: build
	$(program) bench all

# The long counts of the crash and disk tests; its dated result is committed.
soak: assets
	FUJIDANA_SOAK=1 tools/with-postgres cargo nextest run --release -p fujidana -p db -E 'test(/crash|full_disk|a_kill_loses|letters_resume/)'

# Puts the pictures that the last test run took beside the staff manual.
manual:
	node e2e/manual.mjs --write
