# What can be made. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
MICRODC := $(SUDO) $(BIN)/microdc
# Done by the user, so that root, who runs it, owns no directory of the tree.
COMPILE := $(BIN)/python -m compileall -q microdc

# A Python that is new enough; `make PYTHON=/path/to/python3 ...` names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do \
	"$$python" -c "$(NEW_ENOUGH)" 2>/dev/null && echo "$$python" && break; done)

# Tests run as root and leave no file of root's in the tree. In CI one that fails is run once more (tests/unstable.py).
PYTEST := $(SUDO) env PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY=/tmp/microdc-hypothesis \
	$(if $(CI),CI=$(CI)) $(BIN)/python -m pytest -p no:cacheprovider $(if $(CI),--reruns 1) $(PYTEST_OPTIONS)

# The kernel's tests keep one processor busy in their guest, whose time is its own; the rack's mostly wait for firmware, and what breaks in the
# lab for time-outs. What is measured in real time has the machine for itself: it is marked so. Directories
# are named one by one: what their conftest.py say of who works beside whom is read too late where `tests` is named.
SIDE_BY_SIDE := -n 3 --dist loadscope

SCHEMAS := $(wildcard inventory/.schema/*.json netem_profiles/.schema/*.json)

.PHONY: help
help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: lab
lab: system $(VENV)/.lab  ## Bring up the virtual testbed, emulate its WAN, measure it, and leave it running
	$(MICRODC) lab up --rack
	$(MICRODC) apply
	@echo "$(MICRODC) wan verify --quick"; \
	status=0; $(MICRODC) wan verify --quick || status=$$?; \
	echo; \
	case $$status in \
		0) echo "The testbed is running, and its WAN is what the inventory asks for. Try:" ;; \
		6) echo "The testbed is running. Not all of its WAN could be measured in this short time. Try:" ;; \
		*) echo "The testbed is running, but its WAN is not what the inventory asks for. Look closer:"; \
		   echo "  $(MICRODC) wan verify -v" ;; \
	esac; \
	echo "  $(MICRODC) lab status"; \
	echo "  $(MICRODC) wan show"; \
	echo "  $(MICRODC) profile list"; \
	echo "  $(MICRODC) apply-profile lte --pair barcelona:paris --for 10m"; \
	echo "  $(MICRODC) wan verify --pair barcelona:paris"; \
	echo "  $(MICRODC) power status"; \
	echo "  $(MICRODC) power on bcn-c1 && $(MICRODC) lab console bcn-c1"; \
	$(if $(SUDO),,echo "After '. $(BIN)/activate' plain 'microdc' does.";) \
	echo "'make lab-down' ends the testbed."; \
	case $$status in 0|6) exit 0 ;; *) exit $$status ;; esac

.PHONY: lab-down
lab-down: $(VENV)/.lab  ## End the virtual testbed; nothing of it is left
	$(MICRODC) lab down

.PHONY: test
test: system $(VENV)/.dev  ## Run the tests that a newcomer should run
	$(PYTEST) -m "not long" -n 2 tests/unit
	$(PYTEST) -m "not long and not alone" $(SIDE_BY_SIDE) tests/kernel tests/rack tests/lab
	$(PYTEST) -m "not long and alone" tests/lab

.PHONY: test-full
test-full: system $(VENV)/.dev  ## Run the long tests
	$(PYTEST) -m "long and not alone and not extra" $(SIDE_BY_SIDE) tests/kernel tests/rack tests/lab tests/unit/test_deploy_running.py
	$(PYTEST) -m "long and alone" tests/kernel tests/rack tests/lab

.PHONY: test-extra
test-extra: system $(VENV)/.dev  ## Run what the long tests have no room for: before a release
	$(PYTEST) -m extra $(SIDE_BY_SIDE) tests/kernel tests/rack tests/lab tests/unit/test_deploy_running.py

.PHONY: check
check: $(VENV)/.dev  ## Check style, types and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@for file in $(SCHEMAS); do \
		$(BIN)/microdc schema "$$(basename "$$file" .json)" | cmp -s - "$$file" \
		|| { echo "$$file is not what the code says: make schemas" >&2; exit 1; }; \
	done

.PHONY: schemas
schemas: $(VENV)/.dev  ## Write the JSON Schemas that editors read beside the documents
	@for file in $(SCHEMAS); do $(BIN)/microdc schema "$$(basename "$$file" .json)" >"$$file"; done

.PHONY: format
format: $(VENV)/.dev  ## Put the code into its form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: bench
bench: $(VENV)/.dev  ## Measure microdc itself; minutes, on a machine with nothing else to do
	@for bench in benchmarks/bench_*.py; do \
		echo "$$bench"; $(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/python "$$bench"; \
	done

.PHONY: build
build: $(VENV)/.dev  ## Build the wheel and the source distribution into dist/
	$(BIN)/python -m build --no-isolation

.PHONY: clean
clean:  ## Remove what was built here, the virtual environment included
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What only the tests need is not asked of who wants a lab.
test test-full: REQUIRED := --tests
test-extra: REQUIRED := --extra

# Packages of which only the programs are wanted, and the services that they bring: those are neither started nor enabled.
SERVICES := prometheus:prometheus snmpd:snmpd lldpd:lldpd openssh-server:ssh openipmi:openipmi frr:frr postgresql:postgresql

# The programs of the system: installed by apt where there is apt, named where there is not.
.PHONY: system
system: python
	@missing="$$($(PYTHON) microdc/requirements.py --missing-packages $(REQUIRED) | xargs)"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
		echo "These programs are missing; install them with your system's package manager:" >&2; \
		$(PYTHON) microdc/requirements.py --missing $(REQUIRED) | sed 's/^/  /' >&2; \
		exit 1; \
	fi; \
	echo "Installing what is missing of the system: $$missing"; \
	$(SUDO) apt-get update -q; \
	policy=/usr/sbin/policy-rc.d; \
	if [ ! -e $$policy ]; then \
		printf '#!/bin/sh\nexit 101\n' | $(SUDO) install -m 755 /dev/stdin $$policy; \
		trap "$(SUDO) rm -f $$policy" EXIT; \
	fi; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; \
	for service in $(SERVICES); do \
		case " $$missing " in *" $${service%:*} "*) \
			$(SUDO) systemctl disable --quiet "$${service#*:}" 2>/dev/null || true ;; \
		esac; \
	done

.PHONY: python
python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "microdc needs Python 3.11 or newer; make found: $$(python3 --version 2>&1 || true)." >&2; \
		echo "Name one that is new enough: make PYTHON=/path/to/python3 ..." >&2; \
		exit 1; \
	fi

# The virtual environment, made again when the dependencies change. .lab: to run microdc; .dev: to work on it.
$(BIN)/python: | system
	@echo "Making the virtual environment $(VENV) with $$($(PYTHON) --version)"
	$(PYTHON) -m venv $(VENV)

$(VENV)/.lab: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing microdc and its libraries into $(VENV)"
	$(PIP) install -q -c constraints.txt -e .
	@$(COMPILE)
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing microdc, its libraries and the tools of its developers into $(VENV)"
	$(PIP) install -q -c constraints.txt -e '.[dev]'
	@$(COMPILE)
	@touch $@ $(VENV)/.lab
