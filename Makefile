# Two commands on a bare machine with Python 3.11+, venv and pip:
#   make app     set everything up in .venv and serve the chart on 127.0.0.1
#   make test    set up the test tools as well and pass the tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Locks are complete: --no-deps keeps pip from adding what BERTopic asks for and never uses (torch).
# --no-compile leaves bytecode to first use: a third less on disk.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: app test lint faults bench lock clean help
.DEFAULT_GOAL := help

help:
	@sed -n '1,3p' Makefile | sed 's/^# //'
	@echo "  make lint    ruff, mypy and the import floors alone"
	@echo "  make faults  the long fault suites (SHARE=0.02: a part of them)"
	@echo "  make bench   the benchmarks, figures to the terminal"
	@echo "  make lock    write the requirement locks again (needs uv)"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip >/dev/null
	$(PIP) --no-deps --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	$(PIP) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

app: $(VENV)/.runtime
	$(BIN)/landscape app

test: $(VENV)/.development
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.development
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

# About an hour and a half; `make faults SHARE=0.02` takes that part of the cases and keeps no figures.
SHARE ?= 1
faults: $(VENV)/.development
	FAULTS_SHARE=$(SHARE) $(BIN)/python -m pytest -m faults --timeout 7200

# What needs recorded papers runs where they lie beside the checkout; benchmarks/classifier_*.py ask for
# labelled papers by name and are not among these.
DATA ?= $(or $(TEST_SHARED_DATA),../shared)/data
bench: $(VENV)/.development
	$(BIN)/python -m benchmarks.matching $(if $(wildcard $(DATA)),--data $(DATA))
	$(BIN)/python -m benchmarks.landscape_counts
	$(if $(wildcard $(DATA)),$(BIN)/python -m benchmarks.store $(DATA)/acl_anthology/xml/*.xml.gz)

lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
