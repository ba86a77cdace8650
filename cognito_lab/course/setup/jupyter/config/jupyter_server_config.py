"""JupyterLab for the course: this machine only, one kernel, nothing fetched from the network."""

import os
import re
import socket

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

c = get_config()  # noqa: F821  (Jupyter puts it there)

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_remote_access = False
c.ServerApp.allow_root = True  # containers and WSL often have nobody else; the address stays this machine's
c.ServerApp.answer_yes = True  # Ctrl-C ends it, without a question that `make` would stand in front of
c.ServerApp.port_retries = 0  # `make lab` has bound the port and said which
# In a codespace the browser's page is at an address of GitHub's, which hands its requests on to this machine.
if codespace := os.environ.get("CODESPACE_NAME"):
    domain = os.environ.get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev")
    c.ServerApp.allow_origin_pat = rf"https://{re.escape(codespace)}-\d+\.{re.escape(domain)}$"
    c.ServerApp.allow_remote_access = True
c.KernelSpecManager.allowed_kernelspecs = {"python3"}  # the one of this virtual environment

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

c.Application.log_level = "WARN"

VIEW, STATE = (f"application/vnd.jupyter.widget-{what}+json" for what in ("view", "state"))


class Contents(AsyncLargeFileManager):
    """A notebook is opened with the widgets that its kernel still answers, and the plain twins of all others.

    JupyterLab alone would show a widget of an earlier kernel with buttons that do nothing, or, once another
    kernel's widgets were saved, an error in its place.
    """

    async def get(self, path, content=True, **more):
        model = await super().get(path, content, **more)
        if content and model["type"] == "notebook":
            running = await self.parent.session_manager.list_sessions()
            notebook, widgets = model["content"], {}
            if any(session["path"] == model["path"] for session in running):
                widgets = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
            for cell in notebook["cells"]:
                for shown in (output.get("data", {}) for output in cell.get("outputs", ())):
                    if shown.get(VIEW, {}).get("model_id") not in widgets:
                        shown.pop(VIEW, None)
        return model


c.ServerApp.contents_manager_class = Contents

# `make lab` listens on the port already, so that no other program takes it while JupyterLab starts.
if bound := os.environ.pop("COGNITO_LAB_SOCKET", ""):
    import jupyter_server.serverapp
    import tornado.tcpserver

    os.set_inheritable(int(bound), False)

    def bind_sockets(*_, **__):
        """What tornado's function of this name answers; it is closed by whoever only tries the port."""
        listening = socket.socket(fileno=os.dup(int(bound)))
        listening.setblocking(False)
        return [listening]

    jupyter_server.serverapp.bind_sockets = tornado.tcpserver.bind_sockets = bind_sockets
