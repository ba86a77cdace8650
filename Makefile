# The course's commands. `make` alone prints them.
#
#   make lab FRESH=09 PORT=8890 OPEN=no    start lesson 09 again (the old file stays beside it), a port, no browser
#   make lab FRESH=all OUTPUTS=yes         all lessons again, with what their cells said when they were stored
#   make lab FORGET=yes                    forget which exercises and questions are done
#   make lab SOLUTIONS=yes                 copies in which every exercise is solved; yours stay as they are
#   make demo CALLS=yes                    print the calls that make the demo as well
#   make run NOTEBOOK=09 PARAMS="-p region eu-west-1"
#   make run WITH="boto3==… moto==…"       or WITH=latest: in an environment of its own
#   make run KERNELS=yes                   in real kernels, at several times the price; macOS always does
#   make matrix MATRIX="boto3==1.44.5,latest python==3.11,3.13" REGIONS="us-east-1 eu-west-1" NOTEBOOK=09
#   make matrix MATRIX=… SCHEDULER=tcp://host:8786   on a cluster of Dask
#   make test ARGS="tests/test_x.py"       pytest's own arguments
#   make setup PYTHON=python3.12 INSTALLER=pip
#   make progress FILES="ben.json class/"   progress files, or folders that contain them; else those of make room
#   make wheels PLATFORM=macos-arm64       for another kind of machine than this one
#   make wheels ROOM=yes                   also those of make room
#   make lab WHEELS=folder                 set up from that folder, without a network; so does make room
#   make room PEOPLE=class.csv BIND=192.168.1.20 CERT=file KEY=file      or PLAIN=yes; PORT=, MEMORY= (MiB)

SUPPORTED = python3 python3.13 python3.12 python3.11 python
# The first Python of the machine that can run the course; setup says what is wrong if there is none. The shell
# looks for it, and only where there is something to set up.
PYTHON = $$(for name in $(SUPPORTED); do \
  "$$name" -E -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
  && { echo "$$name"; exit; }; done; echo python3)
INSTALLER = auto
# Set here, so that a PORT or ARGS that happens to be in the environment means nothing; the command line still does.
FRESH =
FORGET =
OUTPUTS =
SOLUTIONS =
CALLS =
PORT =
OPEN =
NOTEBOOK =
PARAMS =
WITH =
KERNELS =
MATRIX =
REGIONS =
SCHEDULER =
PLATFORM =
ROOM =
FILES = room/people
WHEELS =
PEOPLE =
BIND =
CERT =
KEY =
PLAIN =
MEMORY =
ARGS =

VENV = .venv/bin/python
LAB = $(VENV) -m cognito_lab
# $(call set_up,LOCK): .venv from this lock. Where it is so already, its own Python says so at once.
set_up = $(if $(filter file,$(origin PYTHON)),$(VENV) -I -S cognito_lab/course/setup/marker.py $(1) 2>/dev/null ||) \
  "$(PYTHON)" -E -s cognito_lab/course/setup/bootstrap.py --lock $(1) --installer $(INSTALLER) $(if $(WHEELS),--wheels "$(WHEELS)") \
  $(if $(filter file,$(origin PYTHON)),,--matching)

# A shell's own Python and pytest settings must not reach the course. One of them, PYTHONDONTWRITEBYTECODE, would
# have each kernel compile again all that it imports, which takes longer than a lesson.
unexport $(filter PYTHON% PYTEST%,$(.VARIABLES))
export PYTHONNOUSERSITE = 1

.DEFAULT_GOAL := help
.PHONY: help lab demo room progress setup tools test clients fuzz run matrix outputs check bench pictures wheels lock clean here

help: ## print these lines
	@awk -F ' ## ' '/^[a-z]+:.* ## / { split($$1, name, ":"); printf "  make %-10s%s\n", name[1], $$2 }' Makefile

lab: setup ## open the course in JupyterLab (your own copy, in my_course/)
	@$(LAB) lab $(if $(filter yes,$(SOLUTIONS)),--solutions) $(if $(FRESH),--fresh "$(FRESH)") $(if $(filter yes,$(OUTPUTS)),--outputs) $(if $(filter yes,$(FORGET)),--forget) $(if $(PORT),--port "$(PORT)") $(if $(filter no,$(OPEN)),--no-browser)

