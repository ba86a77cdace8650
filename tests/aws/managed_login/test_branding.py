"""How the pages look: styles of managed login, logo and CSS of the classic UI, what they may not do."""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from support.user_pools import World, refused, world

from cognito_lab import OutsideTheLab
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.settings import branding

PNG, JPEG, SVG = b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff\xe0...", b"<svg xmlns='http://www.w3.org/2000/svg'/>"
COLOURS = {"components": {"primaryButton": {"lightMode": {"defaults": {"backgroundColor": "0b5f8aff"}}}}}


class Place(World):
    def new_domain(self, version: int = 2, prefix: str = "tidepool") -> None:
        self.idp.create_user_pool_domain(UserPoolId=self.pool, Domain=prefix, ManagedLoginVersion=version)

    def brand(self, client: str = "", **more: Any) -> dict[str, Any]:
        given = {"UserPoolId": self.pool, "ClientId": client or self.client, **more}
        return self.idp.create_managed_login_branding(**given)["ManagedLoginBranding"]

    def update(self, number: str, **more: Any) -> dict[str, Any]:
        given = {"UserPoolId": self.pool, "ManagedLoginBrandingId": number, **more}
        return self.idp.update_managed_login_branding(**given)["ManagedLoginBranding"]

    def by_client(self, **more: Any) -> dict[str, Any]:
        given = {"UserPoolId": self.pool, "ClientId": self.client, **more}
        return self.idp.describe_managed_login_branding_by_client(**given)["ManagedLoginBranding"]

    def dress(self, **more: Any) -> dict[str, Any]:
        return self.idp.set_ui_customization(UserPoolId=self.pool, **more)["UICustomization"]

    def look(self, **more: Any) -> dict[str, Any]:
        return self.idp.get_ui_customization(UserPoolId=self.pool, **more)["UICustomization"]

    def style(self, client: str = "") -> branding.Style | None:
        found = model.get_client("us-east-1", client or self.client)
        return branding.style_of(found.pool, found)


@pytest.fixture
def it() -> Iterator[Place]:
    with world() as place:
        yield Place(place.lab)


# -- managed login -------------------------------------------------------------------------------


def test_a_client_has_no_style_until_one_is_made_and_none_after_it_is_deleted(it: Place) -> None:
    it.new_domain(version=2)
    assert it.style() is None
    made = it.brand(UseCognitoProvidedValues=True)
    assert made["UserPoolId"] == it.pool and made["UseCognitoProvidedValues"] and made["Settings"] == {}
    assert it.style() == branding.Style(css=":root{}")
    assert it.by_client() == made
    number = made["ManagedLoginBrandingId"]
    given = {"UserPoolId": it.pool, "ManagedLoginBrandingId": number}
    assert it.idp.describe_managed_login_branding(**given)["ManagedLoginBranding"] == made
    it.idp.delete_managed_login_branding(**given)
    assert it.style() is None
    with refused("ResourceNotFoundException"):
        it.by_client()
    with refused("ResourceNotFoundException"):
        it.idp.delete_managed_login_branding(**given)


def test_the_classic_hosted_ui_needs_no_style(it: Place) -> None:
    it.new_domain(version=1)
    assert it.style() == branding.Style()


def test_each_client_has_one_style_of_its_own(it: Place) -> None:
    it.new_domain()
    other = it.new_client()["ClientId"]
    it.brand(Settings=COLOURS)
    assert it.style(other) is None
    with refused("ManagedLoginBrandingExistsException"):
        it.brand()
    it.brand(other)
    assert it.style(other) != it.style()
    assert it.by_client()["Settings"] == COLOURS  # found by client, not the first that there is
    with refused("ResourceNotFoundException"):
        it.brand("nobody")


def test_a_pool_has_at_most_twenty_styles(it: Place) -> None:
    for _ in range(20):
        it.brand(it.new_client()["ClientId"])
    with refused("LimitExceededException"):
        it.brand()


