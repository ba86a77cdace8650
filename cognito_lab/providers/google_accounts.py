"""What Google publishes about itself, and what its scopes open."""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
DISCOVERY = json.loads((HERE / "google_discovery.json").read_text(encoding="utf-8"))
ISSUER = "https://accounts.google.com"
HOUR = 3600  # seconds that an ID token and an access token live
CLAIMS_OF_SCOPE = {
    "openid": ("hd",),
    "email": ("email", "email_verified"),
    "profile": ("name", "picture", "given_name", "family_name"),
}
