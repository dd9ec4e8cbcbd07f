# Sideline. Every target works on a bare machine: it installs what it needs into this folder first.
PYTHON ?= python3
BOOTSTRAP = @$(PYTHON) tools/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help run lab test check format types promises bench mutate wheel lock clean

help:  ## show this
	@echo "make run               start Sideline with its demo; Ctrl-C stops it (settings: docs/reference/settings.md)"
	@echo "SIDELINE_VOICE=asterisk make run   the demo on a real Asterisk of its own, with bots at SIP telephones"
	@echo "make lab               a real Asterisk with telephones that talk, to try Sideline on; Ctrl-C ends it"
	@echo "make test              run every test;  make test T=\"tests/rules -k hold\"  runs some"
	@echo "make check             lint, format, types, import directions, house rules, the web app's types and lint"
	@echo "make format            let ruff write the format"
	@echo "make types             write web/openapi.json and the web app's API types from the server"
	@echo "make promises          show every promise with the tests that prove it"
	@echo "make bench             run the benches, results into bench/results/;  B=fanout  runs one"
	@echo "make mutate            see whether the tests of src/sideline/rules notice mutations"
	@echo "make wheel             build the wheel, with the web app in it, into dist/"
	@echo "make lock              lock the Python requirements anew"
	@echo "make clean             remove what was installed and built here; your data in var/ stay"

run:
	$(BOOTSTRAP) run

lab:
	$(BOOTSTRAP) lab

test:
	$(BOOTSTRAP) test $(T)

check:
	$(BOOTSTRAP) check

format:
	$(BOOTSTRAP) format

types:
	$(BOOTSTRAP) types

promises:
	$(BOOTSTRAP) promises

bench:
	$(BOOTSTRAP) bench $(B)

mutate:
	$(BOOTSTRAP) mutate $(M)

wheel:
	$(BOOTSTRAP) wheel

lock:
	$(BOOTSTRAP) lock

clean:
	rm -rf .venv web/node_modules src/sideline/web_dist dist build .pytest_cache .ruff_cache .hypothesis mutants
	if [ -d .lab ]; then rm -rf --one-file-system .lab; fi
	find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} +
