# The only front door: make book | make test | make bench | make lock | make clean
#   PROFILE=ci|laptop|paper  size of the run (make book; default laptop)
#   STUDY=iris               restrict make book or make test to one study
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help book test bench lock clean check-choices

PROFILE ?= laptop
STUDY ?=
VENV ?= .venv
PYTHON := $(VENV)/bin/python
PROFILES := $(basename $(notdir $(wildcard profiles/*.yaml)))
STUDIES := $(notdir $(wildcard notebooks/*))
EXTRAS := encoders,peers,radiative-transfer,dev
# The first interpreter that really is 3.11: a name on the PATH may belong to another version or not start at all.
BASE_PYTHON = $(firstword $(foreach name,python3.11 python3 python,$(shell \
  $(name) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1 && echo $(name))))
NO_PYTHON = Python 3.11 was not found: install it (Debian: python3.11 and python3.11-venv) and run make again.

export PATH := $(abspath $(VENV)/bin):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TF_CPP_MIN_LOG_LEVEL := 3
export TF_ENABLE_ONEDNN_OPTS := 0
export MPLBACKEND := agg

help:
	@sed -n '1,3s/^# //p' Makefile

# The environment is made from the lock, and anew when the lock has changed, so that no older package stays behind.
$(VENV)/.lock-installed: requirements.lock
	@if [ -z "$(BASE_PYTHON)" ]; then echo "$(NO_PYTHON)" >&2; exit 2; fi
	echo "Making $(VENV) from requirements.lock (once; some minutes, about 5 GB)."
	$(BASE_PYTHON) -m venv --clear $(VENV)
	$(PYTHON) -m pip install -qq --progress-bar off -r requirements.lock
	touch $@

$(VENV)/.project-installed: $(VENV)/.lock-installed pyproject.toml
	@$(PYTHON) -m pip install -qq --no-deps -e .
	touch $@

check-choices:
	@if [ -z "$(filter $(PROFILE),$(PROFILES))" ]; then
	  echo "PROFILE=$(PROFILE) is no profile; choose one of: $(PROFILES)." >&2; exit 2; fi
	if [ -n "$(STUDY)" ] && [ -z "$(filter $(STUDY),$(STUDIES))" ]; then
	  echo "STUDY=$(STUDY) is no study; choose one of: $(STUDIES)." >&2; exit 2; fi

book: check-choices $(VENV)/.project-installed
	@snakemake --cores all --quiet all --rerun-incomplete --config profile=$(PROFILE) study=$(STUDY)
	$(PYTHON) -m flarebook.compendium.book "$(PROFILE)" --study "$(STUDY)"
	printf 'Made in %d min %02d s.\n' $$((SECONDS / 60)) $$((SECONDS % 60))

test: check-choices $(VENV)/.project-installed
	@ruff check --quiet . || { echo "ruff found the lines above." >&2; exit 1; }
	ruff format --check --quiet . || { echo "Not formatted: run '$(VENV)/bin/ruff format .'." >&2; exit 1; }
	FLAREBOOK_STUDY="$(STUDY)" $(PYTHON) -m pytest -q

bench: $(VENV)/.project-installed
	@$(PYTHON) -m benchmarks

lock:
	@if [ -z "$(BASE_PYTHON)" ]; then echo "$(NO_PYTHON)" >&2; exit 2; fi
	mkdir -p build/lock
	$(BASE_PYTHON) -m pip install -qq --dry-run --ignore-installed --report build/lock/report.json ".[$(EXTRAS)]"
	$(BASE_PYTHON) scripts/lock.py build/lock/report.json requirements.lock

clean:
	@rm -rf build .snakemake .pytest_cache .ruff_cache
