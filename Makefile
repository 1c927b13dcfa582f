# The developers' vocabulary. Needs GNU make, a POSIX shell, Python 3.11 or newer and PyPI; every tool comes from PyPI into a
# virtual environment here, made when first needed and again when a pyproject.toml changes.
#
# The folder may lie under a path with spaces; only `make -f <path>` from elsewhere does not work (use `make -C <folder>`).
# For another interpreter beside the first: make PYTHON=python3.13 VENV=.venv-3.13 test

PYTHON ?= python3
VENV ?= .venv
# Where `make protos` writes; the freshness test writes elsewhere and compares.
STUBS ?= clients
# Where `make tables` writes, and its freshness test elsewhere.
TABLES ?= services/service_kit/matching/tables
# For instance: make test PYTEST_ARGS="tests/contract -x"
PYTEST_ARGS ?=
# Tests of one file stay in one process, and with them what the file's tests share.
PYTEST_WORKERS ?= -n auto --maxprocesses 4 --dist loadfile
# For instance: make bench BENCH_ARGS="load --repetitions 1"; GROUPGUARD_BENCH_DATA is a folder of real text to measure with.
BENCH_ARGS ?=

# The generator decides what is checked in, so its versions are exact. This grpcio-tools writes code that protobuf 6.31.1 to 7 and
# grpcio from 1.76 accept; 1.82 and newer would shut protobuf 6 out. It has an environment of its own because it needs
# protobuf 6, and the others are tested with the newest.
GRPCIO_TOOLS := 1.76.0
MYPY_PROTOBUF := 5.1.0
PROTOS_VENV := .venv-protos

# What the character tables are made of: exact for the same reason, and apart because nothing of it is needed at run time.
TABLE_SOURCES := confusable-homoglyphs==3.3.1 jieba==0.42.1 opencc-python-reimplemented==0.1.7 pypinyin==0.55.0 \
    unicodedata2==16.0.0
TABLES_VENV := .venv-tables

LOWEST_VENV := .venv-lowest

BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
MANIFESTS := pyproject.toml clients/pyproject.toml

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

# ------------------------------------------------------------------------------------------------------ using groupguard

.PHONY: demo
demo: $(VENV)/.runtime ## Start all three services with a store of their own and show a day in a customer group
	@$(BIN)/groupguard demo

# --------------------------------------------------------------------------------------------------------------- checks

# pytest comes last, so that its summary is the last line.
.PHONY: test
test: lint types $(PROTOS_VENV)/.tools $(TABLES_VENV)/.tools ## Run every check: lint, types, contract, import rules, tests
	@$(BIN)/pytest $(PYTEST_WORKERS) $(PYTEST_ARGS)

.PHONY: lint lint-python lint-imports lint-protos
lint: lint-python lint-imports lint-protos ## Check code style, import rules and the protos

lint-python: $(VENV)/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

lint-imports: $(VENV)/.dev
	@$(BIN)/lint-imports

# Against the committed image, not against a branch: on that branch itself the comparison would be with itself.
lint-protos: $(VENV)/.dev
	@$(BIN)/buf lint
	@$(BIN)/buf format protos --diff --exit-code
	@$(BIN)/buf breaking protos --against contract.binpb

.PHONY: types
types: $(VENV)/.dev ## Check types, strictly
	@$(BIN)/mypy

.PHONY: format
format: $(VENV)/.dev ## Format Python and protos, fix what can be fixed
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@$(BIN)/buf format protos --write

.PHONY: test-lowest
test-lowest: $(LOWEST_VENV)/.dev $(PROTOS_VENV)/.tools $(TABLES_VENV)/.tools ## Run the tests with the oldest dependencies allowed
	@$(LOWEST_VENV)/bin/python -m pytest $(PYTEST_WORKERS) $(PYTEST_ARGS)

.PHONY: bench
bench: $(VENV)/.dev ## Measure time, memory, false hits; write tests/bench/RESULTS.md (chosen rows: BENCH_ARGS=load)
	@PYTHONPATH=tests $(BIN)/python -m bench $(BENCH_ARGS)

# ------------------------------------------------------------------------------------------------------------- contract

