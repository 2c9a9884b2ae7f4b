# What people do here, by one word each; `make setup` costs seconds once it has run.
SHELL := /bin/sh
STATE := $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/kuager
BIN := .venv/bin

.PHONY: setup run terminal test check emulated torture-short torture soak fuzz mutants bench lock deb clean

setup:
	@tools/packaging/setup.sh run

# For a person: the virtual unit as a page in the browser. Without a terminal: a whole session, verified.
run: setup
	@if [ -t 0 ] && [ -t 1 ]; then exec $(BIN)/kuager run --page --find; fi; \
	recording=$$($(BIN)/kuager record --for $${FOR:-20s} --carrier "$(STATE)/carrier" | tail -n 1) && [ -n "$$recording" ] && \
	$(BIN)/kuager verify --trust "$(STATE)/authority/ca.pem" "$$recording" && \
	printf '%s\n' "$$recording"

terminal: setup
	@$(BIN)/kuager run --terminal --find

test:
	@tools/packaging/setup.sh dev
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check:
	@tools/packaging/setup.sh dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench:
	@tools/packaging/setup.sh bench
	$(BIN)/python -m kuager_workshop.bench

# Whole scenarios on the firmware's own package, in an emulated unit with real drivers: half an hour the first time.
emulated:
	@tools/packaging/setup.sh emulated
	@tools/packaging/deb/build.sh
	$(BIN)/python -m pytest -m emulated tests/packaging tests/emulated

# Faults of every kind, in one table: what CI has time for; as many as there is time for.
# And a whole shift at real time, with a fault each few minutes: make soak HOURS=8.
torture-short:
	@tools/packaging/setup.sh dev
	$(BIN)/python -m kuager_workshop.torture

torture:
	@tools/packaging/setup.sh dev
	$(BIN)/python -m kuager_workshop.torture --full

soak:
	@tools/packaging/setup.sh dev
	$(BIN)/python -m kuager_workshop.torture.soak --hours $(or $(HOURS),8)

# Hostile bytes for every parser, for so many seconds in all; by hand for hours: make fuzz SECONDS=14400.
fuzz:
	@tools/packaging/setup.sh fuzz
	$(BIN)/python -m kuager_workshop.fuzz --seconds $(or $(SECONDS),120) --jobs $(or $(JOBS),1)

# Small changes to vault and rules of evidence, a fifth of all that there are: do the tests notice? An hour or two.
mutants:
	@tools/packaging/setup.sh mutants
	$(BIN)/python -m kuager_workshop.mutants

# The Debian package of a unit for this machine's architecture, into dist; needs root and mmdebstrap.
deb:
	@tools/packaging/deb/build.sh

# Pins what tools/packaging/*.in ask for; needs uv. Hashes only, no addresses.
lock:
	cd tools/packaging && for name in run dev cose bench fuzz mutants; do \
	  uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header $$name.in -o $$name.txt || exit 1; done; \
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-deps clip.in -o clip.txt

clean:
	rm -rf .venv .venv-cose build dist
