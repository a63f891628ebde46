# What people do here, a line each. `make lab LAB_ARGS="--no-browser --port 8889"`; `make test TEST_ARGS="-k episodes"`.
PYTHON ?= python3
RUN = $(PYTHON) -I metalib/_bootstrap.py

.PHONY: lab test notebooks doctor format lines test-oldest
lab:       ; @$(RUN) -m metalib lab $(LAB_ARGS)
test:      ; @OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadfile $(TEST_ARGS)
test-oldest: ; @OMP_NUM_THREADS=1 $(RUN) tests/oldest_versions.py
notebooks: ; @$(RUN) tests/notebooks/execute.py $(NOTEBOOKS)
doctor:    ; @$(RUN) -m metalib doctor
format:    ; @$(RUN) -m ruff check --fix . && $(RUN) -m ruff format .
lines:     ; @wc -l $(filter-out metalib/cli.py metalib/files.py metalib/inputs.py metalib/vetting.py,$(wildcard metalib/[a-z]*.py))
