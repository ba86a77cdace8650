"""papermill's engines of the course: in real kernels, and in forked processes."""

from __future__ import annotations

from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.log import logger

from cognito_lab.course.notebooks.shell import Forked

KERNELS, FORKS = "cognito-lab-kernels", "cognito-lab-forks"  # names for `engine_name`


class PapermillForkedClient(Forked, PapermillNotebookClient):
    """papermill's client, with its times and states of cells, whose kernel is a forked process."""


class SavingOnce(NBClientEngine):
    """papermill's engine without a save before and after every cell, which takes a fifth of a lesson's time.

    When the notebook has ended, well or not, papermill saves it.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, *args: Any, **kwargs: Any) -> None:
        nb_man.save = lambda **_: None
        try:
            cls.execute_cells(nb_man, *args, **kwargs)
        finally:
            del nb_man.save

    @classmethod
    def execute_cells(cls, nb_man: NotebookExecutionManager, *args: Any, **kwargs: Any) -> None:
        """Execute the notebook; the client's options are those of `papermill.execute_notebook`."""
        super().execute_managed_notebook(nb_man, *args, **kwargs)


class ForkingEngine(SavingOnce):
    """The same in a process forked from this one, which must be one that runs nothing else."""

    @classmethod
    def execute_cells(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, execution_timeout: int, **kwargs: Any
    ) -> None:
        PapermillForkedClient(
            nb_man, kernel_name=kernel_name, timeout=execution_timeout, log=logger
        ).execute()


papermill_engines.register(KERNELS, SavingOnce)
papermill_engines.register(FORKS, ForkingEngine)
