# Saraban: `make` alone lists what there is. Needs only make and Python 3.11 or later; brings the rest itself.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --retries 10 --timeout 60
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

# Brings the packages named in $$lacking, or says in one line what to type.
define BRING
if [ -z "$$lacking" ]; then exit 0; fi; \
if [ "$$(id -u)" = 0 ]; then root=env; else root="sudo -n"; fi; \
if command -v apt-get >/dev/null && $$root true 2>/dev/null; then \
  echo "Installing with apt-get:$$lacking"; \
  $$root apt-get update -qq -o Acquire::Retries=5; \
  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Acquire::Retries=5 $$lacking && exit 0; \
fi; \
echo "Type this, then make again: sudo apt-get update && sudo apt-get install -y$$lacking"; exit 1
endef

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint browser screenshots bench openapi fuzz lock setup chromium wrk clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/runtime ## an office with made-up letters on http://127.0.0.1:8000 (PORT=… for another port)
	$(BIN)/python -m saraban.cli demo --port $(PORT)

test: setup ## every test, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest -n logical --maxprocesses 8 --dist worksteal

lint: setup ## style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

browser: setup chromium ## two clerks' whole days and every page, in a real browser
	$(BIN)/python -m pytest tests/chromium -n 2

screenshots: setup chromium ## every page of the demo, wide and narrow, into build/screenshots
	$(BIN)/python -m tests.chromium.screenshots

bench: setup wrk ## how fast it is, beside the least it could take: docs/performance.md (BENCH="register search" SCALES=year)
	$(BIN)/python -m bench

fuzz: setup ## asks every route strange things for a long time
	$(BIN)/python -m pytest -m long --hypothesis-profile=long -o faulthandler_timeout=0 -n logical --maxprocesses 8

openapi: setup ## writes docs/openapi.json from the routes
	mkdir -p docs
	$(BIN)/python -m saraban.cli openapi > docs/openapi.json

lock: ## pins the dependencies again, with hashes (LOCK=--upgrade for the newest)
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	build/lock/bin/uv $(COMPILE) $(LOCK) pyproject.toml -o requirements.txt
	build/lock/bin/uv $(COMPILE) $(LOCK) pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt

clean: ## removes what can be made again; the letters in data/ stay
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(VENV)/development

$(VENV)/development: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements-dev.txt
	$(INSTALL) --no-deps --no-build-isolation -e .
	touch $(VENV)/runtime $@

$(VENV)/runtime: requirements.txt | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements.txt
	touch $@

chromium:
	@lacking=; \
	command -v "$${CHROMIUM:-chromium}" >/dev/null || lacking="$$lacking chromium"; \
	if [ -z "$$(fc-list :lang=th 2>/dev/null)" ]; then lacking="$$lacking fonts-tlwg-laksaman-ttf"; fi; \
	$(BRING)

wrk:
	@lacking=; command -v wrk >/dev/null || lacking=" wrk"; $(BRING)

# What pip cannot bring: Debian's and Ubuntu's names, for what trying has shown to be missing.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@lacking=; \
	without() { ! $(PYTHON) -c "$$1" >/dev/null 2>&1; }; \
	library() { echo "import ctypes.util, sys; sys.exit(not ctypes.util.find_library('$$1'))"; }; \
	if without 'import ensurepip'; then lacking="$$lacking python3-venv"; fi; \
	if without "$$(library pango-1.0)"; then lacking="$$lacking libpango-1.0-0"; fi; \
	if without "$$(library pangoft2-1.0)"; then lacking="$$lacking libpangoft2-1.0-0"; fi; \
	if without "$$(library harfbuzz-subset)"; then lacking="$$lacking libharfbuzz-subset0"; fi; \
	if [ -z "$$(fc-list :lang=th 2>/dev/null)" ]; then lacking="$$lacking fonts-tlwg-laksaman-ttf"; fi; \
	$(BRING)
	$(PYTHON) -m venv $(VENV)
