"""JupyterHub with its generic OAuthenticator: the hub itself, as `jupyterhub` starts it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

made = json.loads(os.environ["MADE"])
hub = made["hub"].removesuffix("/oauth_callback")


def status(address, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        return None


def opens(name):
    """The path at which somebody ends who signs in to the hub."""
    print(name, f"{hub}/oauth_login", flush=True)
    return urlsplit(input()).path


def users():
    asked = urllib.request.Request(f"{hub}/api/users", headers={"Authorization": "token only-for-this-test"})
    with urllib.request.urlopen(asked) as answer:
        return {user["name"]: user["admin"] for user in json.load(answer)}


running = subprocess.Popen([sys.executable, "-m", "jupyterhub", "--config", "jupyterhub_config.py"])
try:
    while status(f"{hub}/health") != 200:
        assert running.poll() is None
        time.sleep(0.1)
    seen = {
        "before": users(),
        "a made-up answer": status(f"{made['hub']}?code=made-up&state=made-up"),
        "ben": opens("ben"),
        "mara": opens("mara"),
        "after": users(),
        "somebody else's token": status(f"{hub}/api/users", Authorization="token guessed"),
    }
finally:
    running.terminate()
    running.wait()
print(json.dumps(seen))