def test_an_update_names_a_style(it: Place) -> None:
    it.brand(Settings=COLOURS)
    with refused("ResourceNotFoundException"):
        it.idp.update_managed_login_branding(UserPoolId=it.pool, Settings=COLOURS)
    with refused("ResourceNotFoundException"):
        it.idp.update_managed_login_branding(ManagedLoginBrandingId=it.by_client()["ManagedLoginBrandingId"])


def test_a_style_belongs_to_its_pool(it: Place) -> None:
    number = it.brand()["ManagedLoginBrandingId"]
    it.new_pool()
    with refused("ResourceNotFoundException"):
        it.update(number)
    with refused("ResourceNotFoundException"):
        it.by_client()


def test_an_update_keeps_what_it_does_not_name(it: Place) -> None:
    it.new_domain()
    logo = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG}
    icon = {"Category": "FAVICON_SVG", "ColorMode": "DYNAMIC", "Extension": "SVG", "Bytes": SVG}
    number = it.brand(Settings=COLOURS, Assets=[logo])["ManagedLoginBrandingId"]
    dark = {"components": {"primaryButton": {"darkMode": {"defaults": {"backgroundColor": "7cc4eaff"}}}}}
    changed = it.update(number, Settings=dark, Assets=[icon])
    assert changed["Settings"]["components"]["primaryButton"].keys() == {"lightMode", "darkMode"}
    assert [asset["Category"] for asset in changed["Assets"]] == ["FORM_LOGO", "FAVICON_SVG"]
    assert it.by_client()["Assets"][0]["Bytes"] == PNG
    changed = it.update(number, Assets=[{**logo, "Bytes": PNG + b"2"}])
    assert [asset["Bytes"] for asset in changed["Assets"]] == [SVG, PNG + b"2"]
    changed = it.update(number, Settings={"components": {"primaryButton": "none"}})
    assert changed["Settings"] == {"components": {"primaryButton": "none"}}
    changed = it.update(number, UseCognitoProvidedValues=True)
    assert changed["Settings"] == {} and changed["Assets"] == []


def test_a_style_sets_colours_corners_scheme_logo_and_icon(it: Place) -> None:
    it.new_domain()
    settings = {
        **COLOURS,
        "componentClasses": {"buttons": {"borderRadius": 3}},
        "categories": {"global": {"colorSchemeMode": "DARK"}, "form": {"instructions": {"enabled": False}}},
    }
    assets = [
        {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG},
        {"Category": "FAVICON_SVG", "ColorMode": "LIGHT", "Extension": "SVG", "Bytes": SVG},
    ]
    number = it.brand(Settings=settings, Assets=assets)["ManagedLoginBrandingId"]
    style = it.style()
    assert style.css == ":root{--button-light:#0b5f8aff;--button-radius:3px;}" and style.scheme == "dark"
    assert style.icon == f"data:image/svg+xml;base64,{base64.b64encode(SVG).decode()}"
    linked = {"Category": "FAVICON_ICO", "ColorMode": "DARK", "Extension": "ICO", "ResourceId": "0"}
    it.update(number, Assets=[linked, *assets[:1]])
    assert it.style().icon == style.icon  # an asset without an image is not shown
    other = it.new_client()["ClientId"]
    it.brand(other, Assets=[linked, assets[1]])
    assert it.style(other).icon == style.icon
    assert style.logo == ""  # AWS shows it only when the form's logo is switched on
    it.update(number, Settings={"components": {"form": {"logo": {"enabled": True}}}})
    assert it.style().logo == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


