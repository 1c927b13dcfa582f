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
# Where `make docs` writes, likewise.
API_PAGE ?= docs/api.md
# For instance: make test PYTEST_ARGS="tests/contract -x"
PYTEST_ARGS ?=
# Tests of one file stay in one process, and with them what the file's tests share. Folders begin in the order of their names, those
# with long tests first: sorted by their number of tests, as is the default, files with few but long ones would come last.
# One process more than there are cores: tests wait a lot for the processes that they start.
PYTEST_WORKERS ?= -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --maxprocesses 5 --dist loadfile --no-loadscope-reorder
FUZZ_EXAMPLES ?= 1000
# Of each of five victims, and again as often in all at random.
KILLS ?= 20
STORMS ?= 60
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

# What resolves and audits the versions that deployments install.
SUPPLY_TOOLS := uv==0.13.9 pip-audit==2.10.1
SUPPLY_VENV := .venv-supply

# What judges the manifests: apart and not for every test, since it brings a hundred packages.
POLICY_TOOLS := checkov==3.3.30
POLICY_VENV := .venv-policy

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
test: lint types $(PROTOS_VENV)/.tools $(TABLES_VENV)/.tools ## Run every check: lint, types, contract, import rules, tests (chosen ones: PYTEST_ARGS=tests/clients)
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

.PHONY: lint-policy
lint-policy: $(POLICY_VENV)/.tools ## Judge the Kubernetes manifests by the policies of checkov
	@$(POLICY_VENV)/bin/checkov --directory deploy/k8s --config-file deploy/checkov.yaml

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

.PHONY: fuzz
fuzz: $(VENV)/.dev ## Send every method very many requests, valid and not (how many of each sort: FUZZ_EXAMPLES=2000)
	@GROUPGUARD_FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/pytest tests/security/test_fuzz.py $(PYTEST_ARGS)

.PHONY: faults
faults: $(VENV)/.dev ## Kill, cut off, fill and slow down everything under load, far more often than the tests do
	@GROUPGUARD_TEST_KILLS=$(KILLS) GROUPGUARD_TEST_RANDOM_KILLS=$$((5 * $(KILLS))) GROUPGUARD_TEST_STORMS=$(STORMS) \
	    $(BIN)/pytest -s tests/faults $(PYTEST_ARGS)

# For instance: make kills KILLS=5 SEED=12345 to play one round of RESULTS.md again.
SEED ?= 0
.PHONY: kills
kills: KILLS = 100
kills: $(VENV)/.dev ## Play KILLS seeded kills at random under load; from 100 on, write tests/faults/RESULTS.md
	@GROUPGUARD_TEST_RANDOM_KILLS=$(KILLS) GROUPGUARD_TEST_SEED=$(SEED) \
	    $(BIN)/pytest -s -n0 tests/faults/test_kills_at_random.py $(PYTEST_ARGS)

.PHONY: test-image
test-image: $(VENV)/.dev ## Install what the container image holds, by the Dockerfile's own steps, and run it
	@GROUPGUARD_TEST_IMAGE=1 $(BIN)/pytest $(PYTEST_ARGS) tests/deploy/test_dockerfile.py

.PHONY: test-lock
test-lock: $(VENV)/.dev ## Lock what is locked again, and audit it, which asks PyPI
	@GROUPGUARD_TEST_PYPI=1 $(BIN)/pytest -n0 $(PYTEST_ARGS) tests/deploy/test_supply_chain.py

# For instance: make oracle CASES=1000 FIRST=5000 to play the cases from number 5,000 on.
CASES ?= 100000
FIRST ?= 0
.PHONY: oracle
oracle: $(VENV)/.dev ## Compare all verdicts of CASES generated cases with a naive reference; from 1,000 on, write tests/oracle/RESULTS.md
	@PYTHONPATH=tests $(BIN)/python -m support.oracle --cases $(CASES) --first $(FIRST)

.PHONY: bench
bench: $(VENV)/.dev ## Measure time, memory, false hits; write tests/bench/RESULTS.md (chosen rows: BENCH_ARGS=load)
	@PYTHONPATH=tests $(BIN)/python -m bench $(BENCH_ARGS)

