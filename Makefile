# make STAGE runs a stage; make lists them. ARGS reaches the stage: make golden ARGS=--why
PYTHON ?= python3
TOOLS := .noxline/tools
NOX := $(TOOLS)/bin/nox
ENOUGH := import sys; sys.exit((3, 11) > sys.version_info[:2] and \
  "noxline needs Python 3.11 to 3.13, and $(PYTHON) is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])

.DEFAULT_GOAL := list
MAKEFLAGS += --no-builtin-rules --no-print-directory

list: $(TOOLS)/ready
	@$(NOX) --list

%: $(TOOLS)/ready FORCE
	@$(NOX) -s $@ -- $(ARGS)

# The pinned uv and nox, in the project's own folder; `ready` comes last, so a cut-off start is begun anew.
$(TOOLS)/ready: locks/tools.txt
	@$(PYTHON) -c '$(ENOUGH)'
	@echo "bringing uv and nox into $(TOOLS)"
	@$(PYTHON) -m venv --clear $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --require-hashes -r locks/tools.txt
	@touch $@

.PHONY: list FORCE
FORCE:
Makefile locks/tools.txt: ;