@pytest.mark.parametrize(
    "settings",
    [
        {"components": {"pageBackground": {"lightMode": {"color": "red"}}}},
        {"components": {"pageBackground": {"lightMode": {"color": "#ffffff"}}}},
        {"components": {"pageBackground": {"lightMode": {"color": "</style>"}}}},
        {"components": {"pageBackground": {"lightMode": {"color": "ffffffff\n"}}}},
        {"components": {"form": {"borderRadius": "0;}</style>"}}},
        {"components": {"form": {"borderRadius": True}}},
        {"components": {"form": {"borderRadius": 101}}},
        {"components": {"form": {"borderRadius": -1}}},
        {"components": {"form": {"borderRadius": {"a": "</style>"}}}},
        {"components": {"pageBackground": {"lightMode": {"color": ["</style>"]}}}},
        {"categories": {"global": {"colorSchemeMode": "</style>"}}},
    ],
)
def test_no_setting_leaves_the_stylesheet(it: Place, settings: dict[str, Any]) -> None:
    it.new_domain()
    with refused("InvalidParameterException", "Invalid settings"):
        it.brand(Settings=settings)
    assert it.style() is None


@pytest.mark.parametrize("pixels", [0, 100])
def test_a_corner_may_be_square_or_have_a_hundred_pixels(it: Place, pixels: int) -> None:
    it.new_domain()
    it.brand(Settings={"components": {"form": {"borderRadius": pixels}}})
    style = it.style()
    assert style is not None and style.css == f":root{{--form-radius:{pixels}px;}}"


def test_own_values_and_cognitos_exclude_each_other(it: Place) -> None:
    with refused("InvalidParameterException", "UseCognitoProvidedValues"):
        it.brand(UseCognitoProvidedValues=True, Settings=COLOURS)
    logo = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PNG}
    with refused("InvalidParameterException", "UseCognitoProvidedValues"):
        it.brand(UseCognitoProvidedValues=True, Assets=[logo])


def test_a_refusal_names_the_setting(it: Place) -> None:
    wrong = {"components": {"pageBackground": {"lightMode": {"color": "red"}}}}
    with refused(
        "InvalidParameterException", "Invalid settings: components.pageBackground.lightMode.color is"
    ):
        it.brand(Settings=wrong)


def test_an_image_that_is_no_base64_is_refused() -> None:  # boto3 encodes; other programs may not
    for text in ("***", "iVBORw0KGgo", '"><script>'):
        with pytest.raises(branding.AwsError, match="base64"):
            branding.check_image(text, 100)


