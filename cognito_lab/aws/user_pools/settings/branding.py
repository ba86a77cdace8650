"""How the pages of managed login look: a style per app client, or the classic hosted UI's logo and CSS.

Of a style's ``Settings`` the lab's pages follow the colours and corners in :data:`FOLLOWED`, the colour
scheme, and the form's logo; whatever else AWS's branding editor writes is kept and given back.

Source: CreateManagedLoginBranding, SetUICustomization in the API reference; "Customizing hosted UI (classic)
branding" (the classes of the CSS); "Apply branding to managed login pages".
"""

from __future__ import annotations

import base64
import binascii
import copy
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cognito_lab import randomness
from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.directory import to_datetime
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.model import AppClient, UserPool
from cognito_lab.aws.user_pools.settings import domains
from cognito_lab.errors import AwsError, OutsideTheLab, invalid

TYPES = {"ICO": "x-icon", "JPEG": "jpeg", "PNG": "png", "SVG": "svg+xml", "WEBP": "webp"}  # image/…
LARGEST_ASSET, LARGEST_LOGO = 1_000_000, 131_072  # octets
MOST_STYLES = 20  # per user pool ("Quotas in Amazon Cognito")
FOLLOWED = (  # a variable of the pages' stylesheet, and where Settings have it; {mode} is light or dark
    ("page", "components.pageBackground.{mode}Mode.color"),
    ("heading", "components.pageText.{mode}Mode.headingColor"),
    ("text", "components.pageText.{mode}Mode.bodyColor"),
    ("form", "components.form.{mode}Mode.backgroundColor"),
    ("form-border", "components.form.{mode}Mode.borderColor"),
    ("button", "components.primaryButton.{mode}Mode.defaults.backgroundColor"),
    ("button-text", "components.primaryButton.{mode}Mode.defaults.textColor"),
    ("input", "componentClasses.input.{mode}Mode.defaults.backgroundColor"),
    ("input-border", "componentClasses.input.{mode}Mode.defaults.borderColor"),
    ("link", "componentClasses.link.{mode}Mode.defaults.textColor"),
    ("focus", "componentClasses.focusState.{mode}Mode.borderColor"),
    ("form-radius", "components.form.borderRadius"),
    ("button-radius", "componentClasses.buttons.borderRadius"),
)
SCHEMES = {"LIGHT": "light", "DARK": "dark", "DYNAMIC": "light dark"}
CLASSES = (  # what the CSS of the classic hosted UI may be about, with -customizable behind the name
    "background", "banner", "errorMessage", "idpButton", "idpDescription", "inputField", "label", "legalText",
    "logo", "passwordCheck-notValid", "passwordCheck-valid", "redirect", "socialButton", "submitButton",
    "textDescription",
)  # fmt: skip
SELECTOR = re.compile(rf"\.(?:{'|'.join(CLASSES)})-customizable(?::hover|:focus|:active)?")
PROPERTY, VALUE = re.compile(r"[a-z-]+"), re.compile(r"[\w\s#%.,()'\"!+-]+")


@dataclass(frozen=True)
class Style:
    """What the pages of an app client put on: CSS, a logo and an icon as ``data:`` addresses, a CSS
    ``color-scheme``. Each is empty where there is none of its own."""

    css: str = ""
    logo: str = ""
    icon: str = ""
    scheme: str = "light dark"


def style_of(pool: UserPool, client: AppClient) -> Style | None:
    """The look of a client's pages; ``None`` where they are out of order for the want of a style."""
    if domains.version_of(pool) == model.CLASSIC:
        return classic_style(pool, client)
    branding = moto_patches.state_of(client, ClassicCustomization).branding
    return branding.style() if branding else None


# -- managed login: one style per app client -----------------------------------------------------


@dataclass
class Branding:
    """A managed login style; ``settings`` and ``assets`` have AWS's member names, images are base64 text."""

    id: str
    pool_id: str
    client_id: str
    settings: dict[str, Any] = field(default_factory=dict)
    assets: list[dict[str, str]] = field(default_factory=list)
    of_cognito: bool = False
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)

    def change(self, call: Call) -> None:
        """Take over what a Create or an Update gives; settings that it leaves out stay as they are."""
        given, assets = call.get("Settings", {}), call.get("Assets", [])
        of_cognito = call.get("UseCognitoProvidedValues", False)
        check_one_kind_of_values(of_cognito, given, assets)
        check_settings(given)
        for asset in assets:
            check_image(asset.get("Bytes", ""), LARGEST_ASSET)
        kept = [] if of_cognito else [one for one in self.assets if all(not same(one, new) for new in assets)]
        self.settings = {} if of_cognito else merged(self.settings, given)
        self.assets, self.of_cognito, self.modified = kept + assets, of_cognito, time.time()

    def describe(self) -> dict[str, Any]:
        """ManagedLoginBrandingType."""
        answer = {
            "ManagedLoginBrandingId": self.id, "UserPoolId": self.pool_id,
            "UseCognitoProvidedValues": self.of_cognito, "Settings": self.settings, "Assets": self.assets,
            "CreationDate": to_datetime(self.created), "LastModifiedDate": to_datetime(self.modified),
        }  # fmt: skip
        return {"ManagedLoginBranding": answer}

    def style(self) -> Style:
        scheme = found(self.settings, "categories.global.colorSchemeMode")
        has_logo = found(self.settings, "components.form.logo.enabled")
        css = ":root{" + "".join(variables(self.settings)) + "}"
        logo = self.image("FORM_LOGO") if has_logo else ""
        return Style(css, logo, self.image("FAVICON"), SCHEMES.get(scheme, "light dark"))

    def image(self, category: str) -> str:
        """The first asset of a category (by how its name begins), as a ``data:`` address."""
        for asset in self.assets:
            if asset["Category"].startswith(category) and "Bytes" in asset:
                return f"data:image/{TYPES[asset['Extension']]};base64,{asset['Bytes']}"
        return ""


