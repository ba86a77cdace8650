"""The images for more than one machine and for Binder, as far as they can be tried on this one."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import websocket
import yaml
from room_support import comes_in, python_for_everybody
from support import images
from support.rooms import Kernel, Room, free_ports

from cognito_lab.course.setup.bootstrap import NEWEST
from cognito_lab.paths import DATA, ROOT
from cognito_lab.room import command

ROOM, BINDER = DATA / "room" / "kubernetes" / "Dockerfile", ROOT / "binder" / "Dockerfile"
VALUES = yaml.safe_load(ROOM.with_name("values.yaml").read_text())
HUB, PERSON = VALUES["hub"], VALUES["singleuser"]

dear = pytest.mark.skipif(
    not os.environ.get("COGNITO_LAB_CLIENTS"), reason="an image takes 600 MB and a minute: make clients"
)
# Whether every setting is one of its class. Run where both JupyterHub and KubeSpawner are.
SETTINGS = """
import json, sys
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from kubespawner import KubeSpawner
from cognito_lab.room.hub import UserPoolAuthenticator
classes = {each.__name__: each for each in (JupyterHub, Authenticator, KubeSpawner, UserPoolAuthenticator)}
for name, settings in json.loads(sys.argv[1]).items():
    print(*sorted(set(settings) - set(classes[name].class_traits(config=True))))
