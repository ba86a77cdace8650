"""`python -m cognito_lab serve`: an account of its own on this machine's port, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import time

from cognito_lab.errors import OutsideTheLab
from cognito_lab.lab import Lab
from cognito_lab.lessons.scenes import SceneError
from cognito_lab.served.server import ISSUER_CHOICES


def main(argv: list[str]) -> int:
    """Serve an account. 0 after Ctrl-C or SIGTERM, 1 where it cannot be served."""
    parser = argparse.ArgumentParser(prog="python -m cognito_lab serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8900, help="the port; taken, the next free one (8900)")
    parser.add_argument("--region", default="us-east-1", help="the account's Region (us-east-1)")
    parser.add_argument("--scene", help="begin as a lesson does, with what its scene makes")
    parser.add_argument("--calls", action="store_true", help="print the calls of the scene as well")
    parser.add_argument(
        "--issuer", choices=ISSUER_CHOICES, default="aws",
        help="of user pools' tokens: AWS's address, or this server's for clients that insist on it (aws)",
    )  # fmt: skip
    parser.add_argument(
        "--https", action="store_true",
        help="also a proxy, with certificates, for programs that have AWS's addresses built in",
    )  # fmt: skip
    asked = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Lab.start(asked.region) as lab, contextlib.ExitStack() as until_the_end:
            with contextlib.redirect_stdout(io.StringIO()):  # how to use it is said below, after the page
                server = lab.serve(asked.port, asked.issuer)
            scene = lab.scene(asked.scene) if asked.scene else None
            if page := getattr(scene, "demo", None):
                print(f"{page}\n")  # where a browser finds it
            if scene and asked.calls:
                print(scene)
            print(server)
            if asked.https:
                from cognito_lab.served.https_proxy import (
                    HttpsProxy,
                )  # certificates are nobody else's concern

                print(until_the_end.enter_context(HttpsProxy(server)))
            print("It ends with Ctrl-C.", flush=True)
            while True:  # not signal.pause(): the signal may reach another thread, and leave this one
                time.sleep(0.5)
    except KeyboardInterrupt:
        print("The account has ended.")
        return 0
    except (OutsideTheLab, OSError, OverflowError, SceneError, ValueError) as reason:
        print(reason)
        return 1