@dataclass
class ClassicCustomization:
    """What was set for one app client, or for all (then it hangs on the pool)."""

    branding: Branding | None = None
    classic: Classic | None = None


def found(settings: Any, path: str) -> Any:
    """The value at a dotted ``path``, or ``None``."""
    for name in path.split("."):
        settings = settings.get(name) if isinstance(settings, dict) else None
    return settings


def variables(settings: Mapping[str, Any]) -> Iterator[str]:
    """The variables that ``settings`` set. :func:`check_settings` knows the values."""
    for name, path in FOLLOWED:
        for mode in ("light", "dark") if "{mode}" in path else ("",):
            value = found(settings, path.format(mode=mode))
            if value is not None:
                yield f"--{name}-{mode}:#{value};" if mode else f"--{name}:{value}px;"


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """``old`` with what ``new`` says, however deep."""
    result = copy.deepcopy(dict(old))
    for name, value in new.items():
        both = isinstance(result.get(name), dict) and isinstance(value, dict)
        result[name] = merged(result[name], value) if both else copy.deepcopy(value)
    return result


def same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether one asset takes the place of the other."""
    return all(one.get(name) == other.get(name) for name in ("Category", "ColorMode"))


def check_one_kind_of_values(of_cognito: bool, settings: Any, assets: Any) -> None:
    if of_cognito and (settings or assets):
        raise invalid("UseCognitoProvidedValues cannot be used together with Settings or Assets.")


def check_settings(settings: Mapping[str, Any], path: str = "") -> None:
    """Colours are eight hexadecimal digits (red, green, blue, opacity), radii are numbers of pixels."""
    for name, value in settings.items():
        here = f"{path}.{name}" if path else name
        if name.lower().endswith("color") and not re.fullmatch(r"[0-9a-fA-F]{8}", str(value)):
            raise invalid(f"Invalid settings: {here} is not a colour in the form RRGGBBAA.")
        if name == "borderRadius" and (type(value) not in (int, float) or not 0 <= value <= 100):
            raise invalid(f"Invalid settings: {here} is not a number of pixels.")
        if name == "colorSchemeMode" and value not in list(SCHEMES):
            raise invalid(f"Invalid settings: {here} is not one of {', '.join(SCHEMES)}.")
        if isinstance(value, dict):
            check_settings(value, here)


def check_image(text: str, largest: int) -> None:
    """An image as JSON carries it: base64, of at most ``largest`` octets."""
    try:
        octets = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise invalid("The image is not base64.") from None
    if len(octets) > largest:
        raise invalid(f"The image has more than {largest} octets.")


def _branding(call: Call) -> tuple[ClassicCustomization, Branding]:
    """The style that an operation names, and where it hangs."""
    pool = model.get_pool(call.region, call.get("UserPoolId", ""))  # AWS's model requires none in an update
    for client in pool.clients.values():
        look = moto_patches.state_of(client, ClassicCustomization)
        named = client.id == call.get("ClientId") or (
            look.branding and look.branding.id == call.get("ManagedLoginBrandingId")
        )
        if look.branding and named:
            return look, look.branding
    raise not_found("Managed login branding does not exist.")


@operation("cognito-idp", "CreateManagedLoginBranding")
def create_managed_login_branding(call: Call) -> dict[str, Any]:
    pool, client = model.pool_in(call), model.client_in(call)
    look = moto_patches.state_of(client, ClassicCustomization)
    if look.branding is not None:
        raise AwsError(
            "ManagedLoginBrandingExistsException", f"Managed login branding exists for client {client.id}"
        )
    if (
        sum(
            moto_patches.state_of(one, ClassicCustomization).branding is not None
            for one in pool.clients.values()
        )
        >= MOST_STYLES
    ):
        raise AwsError(
            "LimitExceededException", f"A user pool can have at most {MOST_STYLES} branding styles."
        )
    branding = Branding(randomness.uuid4(), pool.id, client.id)
    branding.change(call)
    look.branding = branding
    return branding.describe()


@operation("cognito-idp", "DescribeManagedLoginBranding")
@operation("cognito-idp", "DescribeManagedLoginBrandingByClient")
def describe_managed_login_branding(call: Call) -> dict[str, Any]:
    if call.get("ReturnMergedResources"):  # the lab does not have AWS's own values to merge
        raise OutsideTheLab(
            f"{call.operation} with ReturnMergedResources is not played by this lab (AWS has it)."
        )
    return _branding(call)[1].describe()


@operation("cognito-idp", "UpdateManagedLoginBranding")
def update_managed_login_branding(call: Call) -> dict[str, Any]:
    _, branding = _branding(call)
    branding.change(call)
    return branding.describe()


@operation("cognito-idp", "DeleteManagedLoginBranding")
def delete_managed_login_branding(call: Call) -> None:
    """From now on the pages of the app client are out of order."""
    _branding(call)[0].branding = None


# -- the classic hosted UI: a logo and CSS, for all clients or for one ---------------------------


@dataclass
class Classic:
    """The classic look; ``image`` is base64 text."""

    css: str = ""
    image: str = ""
    created: float = field(default_factory=time.time)
    modified: float = field(default_factory=time.time)


def classic_style(pool: UserPool, client: AppClient) -> Style:
    """The client's own look, or the one for all."""
    own = (
        moto_patches.state_of(client, ClassicCustomization).classic
        or moto_patches.state_of(pool, ClassicCustomization).classic
        or Classic()
    )
    css = "\n".join(f"{selector} {{{inner}}}" for selector, inner in rules(own.css))
    # CSS written for a light page would meet dark colours in a dark one.
    return Style(css, _address(own.image), scheme="light" if css else "light dark")