# For instance, to look without writing: PYTHONPATH=tests .venv/bin/python -m bench.scaling --corps 20000 --messages 5000
.PHONY: scaling
scaling: $(VENV)/.dev ## Simulate a very large installation by the newest results; write the tables of docs/scaling.md
	@PYTHONPATH=tests $(BIN)/python -m bench.scaling --page docs/scaling.md

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

.PHONY: docs
docs: $(VENV)/.dev ## Generate the API reference, docs/api.md, from the protos' comments
	@set -e; \
	image=$$(mktemp); trap 'rm -f "$$image"' EXIT; \
	$(BIN)/buf build protos -o "$$image#format=binpb"; \
	PYTHONPATH=tests $(BIN)/python -m api_reference "$$image" "$(API_PAGE)"

# --------------------------------------------------------------------------------------------------------------- tables

.PHONY: tables
tables: $(TABLES_VENV)/.tools ## Generate the character tables of matching
	@PYTHONPATH=tests $(TABLES_VENV)/bin/python -m tables "$(TABLES)"

# --------------------------------------------------------------------------------------------------------- supply chain

# For every platform at once. What is locked already stays unless it must go: `make lock LOCK_ARGS=--upgrade` takes the newest.
# Our own two distributions are installed beside it, from wheels that are built here.
LOCK_ARGS ?=
.PHONY: lock
lock: $(VENV)/.dev $(SUPPLY_VENV)/.tools ## Lock what deployments install, with hashes; list licences; write the SBOM
	@echo "groupguard-client @ ./clients" | $(SUPPLY_VENV)/bin/uv pip compile pyproject.toml - --extra tracing --quiet --universal \
	    --python-version 3.11 --generate-hashes --no-header --no-emit-package groupguard-client \
	    --output-file deploy/requirements.txt $(LOCK_ARGS)
	@PYTHONPATH=tests $(BIN)/python -m supply deploy

# Asks PyPI's JSON interface, which mirrors of the index alone do not have: then it fails rather than find nothing.
.PHONY: audit
audit: $(SUPPLY_VENV)/.tools ## Look for known vulnerabilities in what is locked
	@$(SUPPLY_VENV)/bin/pip-audit --requirement deploy/requirements.txt --require-hashes --disable-pip --strict \
	    --progress-spinner off

# ------------------------------------------------------------------------------------------------- virtual environments

# An environment knows its folder by absolute path, so a copied or moved checkout makes its own anew. One made by hand, which has
# no .home, is taken over.
define moved
ifneq ($$(shell cat $(1)/.home 2>/dev/null),$$(CURDIR))
.PHONY: $(1)/.home
endif
endef
$(foreach venv,$(VENV) $(PROTOS_VENV) $(TABLES_VENV) $(SUPPLY_VENV) $(POLICY_VENV) $(LOWEST_VENV),$(eval $(call moved,$(venv))))

$(VENV)/.home $(PROTOS_VENV)/.home $(TABLES_VENV)/.home $(SUPPLY_VENV)/.home $(POLICY_VENV)/.home $(LOWEST_VENV)/.home:
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

$(SUPPLY_VENV)/.tools: $(SUPPLY_VENV)/.home Makefile
	@echo "Installing what locks and audits dependencies ..."
	@$(SUPPLY_VENV)/bin/python $(PIP_INSTALL) $(SUPPLY_TOOLS)
	@touch $@

$(POLICY_VENV)/.tools: $(POLICY_VENV)/.home Makefile
	@echo "Installing what judges the manifests ..."
	@$(POLICY_VENV)/bin/python $(PIP_INSTALL) $(POLICY_TOOLS)
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
	rm -rf $(VENV) $(PROTOS_VENV) $(TABLES_VENV) $(SUPPLY_VENV) $(LOWEST_VENV) dist
	rm -rf .grimp_cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find services clients tests -type d -name __pycache__ -prune -exec rm -rf {} +
