"""Hosts that share nothing but a network: a network, a file system, a name and processes of their own.

They are namespaces of this machine's kernel, joined by one cable (veth(4)). Each has a copy of the course at
a path of its own, a home, and an empty /tmp; it sees neither this repository nor another host's files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from cognito_lab.paths import ROOT

NAMESPACES = ["--net", "--mount", "--uts", "--pid", "--mount-proc", "--fork", "--kill-child"]


def why_not() -> str:
    """Why this machine cannot play hosts; empty where it can."""
    lacking = [name for name in ("ip", "unshare", "nsenter", "git", "openssl") if not shutil.which(name)]
    if os.geteuid():
        return "two hosts take namespaces, and those take root"
    if lacking:
        return f"two hosts take {', '.join(lacking)}, which this machine lacks"
    if subprocess.run(["unshare", *NAMESPACES, "true"], capture_output=True).returncode:
        return "this kernel does not allow namespaces of one's own"
    return ""


class Host:
    """One host, from its start until `close()`.

    Args:
        name: its name on the network.
        course: place of its copy of the course, below its own folder `/mnt/name`.
        pythons: folders in which its interpreters are.
    """

    def __init__(self, name: str, folder: Path, address: str, course: str, pythons: str) -> None:
        self.name, self.address, own = name, address, folder / name
        self.outside, self.course = own / course, f"/mnt/{name}/{course}"
        (own / "home").mkdir(parents=True)
        self._copy_course()
        hidden = dict.fromkeys(["/mnt", "/tmp", "/" + ROOT.parts[1], tempfile.gettempdir()])
        # What it sees of its own is mounted first from where it is, then everything else of that is hidden.
        steps = [f"hostname {name}", f"mkdir -p /run/{name}", f"mount -t tmpfs none /run/{name}"]
        steps += [f"mount --bind '{own}' /run/{name}", *(f"mount -t tmpfs none {path}" for path in hidden)]
        steps += [f"mkdir /mnt/{name}", f"mount --move /run/{name} /mnt/{name}"]
        steps += ["ip link set lo up", "echo up", "exec sleep infinity"]
        self.process = subprocess.Popen(
            ["unshare", *NAMESPACES, "sh", "-ec", "; ".join(steps)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout and self.process.stdout.readline() == "up\n"
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.pid = int(children.read_text().split()[0])
        self.network = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)  # the cable outlives its hosts
        self.environment = {
            "HOME": f"/mnt/{name}/home",
            "PATH": f"{pythons}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
        }
        if (packages := Path.home() / ".cache" / "uv").is_dir():  # in place of an index
            self.environment |= {"UV_CACHE_DIR": str(packages), "UV_LINK_MODE": "symlink"}

    def _copy_course(self) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self.outside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.outside / name)

    def command(self, *words: str, online: bool = False) -> list[str]:
        """A command on this host; `online`: in this machine's network, where the index of packages is."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-u", "-p", *([] if online else ["-n"])]
        own = [f"{name}={value}" for name, value in self.environment.items()]
        return [*enter, f"--wdns={self.course}", "env", "-i", *own, *words]

    def run(self, *words: str, online: bool = False, **options: Any) -> subprocess.CompletedProcess[str]:
        """Carry a command out."""
        command = self.command(*words, online=online)
        return subprocess.run(command, capture_output=True, text=True, **options)

    def end(self) -> None:
        """As when somebody pulls the plug."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """The host and its end of the cable are no more."""
        self.end()
        os.close(self.network)


def joined(one: Host, other: Host) -> None:
    """Lay a cable between two hosts."""
    ends = ["eth0", "netns", str(one.pid), "type", "veth", "peer", "eth0", "netns", str(other.pid)]
    subprocess.run(["ip", "link", "add", *ends], check=True)
    for host in (one, other):
        for words in (["addr", "add", f"{host.address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
            subprocess.run(["nsenter", "-t", str(host.pid), "-n", "ip", *words], check=True)
