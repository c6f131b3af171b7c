.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export EVIGRAPH_STORE ?= oxigraph:build/store

.PHONY: help demo test test-quick test-lengthy check serve bench bench-peers lock clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q kg api
	touch $@

demo: $(VENV)/.installed  ## Build the evidence graph, answer the review from it, draw its forest plots
	@mkdir -p build
	$(BIN)/kg --quiet build
	$(BIN)/kg --quiet review --plots build/plots
	@echo
	@echo "Forest plots: build/plots/. The store: $(EVIGRAPH_STORE). Look around with 'make serve'."

test: check  ## Run every check and test
	$(BIN)/python -m pytest

test-quick: $(VENV)/.installed  ## Run the tests that need no server
	$(BIN)/python -m pytest -m "not server and not slow and not lengthy"

test-lengthy: $(VENV)/.installed  ## Run the tests that kill, flood and attack the service; on a quiet machine
	$(BIN)/python -m pytest -m lengthy

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

serve: $(VENV)/.installed  ## Serve the evidence on 127.0.0.1:8000
	@mkdir -p build
	$(BIN)/kg --quiet build > build/build.log
	$(BIN)/kg serve

bench: $(VENV)/.installed  ## Measure stores of several sizes; on a quiet machine
	$(BIN)/python -m benchmarks.scale $(SIZES)
	$(BIN)/python -m benchmarks.answers_load $(SIZES)

bench-peers: $(VENV)/.installed  ## Compare with peers, in one run, and write docs/performance.md
	$(BIN)/python -m benchmarks.scale --peers $(SIZES)
	$(BIN)/python -m benchmarks.answers_load $(SIZES)
	$(BIN)/python -m benchmarks.scale_report
	$(BIN)/python -m benchmarks.selection
	$(BIN)/python -m benchmarks.pooling
	$(BIN)/python -m benchmarks.sparql_load
	$(BIN)/python -m benchmarks.sparql_evil

lock: $(VENV)/.installed  ## Renew requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --extra dev --output-file requirements.lock pyproject.toml

clean:  ## Remove what was built
	rm -rf build
