# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Needs git, make and Python 3.11 or newer. Everything else comes from package registries, into build/ and .nox/, and
# into ~/.cache/epinio-registries what takes long to make (the API server, Python 3.14, a base image).

.DEFAULT_GOAL := help
TOOLS := build/tools
NOX := PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(TOOLS)/bin/nox
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3.14 python3; do \
    $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

PREPARED := prepare-python prepare-base-image prepare-api-server prepare-registries prepare-gitops
PARTS := unit fuzz integration acceptance awx report sanity lint molecule package ee docs
JOBS ?= 3
ARGS ?=
VERSION ?=
SESSION ?=

.PHONY: help test session generate release test-faults fuzz-nightly demo benchmark benchmark-fleet benchmark-far clean prepare $(PREPARED) $(PARTS)

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo; echo "ARGS='…' goes to the tool of a single part: make unit ARGS='-k plan', make integration ARGS=export_registry"

# What a part needs of the caches in ~/.cache is made before it starts, and shows how far it is.
test: prepare ## every check below, side by side (JOBS=3, for two cores: tests wait a lot); what CI runs
	@$(NOX) --parallel $(JOBS) --report build/report.json

session: prepare ## one session, by the name that nox --list gives it: SESSION='unit(2.21-py3.12)'
	@$(NOX) --sessions "$(SESSION)" -- $(ARGS)

test-faults: prepare-api-server prepare-registries ## every fault at every request of a run, and hundreds of kills, of which make test has a sample (half an hour)
	@$(NOX) --sessions faults -- $(ARGS)

fuzz-nightly: $(TOOLS)/ready ## twenty times the inputs of fuzz, then atheris (ARGS='600': seconds for each decoder)
	@$(NOX) --sessions fuzz_nightly -- $(ARGS)

# A cluster in the environment may be any; one that is named here is meant.
ifeq ($(origin KUBECONFIG),command line)
demo: export EPINIO_TEST_KUBECONFIG := $(KUBECONFIG)
endif
demo: $(TOOLS)/ready ## a list of destinations becomes what Epinio reads, on a real API server (KUBECONFIG=…: on that cluster)
	@$(NOX) --sessions demo -- $(ARGS)

generate: $(TOOLS)/ready ## what documentation takes from elsewhere: options, results, the table of problem codes
	@$(NOX) --sessions $@

unit: ## unit tests on every supported ansible-core, and how much of plugins/ they cover
fuzz: ## at least 20,000 generated inputs, and inputs of hostile sizes: no traceback, no secret, bounded work
integration: ## ansible-test integration on a real API server, with the newest and the oldest versions
acceptance: ## pytest over whole runs of Ansible on a real API server, and over the test rig itself
awx: ## the kit for AWX before AWX's own code, ansible-runner, and awx.awx with a stand-in for its API
report: ## the report of the audit in Chromium: accessible, quiet, fast, printable; and its gauges as Prometheus reads them
sanity: ## ansible-test sanity, with nothing ignored
lint: ## style, types, licenses, and the lint of Ansible, documentation and changelog
molecule: ## the role through molecule: check, converge, idempotence, verify
package: ## build, import as Galaxy would, install offline, and use what was installed
ee: ## the execution environment, built, and a destination written from inside it (root, buildah, debootstrap)
docs: ## the documentation as HTML, in build/docs/html

unit: prepare-python
awx ee: prepare-api-server
ee: prepare-base-image
integration acceptance molecule package: prepare-api-server prepare-registries
acceptance: prepare-gitops
$(PARTS): $(TOOLS)/ready
	@$(NOX) --sessions $@ -- $(ARGS)

prepare: $(PREPARED)
$(PREPARED): prepare-%: $(TOOLS)/ready
	@$(NOX) --sessions prepare -- $*

$(TOOLS)/ready: tests/tools.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its venv module is needed (Debian: python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

release: $(TOOLS)/ready ## make a release (VERSION=1.0.0): version and changelog here, tarball and notes in build/release
	@$(NOX) --sessions $@ -- $(VERSION)

benchmark: prepare-api-server ## whole runs on one cluster beside kubernetes.core.k8s, kubectl, an empty play and ping (an hour)
	@$(NOX) --sessions "benchmark(one)" -- $(ARGS)

benchmark-fleet: prepare-api-server ## the same for 50 inventory hosts
	@$(NOX) --sessions "benchmark(fleet)" -- $(ARGS)

# Not the loop and the module, which take minutes there and show nothing new.
benchmark-far: FAR := --ways 'play|ping|environment|one task|kubectl'
benchmark-far: prepare-api-server ## both for clusters that are a round trip of 50 ms away (an hour)
	@$(NOX) --sessions "benchmark(one)" -- --round-trip 50 --sizes 10 100 $(FAR) $(ARGS)
	@$(NOX) --sessions "benchmark(fleet)" -- --round-trip 50 $(FAR) $(ARGS)

clean: ## remove what was made in this checkout, but not the caches in ~/.cache
	rm -rf build .nox tests/output