def test_an_asset_has_a_size_and_a_kind(it: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG"}
    monkeypatch.setattr(branding, "LARGEST_ASSET", 100)
    it.brand(Assets=[{**asset, "Bytes": b"x" * 100}])
    number = it.by_client()["ManagedLoginBrandingId"]
    with refused("InvalidParameterException"):
        it.update(number, Assets=[{**asset, "Bytes": b"x" * 101}])
    with refused("InvalidParameterException"):
        it.update(number, Assets=[{**asset, "Extension": 'png;x="'}])


def test_merged_resources_are_refused_by_name(it: Place) -> None:
    it.brand()
    with pytest.raises(OutsideTheLab, match="ReturnMergedResources"):
        it.by_client(ReturnMergedResources=True)


# -- the classic hosted UI -----------------------------------------------------------------------

CSS = ".submitButton-customizable { background-color: #0b5f8a; }\n.label-customizable:hover{font-weight: 400}"


def test_a_client_has_its_own_look_or_the_one_for_all(it: Place) -> None:
    it.new_domain(version=1)
    assert it.look() == {} and it.look(ClientId=it.client) == {}
    made = it.dress(CSS=CSS)
    assert (
        "ImageUrl" not in made
        and made["ClientId"] == "ALL"
        and made["CSS"] == CSS
        and len(made["CSSVersion"]) == 14
    )
    assert it.look(ClientId=it.client) == made
    assert "#0b5f8a" in it.style().css and it.style().scheme == "light"
    own = it.dress(ClientId=it.client, CSS=".label-customizable { font-weight: 400; }")
    assert own["ClientId"] == it.client and it.look(ClientId=it.client) == own and it.look() == made
    assert "#0b5f8a" not in it.style().css and "400" in it.style().css
    other = it.new_client()["ClientId"]
    assert "#0b5f8a" in it.style(other).css
    with refused("ResourceNotFoundException"):
        it.look(ClientId="nobody")


@pytest.mark.parametrize(("image", "kind"), [(PNG, "png"), (JPEG, "jpeg")])
def test_the_logo_is_a_jpg_or_a_png_and_stays_when_only_the_css_changes(
    it: Place, image: bytes, kind: str
) -> None:
    it.new_domain(version=1)
    url = f"data:image/{kind};base64,{base64.b64encode(image).decode()}"
    assert it.dress(ImageFile=image)["ImageUrl"] == url == it.style().logo
    assert it.dress(CSS=CSS)["ImageUrl"] == url
    assert it.dress(ImageFile=image)["CSS"] == CSS
    for wrong in (SVG, b"GIF89a"):
        with refused("InvalidParameterException", "The image is neither"):
            it.dress(ImageFile=wrong)
    with refused("InvalidParameterException", "The image has more"):
        it.dress(ImageFile=image + b"x" * 131_072)


def test_without_a_domain_there_is_nothing_to_dress(it: Place) -> None:
    with refused("InvalidParameterException", "There has to be an existing domain"):
        it.dress(CSS=CSS)


@pytest.mark.parametrize(
    "css",
    [
        "body { color: red; }",
        ".error { color: red; }",
        ".label-customizable { color: red; } </style><script>alert(1)</script>",
        ".label-customizable { color: red; </style> }",
        ".label-customizable { background: url(https://evil.example); }",
        ".label-customizable { background: URL(//evil.example); }",
        ".label-customizable { color: \\75rl; }",
        ".label-customizable { color: red; .label-customizable { color: blue } }",
        "@import 'https://evil.example';",
        "@media print { .label-customizable { color: red } }",
        ".label-customizable, body { color: red; }",
        ".label-customizable::after { content: 'x'; }",
        ".label-customizable { color: red",
        ".label-customizable",
        ".label-customizable { color }",
        ".label-customizable { : red; }",
        ".label-customizable { </style>: red; }",
        ".label-customizable { background: url(evil); }",
        ".label-customizable { background: Url('evil'); }",
        "} .label-customizable { color: red }",
        ".label-customizable { color: red } /* </style> ",
        ".label-customizable { --x: <b>; }",
    ],
)
def test_css_is_rules_about_the_named_classes_and_nothing_else(it: Place, css: str) -> None:
    it.new_domain(version=1)
    with refused("InvalidParameterException", "The CSS"):
        it.dress(CSS=css)
    assert it.look() == {}


def test_comments_are_kept_for_the_owner_and_never_put_into_a_page(it: Place) -> None:
    it.new_domain(version=1)
    css = "/* </style><script>alert(1)</script> */ .label-customizable, .logo-customizable { color: red; }"
    assert it.dress(CSS=css)["CSS"] == css
    assert it.style().css == ".label-customizable, .logo-customizable { color: red; }"


def test_a_hostile_stylesheet_is_read_in_no_time(it: Place) -> None:
    started = time.thread_time()
    for css in (
        " " * 131_000 + "<",
        ".label-customizable{" + " " * 130_000 + "<}",
        "{" * 131_000,
        "}" * 131_000,
    ):
        with contextlib.suppress(branding.AwsError):
            branding.rules(css)
    assert time.thread_time() - started < 5


def test_a_look_goes_with_its_client_and_its_pool(it: Place) -> None:
    it.new_domain()
    it.brand(Settings=COLOURS)
    it.idp.delete_user_pool_client(UserPoolId=it.pool, ClientId=it.client)
    with refused("ResourceNotFoundException"):
        it.by_client()
    assert model.get_pool("us-east-1", it.pool).domain.version == model.MANAGED_LOGIN
    with pytest.raises(ParamValidationError):
        it.idp.create_managed_login_branding(UserPoolId=it.pool)