def rules(css: str) -> list[tuple[str, str]]:
    """The rules of a classic stylesheet: (selector, what stands in the braces).

    Raises:
        AwsError: ``InvalidParameterException``: there is more in it than rules about the classes that AWS
            names. What could leave the ``<style>`` element, or load anything, is no part of a rule.
    """
    *blocks, rest = re.sub(r"/\*.*?\*/", " ", css, flags=re.DOTALL).split("}")
    kept = [(selector.strip(), inner) for selector, _, inner in (block.partition("{") for block in blocks)]
    if rest.strip():
        raise invalid("The CSS does not end with a rule.")
    for selector, inner in kept:
        if not all(SELECTOR.fullmatch(one.strip()) for one in selector.split(",")):
            raise invalid(f"The CSS selector {selector} is not allowed.")
        for declaration in filter(None, map(str.strip, inner.split(";"))):
            name, _, value = declaration.partition(":")
            plain = PROPERTY.fullmatch(name.strip()) and VALUE.fullmatch(value)
            if not plain or "url(" in value.lower():
                raise invalid(f"The CSS declaration {declaration} is not allowed.")
    return kept


def _address(image: str) -> str:
    kind = "png" if base64.b64decode(image).startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{image}" if image else ""


def check_logo(text: str) -> None:
    check_image(text, LARGEST_LOGO)
    if not base64.b64decode(text).startswith((b"\x89PNG", b"\xff\xd8\xff")):
        raise invalid("The image is neither a JPG nor a PNG file.")


def check_has_domain(pool: UserPool) -> None:
    if pool.domain is None:
        raise invalid("There has to be an existing domain associated with this user pool")


def _about(call: Call) -> tuple[UserPool, ClassicCustomization, str]:
    """The pool, and what was set for the client that the operation names, or for all."""
    pool = model.pool_in(call)
    client_id = call.get("ClientId", "ALL")
    return (
        pool,
        moto_patches.state_of(pool if client_id == "ALL" else model.client_in(call), ClassicCustomization),
        client_id,
    )


@operation("cognito-idp", "SetUICustomization")
def set_ui_customization(call: Call) -> dict[str, Any]:
    pool, look, client_id = _about(call)
    check_has_domain(pool)
    css, image = call.get("CSS"), call.get("ImageFile")
    rules(css or "")
    if image:
        check_logo(image)
    old = look.classic or Classic()
    look.classic = Classic(
        old.css if css is None else css, old.image if image is None else image, old.created
    )
    return describe_classic(pool, client_id, look.classic)


@operation("cognito-idp", "GetUICustomization")
def get_ui_customization(call: Call) -> dict[str, Any]:
    """The client's own look, or else the one for all, or else nothing."""
    pool, look, client_id = _about(call)
    if look.classic is None:
        look, client_id = moto_patches.state_of(pool, ClassicCustomization), "ALL"
    return describe_classic(pool, client_id, look.classic) if look.classic else {"UICustomization": {}}


def describe_classic(pool: UserPool, client_id: str, look: Classic) -> dict[str, Any]:
    """UICustomizationType. AWS keeps the logo in CloudFront; here its address holds the image itself."""
    version = datetime.fromtimestamp(look.modified, UTC).strftime("%Y%m%d%H%M%S")
    logo = {"ImageUrl": _address(look.image)} if look.image else {}
    answer = {
        "UserPoolId": pool.id, "ClientId": client_id, **logo, "CSS": look.css, "CSSVersion": version,
        "CreationDate": to_datetime(look.created), "LastModifiedDate": to_datetime(look.modified),
    }  # fmt: skip
    return {"UICustomization": answer}
