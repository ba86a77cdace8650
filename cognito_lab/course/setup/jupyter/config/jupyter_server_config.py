"""JupyterLab for the course: this machine only, one kernel, nothing fetched from the network."""

c = get_config()  # noqa: F821  (Jupyter puts it there)

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_remote_access = False
c.ServerApp.allow_root = True  # containers and WSL often have nobody else; the address stays this machine's
c.ServerApp.answer_yes = True  # Ctrl-C ends it, without a question that `make` would stand in front of
c.ServerApp.port_retries = 0  # `make lab` has chosen a free port and said which
c.KernelSpecManager.allowed_kernelspecs = {"python3"}  # the one of this virtual environment

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

c.Application.log_level = "WARN"
