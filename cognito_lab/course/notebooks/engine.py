"""papermill's engines of the course: in real kernels, and in forked processes."""

from __future__ import annotations

from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines
from papermill.iorw import write_ipynb
from papermill.log import logger

from cognito_lab.course.notebooks.shell import Forked

KERNELS, FORKS = "cognito-lab-kernels", "cognito-lab-forks"  # names for `engine_name`


class PapermillForkedClient(Forked, PapermillNotebookClient):
    """papermill's client, with its times and states of cells, whose kernel is a forked process."""


class Kernels(NBClientEngine):
    """papermill's engine, to be used with `request_save_on_cell_execute=False`.

    papermill then saves at the end, after an error in a cell as well; where a kernel has died or a cell took
    too long, this one does. Saving before and after every cell takes a fifth of a lesson's time.
    """

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, *args: Any, **kwargs: Any) -> None:
        try:
            cls.execute_cells(nb_man, *args, **kwargs)
        except Exception:
            write_ipynb(nb_man.nb, nb_man.nb.metadata.papermill.output_path)
            raise

    @classmethod
    def execute_cells(cls, nb_man: NotebookExecutionManager, *args: Any, **kwargs: Any) -> None:
        """Execute the notebook; the client's options are those of `papermill.execute_notebook`."""
        super().execute_managed_notebook(nb_man, *args, **kwargs)


class Forks(Kernels):
    """The same in a process forked from this one, which must be one that runs nothing else."""

    @classmethod
    def execute_cells(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, execution_timeout: int, **kwargs: Any
    ) -> None:
        PapermillForkedClient(
            nb_man, kernel_name=kernel_name, timeout=execution_timeout, log=logger
        ).execute()


papermill_engines.register(KERNELS, Kernels)
papermill_engines.register(FORKS, Forks)