"""


@pytest.mark.parametrize("dockerfile", [ROOM, BINDER], ids=["room", "binder"])
def test_an_image_has_what_it_names(dockerfile: Path) -> None:
    (base,) = (rest for word, rest in images.steps(dockerfile) if word == "FROM")
    assert base.startswith(f"python:{NEWEST[0]}.{NEWEST[1]}-")
    inside = images.copied(dockerfile)
    (lock,) = (name for name in inside if name.endswith(".lock"))
    assert any(f"--lock {lock} " in rest for word, rest in images.steps(dockerfile) if word == "RUN")
    project = ["pyproject.toml", "README.md", "LICENSE"]  # what the build backend reads
    assert {*project, "cognito_lab", "data", "notebooks"} <= set(inside)
    assert all((ROOT / source).exists() for source in inside)
    text = dockerfile.read_text()
    assert all((ROOT / path).is_file() for path in re.findall(r"cognito_lab/[\w/]+\.py", text))
    modules = re.findall(r"cognito_lab(?:\.\w+)+", text if dockerfile == BINDER else PERSON["cmd"][2])
    assert modules and all(importlib.util.find_spec(name) for name in modules)


def test_the_values_name_what_is_in_the_image() -> None:
    (templates,) = HUB["templatePaths"]
    assert (ROOT / Path(templates).relative_to(images.PLACE) / "login.html").is_file()
    assert HUB["image"] == PERSON["image"]
    assert (
        HUB["extraFiles"]["class_list"]["mountPath"] == HUB["config"]["UserPoolAuthenticator"]["class_list"]
    )
    users = [rest for word, rest in images.steps(ROOM) if word == "USER"]
    made = next(rest for word, rest in images.steps(ROOM) if rest.startswith("useradd"))
    assert users == ["1000"] and "--uid 1000" in made
    assert PERSON["storage"]["homeMountPath"] == f"/home/{made.split(' && ')[0].split()[-1]}"
    assert PERSON["networkPolicy"]["egressAllowRules"] == {"nonPrivateIPs": False}


@dear
def test_a_hub_with_the_settings_of_the_pod(tmp_path: Path) -> None:
    folder = tmp_path / "course"
    environment = images.built(ROOM, folder)
    asked = ["python", "-c", SETTINGS, json.dumps(HUB["config"])]
    assert not subprocess.check_output(asked, env=environment, text=True).split()

    here = {
        images.PLACE: str(folder),
        "/usr/local/etc/cognito-lab": str(tmp_path),
        "/srv/jupyterhub": str(tmp_path),
    }
    text = json.dumps({"hub": HUB, "singleuser": PERSON})
    for there, path in here.items():
        text = text.replace(there, path)
    values = json.loads(text)
    port = int(free_ports())
    programs = command.set_up(ROOT, (python_for_everybody() or [None])[-1])
    spawner = values["hub"]["config"].pop("KubeSpawner")
    settings = values["hub"]["config"]
    settings["ConfigurableHTTPProxy"] = {
        "api_url": f"http://127.0.0.1:{port + 2}",
        "command": command.proxy_command(*programs),  # on Kubernetes it is in a pod of its own
    }
    settings["JupyterHub"] |= {
        "bind_url": f"http://127.0.0.1:{port}",
        "hub_bind_url": f"http://127.0.0.1:{port + 1}",
        "spawner_class": "simple",
        "template_paths": values["hub"]["templatePaths"],
    }
    settings["SimpleLocalProcessSpawner"] = spawner | {
        "cmd": values["singleuser"]["cmd"],
        "default_url": values["singleuser"]["defaultUrl"],
        "home_dir_template": f"{tmp_path}/people/{{username}}",
    }
    config = tmp_path / "jupyterhub_config.py"
    config.write_text(f"for name, settings in {settings!r}.items():\n    c[name].update(settings)\n")
    (tmp_path / "class.csv").write_text("username,disabled\nada,\ncleo,yes\n")
    words = [str(folder / ".venv/bin/jupyterhub"), "--config", str(config)]
    with Room.run(words, tmp_path, f"http://127.0.0.1:{port}", cwd=tmp_path, env=environment) as room:
        assert "disabled" in room.somebody().signs_in("cleo", room.temporary_password("cleo"))
        ada = comes_in(room, "ada")
        assert "START.md" in {each["name"] for each in ada.api("GET", "contents")["content"]}
        kernel = ada.kernel()
        assert kernel.runs("import cognito_lab; print(cognito_lab.__file__)").startswith(str(folder))
        assert kernel.runs("from cognito_lab import Lab; print(Lab.start())") != ""
        assert kernel.runs("eaten = [bytearray(2**20) for _ in range(1100)]") == "MemoryError"


# What BinderHub runs in an image, as its helm-chart/binderhub/values.yaml and binderspawner_mixin.py say.
LAUNCH = "import jupyterlab, os, sys; os.execvp('jupyter-lab', sys.argv)"
HOST, BASE, TOKEN = "hub.example.org", "/user/visitor-x/", "s3cret"


@dear
def test_a_visit_on_binder(tmp_path: Path) -> None:
    folder, home = tmp_path / "course", tmp_path / "home"
    environment = images.built(BINDER, folder)
    home.mkdir()
    port, here = free_ports(), "127.0.0.2"  # no address that the course's configuration names
    options = [f"--ip={here}", f"--port={port}"]
    for name in ("NotebookApp", "ServerApp"):
        options += [f"--{name}.base_url={BASE}", f"--{name}.token={TOKEN}", f"--{name}.trust_xheaders=True"]
    words = [*images.last(BINDER, "ENTRYPOINT"), "python3", "-c", LAUNCH, *options]
    url = f"http://{here}:{port}{BASE}"
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(words, cwd=home, env=environment, stdout=log, stderr=log)
    token = {"Authorization": f"token {TOKEN}", "Host": HOST}
    try:
        with httpx.Client(base_url=url, timeout=60) as web:
            until = time.monotonic() + 60
            while True:
                try:
                    first = web.get("", headers=token)
                    break
                except httpx.TransportError:
                    assert server.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
                    time.sleep(0.3)
            assert first.headers["Location"].startswith(f"{BASE}lab/tree/START.md")
            assert web.get("api/contents", headers={"Host": HOST}).status_code == 403
            files = {each["name"]: each for each in web.get("api/contents", headers=token).json()["content"]}
            assert "START.md" in files and "00_start_here.ipynb" in files
            made = web.post("api/kernels", headers=token, json={"name": "python3"}).json()["id"]
        channels = url.replace("http", "ws", 1) + f"api/kernels/{made}/channels"
        kernel = Kernel(
            websocket.create_connection(
                channels,
                header=[f"Authorization: token {TOKEN}"],
                host=HOST,
                origin=f"https://{HOST}",
                timeout=60,
            )
        )
        asked = "import boto3; from cognito_lab import Lab; Lab.start(); "
        assert (
            kernel.runs(asked + "print(boto3.client('sts').get_caller_identity()['Account'])")
            == "123456789012"
        )
        noted = "from cognito_lab.practice import progress; print(progress.note('exercise', '00.1'))"
        assert kernel.runs(noted) == str(home / "my_course")
    finally:
        server.terminate()
        server.wait(60)
