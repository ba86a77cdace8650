"""What JupyterHub asks the room: who somebody is, and how their server starts."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from jupyterhub.auth import Authenticator
from jupyterhub.handlers import BaseHandler
from jupyterhub.spawner import SimpleLocalProcessSpawner
from tornado import web
from traitlets import Unicode, default

from cognito_lab.course.learner_copy import COPY
from cognito_lab.files import complete_or_absent
from cognito_lab.practice import class_progress, progress
from cognito_lab.room.class_list import read_class
from cognito_lab.room.command import FIRST_USER, PROGRESS
from cognito_lab.room.separate_directory import SeparateDirectory


class UserPoolAuthenticator(Authenticator):
    """Asks a user pool of the lab, which is made when the hub starts."""

    class_list = Unicode(help="the CSV file of the people").tag(config=True)
    folder = Unicode(help="where their temporary passwords and their work are").tag(config=True)

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        self.people = read_class(Path(self.class_list))
        self.directory = SeparateDirectory(self.class_list, str(Path(self.folder, "passwords.csv")))

    async def authenticate(self, handler: web.RequestHandler, data: dict[str, str]) -> str:
        """The name of who has signed in.

        Raises:
            tornado.web.HTTPError: 403, with the sentence that the form shows.
        """
        username = self.normalize_username(data.get("username", ""))
        given = (username, data.get("password", ""), data.get("new_password", ""))
        if refusal := await asyncio.to_thread(self.directory.ask, "refusal", *given):
            raise web.HTTPError(403, refusal)
        return username

    async def refresh_user(self, user: object, handler: object = None) -> bool:
        """Whether somebody who signed in before may go on: an old cookie does not outlive its user."""
        name = getattr(user, "name", "")
        return bool(await asyncio.to_thread(self.directory.ask, "is_enabled", name))

    def get_handlers(self, app: object) -> list[tuple[str, type[web.RequestHandler]]]:
        """What the hub serves of ours: the form, and the instructor's page."""
        return [*super().get_handlers(app), ("/progress", WhoIsWhere)]

    def who_is_where(self) -> str:
        """The page of `make progress`, for everybody on the class list but the instructors."""
        learners = [each for each in self.people if not each.instructor]
        homes = [Path(self.folder, "people", each.username) for each in learners]
        read, bad = class_progress.read_class(home / COPY / progress.FILE for home in homes if home.exists())
        people = {}
        for each in learners:
            label = f"{each.username} ({each.name})" if each.name else each.username
            people[label] = read.get(each.username, {})
        return class_progress.page(people, bad, again=True)


class WhoIsWhere(BaseHandler):
    """The page for instructors: who is where. Others get 403, and who is signed out gets the form."""

    @web.authenticated
    async def get(self) -> None:
        if not self.has_scope(PROGRESS):
            raise web.HTTPError(403, "This page is for instructors.")
        self.finish(await asyncio.to_thread(self.authenticator.who_is_where))


class RoomSpawner(SimpleLocalProcessSpawner):
    """A server as a process of this machine. Where the hub is root, each person has a system user's number.

    There is no entry in /etc/passwd for it: the owner of the person's folder is the record.
    """

    @default("env_keep")
    def _env_keep(self) -> list[str]:
        return ["PATH", "LANG", "LC_ALL", "TZ"]  # nothing that the hub knows

    @cached_property
    def owner(self) -> int:
        """The number of the system user; makes the folder where it is not there."""
        home = Path(self.home_dir)
        if not home.exists():
            taken = [each.stat().st_uid for each in home.parent.iterdir()]
            with complete_or_absent(home) as partial:
                partial.mkdir(mode=0o700)
                if os.getuid() == 0:
                    number = max([FIRST_USER - 1, *taken]) + 1
                    os.chown(partial, number, number)
        return home.stat().st_uid

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """What the new process does first: become the person, within their limit."""
        home, owner, most = self.home_dir, self.owner, resource.getrlimit(resource.RLIMIT_DATA)[1]
        limit = self.mem_limit if most == resource.RLIM_INFINITY else min(self.mem_limit, most)

        def become() -> None:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(owner)
                os.setuid(owner)
            os.umask(0o077)
            os.chdir(home)

        return become

    @default("cmd")
    def _cmd(self) -> list[str]:
        return [sys.executable, "-m", "cognito_lab.room.workplace"]
