# What people do here, by one word each; `make setup` costs seconds once it has run.
SHELL := /bin/sh
STATE := $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/kuager
BIN := .venv/bin

.PHONY: setup run test check bench lock clean

setup:
	@tools/packaging/setup.sh run

# On a terminal: the virtual unit. Without one: a whole session, verified.
run: setup
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/kuager run --terminal; fi; \
	recording=$$($(BIN)/kuager record --for $${FOR:-20s} --carrier "$(STATE)/carrier" | tail -n 1) && [ -n "$$recording" ] && \
	$(BIN)/kuager verify --trust "$(STATE)/authority/ca.pem" "$$recording" && \
	printf '%s\n' "$$recording"

test:
	@tools/packaging/setup.sh dev
	$(BIN)/python -m pytest

check:
	@tools/packaging/setup.sh dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench:
	@tools/packaging/setup.sh bench
	$(BIN)/python -m kuager_workshop.bench

# Pins what tools/packaging/*.in ask for; needs uv. Hashes only, no addresses.
lock:
	cd tools/packaging && for name in run dev cose bench; do \
	  uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header $$name.in -o $$name.txt || exit 1; done; \
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-deps clip.in -o clip.txt

clean:
	rm -rf .venv .venv-cose build dist
