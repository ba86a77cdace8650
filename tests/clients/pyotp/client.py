"""An authenticator (pyotp) that scans managed login's page: the picture is drawn, and its QR code read."""

import base64
import io
import json
import os
import re
from urllib.parse import parse_qs, unquote_to_bytes, urlencode, urljoin, urlsplit

import pyotp
import requests
import resvg_py
import zxingcpp
from bs4 import BeautifulSoup
from PIL import Image

made = json.loads(os.environ["MADE"])
required, password = made["required"], made["people"]["mara"]
browser = requests.Session()


def page(answer):
    return BeautifulSoup(answer.text, "html.parser")


def send(shown, **typed):
    """Fill the first form of a page in, and send it; redirects are not followed out of the pool's domain."""
    form = page(shown).form
    fields = {one["name"]: one.get("value", "") for one in form.select("input[name], button[name]")}
    address = urljoin(shown.url, form["action"])
    return browser.post(address, data=fields | typed, allow_redirects=False)


def scanned(shown):
    """What a camera reads in the picture of the page."""
    kind, _, data = page(shown).img["src"].partition(",")
    svg = base64.b64decode(data) if kind.endswith(";base64") else unquote_to_bytes(data)
    drawn = bytes(resvg_py.svg_to_bytes(svg_string=svg.decode()))
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn)))
    return found.text


asked = {"client_id": required["app"]["id"], "response_type": "code", "redirect_uri": made["callback"]}
domain = f"https://{required['domain']}.auth.us-east-1.amazoncognito.com"
sign_in = browser.get(f"{domain}/oauth2/authorize?{urlencode(asked | {'scope': 'openid'})}")
enrol = send(sign_in, username="mara", password=password)
authenticator = pyotp.parse_uri(scanned(enrol))
code = authenticator.now()
refused = send(enrol, code=f"{(int(code) + 1) % 10**6:06}")
back = send(refused, code=code).headers["location"]
print(
    json.dumps(
        {
            "scanned": [authenticator.issuer, authenticator.name],
            "wrong code": [refused.status_code, re.search("Code mismatch", refused.text) is not None],
            "back at the app": back.startswith(made["callback"]) and "code" in parse_qs(urlsplit(back).query),
        }
    )
)