# Written aside first: when a proto is wrong, the stubs in place stay as they are. What no proto stands behind any more goes. Only
# files with a service get a _pb2_grpc module.
.PHONY: protos
protos: $(PROTOS_VENV)/.tools ## Generate the Python stubs from protos/
	@set -e; \
	out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; \
	bin="$(CURDIR)/$(PROTOS_VENV)/bin"; \
	protoc() { "$$bin/python" -m grpc_tools.protoc -Iprotos -Ithird_party/googleapis "$$@"; }; \
	protoc --plugin=protoc-gen-mypy="$$bin/protoc-gen-mypy" \
	    --python_out="$$out" --mypy_out=quiet:"$$out" \
	    $$(find protos -name '*.proto' | LC_ALL=C sort); \
	protoc --plugin=protoc-gen-mypy_grpc="$$bin/protoc-gen-mypy_grpc" \
	    --grpc_python_out="$$out" --mypy_grpc_out=quiet:"$$out" \
	    $$(find protos -name '*.proto' -exec grep -l '^service ' {} + | LC_ALL=C sort); \
	mkdir -p "$(STUBS)/groupguard"; \
	find "$(STUBS)/groupguard" -name '*_pb2*.py*' ! -path '*/__pycache__/*' -exec rm -f {} +; \
	cp -R "$$out/groupguard" "$(STUBS)/"

# Without comments and positions: an image changes only when the contract does.
.PHONY: protos-image
protos-image: $(VENV)/.dev ## Make today's protos the contract that later ones must not break (say why in the commit)
	@$(BIN)/buf build protos --exclude-source-info -o contract.binpb

# --------------------------------------------------------------------------------------------------------------- tables

.PHONY: tables
tables: $(TABLES_VENV)/.tools ## Generate the character tables of matching
	@PYTHONPATH=tests $(TABLES_VENV)/bin/python -m tables "$(TABLES)"

# ------------------------------------------------------------------------------------------------- virtual environments

# An environment knows its folder by absolute path, so a copied or moved checkout makes its own anew. One made by hand, which has
# no .home, is taken over.
define moved
ifneq ($$(shell cat $(1)/.home 2>/dev/null),$$(CURDIR))
.PHONY: $(1)/.home
endif
endef
$(foreach venv,$(VENV) $(PROTOS_VENV) $(TABLES_VENV) $(LOWEST_VENV),$(eval $(call moved,$(venv))))

$(VENV)/.home $(PROTOS_VENV)/.home $(TABLES_VENV)/.home $(LOWEST_VENV)/.home:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "groupguard needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "Name one that is: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@if [ -e $@ ]; then rm -rf $(@D); fi
	@echo "Making $(@D) ..."
	@$(PYTHON) -m venv $(@D)
	@echo "$(CURDIR)" > $@

# The development install comes after the runtime one, never beside it: `make -j demo test` must not run two pips in one folder.
$(VENV)/.runtime: $(VENV)/.home $(MANIFESTS)
	@echo "Installing groupguard ..."
	@$(BIN)/python $(PIP_INSTALL) -e ./clients -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing the development tools ..."
	@$(BIN)/python $(PIP_INSTALL) -e ./clients -e '.[dev]'
	@touch $@

$(PROTOS_VENV)/.tools: $(PROTOS_VENV)/.home Makefile
	@echo "Installing the stub generator ..."
	@$(PROTOS_VENV)/bin/python $(PIP_INSTALL) grpcio-tools==$(GRPCIO_TOOLS) mypy-protobuf==$(MYPY_PROTOBUF)
	@touch $@

$(TABLES_VENV)/.tools: $(TABLES_VENV)/.home Makefile
	@echo "Installing what the character tables are made of ..."
	@$(TABLES_VENV)/bin/python $(PIP_INSTALL) $(TABLE_SOURCES)
	@touch $@

# pip cannot ask for the oldest versions; uv, from PyPI like everything else, can.
$(LOWEST_VENV)/.dev: $(LOWEST_VENV)/.home $(MANIFESTS)
	@echo "Installing the oldest dependencies allowed ..."
	@$(LOWEST_VENV)/bin/python $(PIP_INSTALL) uv
	@$(LOWEST_VENV)/bin/uv pip install --quiet --python $(LOWEST_VENV)/bin/python --resolution lowest-direct \
	    -e ./clients -e '.[dev]'
	@touch $@

.PHONY: clean
clean: ## Remove virtual environments, caches and build results
	rm -rf $(VENV) $(PROTOS_VENV) $(TABLES_VENV) $(LOWEST_VENV) dist
	rm -rf .grimp_cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find services clients tests -type d -name __pycache__ -prune -exec rm -rf {} +
