# The only front door: make book | make pdf | make test | make bench | make archive | make lock | make clean
#   PROFILE=ci|laptop|paper  size of the run (make book; default laptop)
#   STUDY=iris               restrict make book or make test to one study
#   SOURCE=simulated|real    data of the run (make book; real: fetched from the archives, see book/run-it-yourself.md)
#   GATES=strict             make book fails when a gate is red or missing; without it, its last line says so
#   FAST=1                   make test: quick unit tests only, no notebooks, no browser
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help book pdf gates test bench archive lock clean check-choices

PROFILE ?= laptop
SOURCE ?= simulated
STUDY ?=
FAST ?=
GATES ?=
VENV ?= .venv
PYTHON := $(VENV)/bin/python
PROFILES := $(filter-out real short,$(basename $(notdir $(wildcard profiles/*.yaml)))) paper-short
SOURCES := simulated real
RUN = $(PROFILE)$(if $(filter real,$(SOURCE)),-real)
STUDIES := $(notdir $(wildcard notebooks/*))
CORES := $(shell nproc)
# The first interpreter that is 3.11 to 3.13: a name on the PATH may belong to another version or not start at all.
BASE_PYTHON = $(firstword $(foreach name,python3.11 python3.12 python3.13 python3 python,$(shell \
  $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && echo $(name))))
NO_PYTHON = Python 3.11, 3.12 or 3.13 was not found: install one (Debian: python3 and python3-venv) and run make again.
# The environment of everything serves every study; without it, `make book STUDY=iris` installs what that study needs.
BOOK_ENVIRONMENT = $(VENV)/.$(if $(wildcard $(VENV)/.all),all,$(or $(STUDY),all))

export PATH := $(abspath $(VENV)/bin):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export TF_ENABLE_ONEDNN_OPTS := 0
export MPLBACKEND := agg
# Containers often forbid bytecode, and uv writes none: every kernel and command would compile its imports anew, which
# takes longer than all else of their start.
unexport PYTHONDONTWRITEBYTECODE

help:
	@sed -n '1,6s/^# //p' Makefile

# An environment is made from its lock, and anew when the lock has changed, so that no older package stays behind.  uv
# downloads and unpacks in parallel; where it cannot use the index that pip is set up for, pip installs the same lock.
define make-environment
	@if [ -z "$(BASE_PYTHON)" ]; then echo "$(NO_PYTHON)" >&2; exit 2; fi
	echo "Making $(VENV) from $(1) (once; some minutes, up to 5 GB)."
	$(BASE_PYTHON) -m venv --clear $(VENV)
	$(PYTHON) -m pip install -qq --require-hashes --no-deps -r locks/uv.lock
	$(PYTHON) -m uv pip install -q --python $(PYTHON) --require-hashes --no-deps -r $(1) 2>/dev/null ||
	  $(PYTHON) -m pip install -qq --require-hashes --no-deps -r $(1)
	if grep -q '^timm==' $(1); then $(PYTHON) -m pip install -qq --progress-bar off -r locks/torch.txt; fi
	touch $@
endef

$(VENV)/.all: requirements.lock locks/torch.txt
	$(call make-environment,requirements.lock)

$(STUDIES:%=$(VENV)/.%): $(VENV)/.%: locks/%.lock locks/torch.txt
	$(call make-environment,locks/$*.lock)

# A changed pyproject.toml alone installs the project again, not its packages: those change with `make lock`.
$(VENV)/.all-project $(STUDIES:%=$(VENV)/.%-project): %-project: % pyproject.toml
	@$(PYTHON) -m pip install -qq --no-deps -e .
	touch $@

check-choices:
	@if [ -z "$(filter $(PROFILE),$(PROFILES))" ]; then
	  echo "PROFILE=$(PROFILE) is no profile; choose one of: $(PROFILES)." >&2; exit 2; fi
	if [ -z "$(filter $(SOURCE),$(SOURCES))" ]; then
	  echo "SOURCE=$(SOURCE) is no source; choose one of: $(SOURCES)." >&2; exit 2; fi
	if [ -n "$(STUDY)" ] && [ -z "$(filter $(STUDY),$(STUDIES))" ]; then
	  echo "STUDY=$(STUDY) is no study; choose one of: $(STUDIES)." >&2; exit 2; fi
	if [ -n "$(GATES:strict=)" ]; then
	  echo "GATES=$(GATES) is no choice; choose strict or leave it out." >&2; exit 2; fi

# snakemake, quiet, does not tell of the lock that another build holds, or that one left when it was killed.
LOCKED = if [ -n "$$(ls .snakemake/locks 2>/dev/null)" ]; then \
  echo "Another build runs in this folder, or one was killed: if none runs, remove .snakemake/locks." >&2; fi

# One line on the gates of a run, the red ones first.
GATES_LINE = $(PYTHON) -m flarebook.commands.main check --brief --profile $(PROFILE) --source $(SOURCE) \
  $(if $(STUDY),--study $(STUDY)) || [ "$(GATES)" != strict ]

book: check-choices $(BOOK_ENVIRONMENT)-project
	@if [ "$(SOURCE)" = real ]; then $(PYTHON) -m flarebook.compendium.workflow.real_run || exit 2; fi
	snakemake --cores all --quiet all --rerun-incomplete --config profile=$(PROFILE) study=$(STUDY) source=$(SOURCE) ||
	  { $(LOCKED); exit 1; }
	$(PYTHON) -m flarebook.compendium.book "$(RUN)" --study "$(STUDY)"
	printf 'Made in %d min %02d s.\n' $$((SECONDS / 60)) $$((SECONDS % 60))
	$(GATES_LINE)

# The book of a run that has been made as one PDF, which Chromium prints.
pdf: check-choices $(BOOK_ENVIRONMENT)-project
	@$(PYTHON) -m flarebook.compendium.book "$(RUN)" --study "$(STUDY)" --pdf

gates: check-choices
	@$(GATES_LINE)

# Units run beside the notebooks of the ci profile, whose niceness gives way to them: many units wait for kernels and
# subprocesses.  The last part looks at what the notebooks made.
test: check-choices $(VENV)/.all-project
	@ruff check --quiet . || { echo "ruff found the lines above." >&2; exit 1; }
	ruff format --check --quiet . || { echo "Not formatted: run '$(VENV)/bin/ruff format .'." >&2; exit 1; }
	lint-imports --no-cache >/dev/null 2>&1 || { lint-imports --no-cache; exit 1; }
	export FLAREBOOK_STUDY="$(STUDY)"
	units="$(PYTHON) -m pytest -q --dist loadgroup --ignore tests/notebooks --ignore tests/book"
	if [ -n "$(FAST)" ]; then OMP_NUM_THREADS=1 $$units -n $(CORES) -m "not slow"; exit; fi
	mkdir -p build
	nice snakemake --cores all --quiet all --rerun-incomplete --keep-going --config profile=ci study=$(STUDY) \
	  >build/ci-notebooks.log 2>&1 & notebooks=$$!
	trap 'kill $$notebooks 2>/dev/null && wait $$notebooks || true' EXIT
	OMP_NUM_THREADS=1 $$units -n $(CORES)
	wait $$notebooks || { $(LOCKED); echo "A notebook failed: the tests below say which (build/ci-notebooks.log)."; }
	$(PYTHON) -m pytest -q tests/notebooks tests/book

bench: $(VENV)/.all-project
	@$(PYTHON) -m benchmarks

# The files of the commit, and the figures and tables of a run that has been made, with their hashes: for Zenodo.
archive: check-choices $(BOOK_ENVIRONMENT)-project
	@$(PYTHON) -m flarebook.compendium.identity archive "$(RUN)"

# New exact versions within the bounds of pyproject.toml; with KEEP=1, only what pyproject.toml has changed.
lock: $(VENV)/.all
	@$(PYTHON) scripts/lock.py $(if $(KEEP),,--upgrade)

clean:
	@rm -rf build .snakemake .pytest_cache .ruff_cache