demo: setup ## the demo of lesson 14 for your own browser, until Ctrl-C
	@$(LAB) serve --scene site_in_browser $(if $(filter yes,$(CALLS)),--calls) $(if $(PORT),--port "$(PORT)")

progress: setup ## how far the people of a class are, and where they are stuck, also in build/progress.html (FILES=)
	@$(LAB) progress $(FILES)

room: setup ## one machine for everybody: JupyterHub, for the people of a class list (PEOPLE=class.csv)
	@$(LAB) room $(if $(PEOPLE),--people "$(PEOPLE)") $(if $(BIND),--bind "$(BIND)") $(if $(PORT),--port "$(PORT)") $(if $(CERT),--cert "$(CERT)") $(if $(KEY),--key "$(KEY)") $(if $(filter yes,$(PLAIN)),--plain) $(if $(MEMORY),--memory "$(MEMORY)") $(if $(WHEELS),--wheels "$(WHEELS)") $(if $(filter file,$(origin PYTHON)),,--python "$(PYTHON)")

setup: here ## make .venv with what the lessons need, where it is not there
	@$(call set_up,requirements-learner.lock)

tools: here ## add to .venv what the commands below need, as each of them does
	@$(call set_up,requirements.lock)

# More workers than cores: browsers, servers, kernels and downloads are waited for about a third of the time.
test: tools ## all tests: the package, and every notebook compared with its stored outputs
	$(VENV) -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

clients: tools ## SDKs and other programs, unmodified, against a served account (fetched the first time)
	COGNITO_LAB_CLIENTS=yes $(VENV) -m pytest tests/clients tests/room tests/fleet/test_two_hosts.py tests/browser/test_demo_with_the_sdk.py tests/browser/test_room_in_browser.py $(ARGS)

fuzz: tools ## 100,000 malformed requests, made from AWS's models: each must get AWS's answer
	$(VENV) -m pytest -q -n 2 --requests 100000 tests/aws/test_malformed_requests.py $(ARGS)
	@echo "No 5xx, no traceback, no code that AWS does not declare, no header field above 8,000 octets."

run: tools ## execute the whole course into build/, with a report (NOTEBOOK=, PARAMS=, WITH=, KERNELS=)
	@$(LAB) run $(if $(NOTEBOOK),--notebook "$(NOTEBOOK)") $(PARAMS) $(if $(WITH),--with "$(WITH)") $(if $(filter yes,$(KERNELS)),--kernels)

matrix: tools ## the course over versions and Regions, and since when a sentence is broken (MATRIX=, REGIONS=)
	@$(LAB) matrix --versions "$(MATRIX)" --regions "$(REGIONS)" $(if $(NOTEBOOK),--notebook "$(NOTEBOOK)") $(if $(SCHEDULER),--scheduler "$(SCHEDULER)") $(ARGS)

outputs: tools ## execute the notebooks and store their outputs in them
	@$(LAB) outputs $(if $(NOTEBOOK),--notebook "$(NOTEBOOK)") $(ARGS)

check: tools ## ruff on code and notebooks, formatting, types
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy

bench: tools ## measure the lab against plain moto, and large pools against small ones
	@$(VENV) tests/bench/bench.py $(ARGS)

pictures: tools ## the pictures of the lessons as files with their alt texts, in build/pictures/ (NOTEBOOK=)
	@$(LAB) pictures $(if $(NOTEBOOK),--notebook "$(NOTEBOOK)")

wheels: setup ## fetch the files of a set-up without a network into build/wheels/ (PLATFORM=, ROOM=)
	@$(LAB) wheels $(if $(filter yes,$(ROOM)),--room) $(if $(PLATFORM),--platform "$(PLATFORM)")

lock: tools ## the locks and environment.yml from pyproject.toml (ARGS="--upgrade moto")
	@$(LAB) lock $(ARGS)

clean: here ## remove .venv, build/ and caches; my_course/ and room/ stay
	rm -rf .venv .venv.previous .venv-room .venv-room.previous build dist .pytest_cache .mypy_cache .ruff_cache
	find cognito_lab tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +

here:
	@test -f cognito_lab/course/setup/bootstrap.py && test -d notebooks && test -d data || { \
	  echo "This is not the folder of the course (no cognito_lab, notebooks or data here): cd to it, then run make."; exit 1; } >&2
