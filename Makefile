# make STAGE runs a stage; make lists them. ARGS reaches the stage: make golden ARGS=--why
PYTHON ?= python3
TOOLS := .noxline/tools

.DEFAULT_GOAL := list
MAKEFLAGS += --no-builtin-rules --no-print-directory

list: $(TOOLS)/ready
	@$(TOOLS)/bin/python -m nox --list

%: $(TOOLS)/ready FORCE
	@$(TOOLS)/bin/python -m nox -s $@ -- $(ARGS)

# The pinned uv and nox, in the project's own folder.
$(TOOLS)/ready: locks/tools.txt
	@$(PYTHON) scripts/tools.py

.PHONY: list FORCE
FORCE:
Makefile locks/tools.txt: ;
