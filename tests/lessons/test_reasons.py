"""The table of reasons has the words of every check, and names only what the check has."""

from __future__ import annotations

import ast
import functools
import importlib
import operator
import re
import string

import pytest

from cognito_lab.lessons import why as room
from cognito_lab.paths import ROOT

ROOMS = [
    ROOT / "cognito_lab" / room for room in ("aws", "protocols", "network")
]  # where AWS's refusals are raised

# Checks of settings whose text says all there is: here lab.why() has that text, and the check's docstring.
WITHOUT_WORDS = {
    "api_gateway.apis.Api.part",
    "api_gateway.http_apis._checked_authorizer",
    "api_gateway.http_apis._checked_route",
    "api_gateway.http_apis.create_route",
    "api_gateway.http_apis.create_stage",
    "api_gateway.integrations.check",
    "api_gateway.rest_apis._method",
    "api_gateway.rest_apis.create_authorizer",
    "api_gateway.rest_apis.create_resource",
    "api_gateway.rest_apis.put_integration",
    "identity_pools.pools._pool_of_arn",
    "identity_pools.pools.check_role_mapping",
    "identity_pools.pools.check_settings",
    "sts.assume_role.check_size",
    "sts.web_identity.session_policy",
    "user_pools.settings.saml_metadata.complete_details",
    "user_pools.people.admin.list_users",
    "user_pools.settings.app_clients.check_attribute_lists",
    "user_pools.settings.app_clients.check_flows",
    "user_pools.settings.app_clients.check_oauth",
    "user_pools.settings.app_clients.check_settings",
    "user_pools.attributes.Schema._declare_standard",
    "user_pools.attributes.Schema.add_custom",
    "user_pools.attributes._bounds",
    "user_pools.settings.mfa_configuration.check_email_sender",
    "user_pools.settings.mfa_configuration.check_has_factor",
    "user_pools.settings.mfa_configuration.check_mfa",
    "user_pools.settings.mfa_configuration.check_no_code_as_first_factor",
    "user_pools.settings.mfa_configuration.check_other_recovery",
    "user_pools.settings.mfa_configuration.check_sms_role",
    "user_pools.settings.mfa_configuration.set_user_pool_mfa_config",
    "user_pools.settings.plans.check_plan",
    "user_pools.settings.pools.check_first_factors",
    "user_pools.settings.pools.check_one_function",
    "user_pools.settings.pools.check_settings",
    "user_pools.settings.pools.check_sign_in_names",
}
# Raise what another check refused in a form of their own; the reason is the other's.
PASSED_ON = {
    "managed_login.oauth.requests.redirect_error_if",
    "managed_login.federation.pending.complete_federated_sign_in",
    "managed_login.federation.saml.idp_response",
    "managed_login.oauth.token_endpoint.by_refresh_token",
    "managed_login.oauth.token_endpoint.revoke",
    "network.forms.refuse_if",
    "lambda_functions.function_policies.check_statement",
    "lambda_functions.functions.list_functions",
    "lambda_functions.invocations.invoke",
    "identity_pools.credentials.get_credentials_for_identity",
    "identity_pools.logins.saml_login",
    "sts.saml_identity.verified_identity",
    "user_pools.people.admin.take_aliases",
    "user_pools.sign_in.passkey_factor.check_answer",
    "user_pools.sign_in.refresh.revoke_token",
}
OTHER_ERRORS = (
    "OutsideTheLab", "jwt_issuers.", "NoKey", "NotAToken", "NotJson", "NotVerified", "BadSignature",
    "LookupError", "TypeError", "jwt.", "RuntimeError", "ConnectionRefusedError", "NoConnection",
    "Failed", "ModuleNotFoundError", "NotValid", "NoAnswer", "Stopped", "TimeoutError",
)  # fmt: skip
OF_PROVIDERS = ("SamlError", "IdpError")  # the app hears the check's text; words beside it are a help


SECRET = re.compile(r"(^|[.\[])(digits|secret|password|secret_access_key|session|session_token|signature)$")


@functools.cache
def raising(*but: str) -> set[str]:
    """Every function that raises a refusal of AWS's, ``but`` of these kinds."""
    found = set()

    def walk(node: ast.AST, names: list[str]) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                walk(child, [*names, child.name])
                continue
            raised = ast.unparse(child.exc) if isinstance(child, ast.Raise) and child.exc else ""
            if raised and not raised.startswith((*OTHER_ERRORS, *but)):
                found.add(".".join(names))
            walk(child, names)

    for path in sorted(path for folder in ROOMS for path in folder.rglob("*.py")):
        parts = path.relative_to(ROOT / "cognito_lab").with_suffix("").parts
        walk(ast.parse(path.read_text(encoding="utf-8")), [*parts[parts[0] == "aws" :]])
    return found


def test_every_check_has_its_words_or_is_listed() -> None:
    assert raising(*OF_PROVIDERS) - set(room.table()) == WITHOUT_WORDS | PASSED_ON
    assert len(WITHOUT_WORDS) * 5 < len(room.table())


@pytest.mark.parametrize("check", sorted(room.table()))
def test_the_words_name_what_the_check_has(check: str) -> None:
    parts = check.split(".")
    function = next(
        operator.attrgetter(".".join(parts[cut:]))(importlib.import_module(".".join([*above, *parts[:cut]])))
        for cut in range(len(parts) - 1, 0, -1)
        for above in (("cognito_lab", "aws"), ("cognito_lab",))
        if ROOT.joinpath(*above, *parts[:cut]).with_suffix(".py").is_file()
    )
    assert check in raising()
    for row in room.table()[check]:
        assert {"rule", "given", "expected"} <= row.keys() <= {"when", "rule", "given", "expected"}
        for side in ("given", "expected"):
            for _, name, form, _ in string.Formatter().parse(row[side]):
                if name is not None:
                    root = re.split(r"[.\[]", name)[0]
                    assert root in function.__code__.co_varnames + function.__code__.co_cellvars + ("now",)
                    assert form in room.FORMS
                    assert not SECRET.search(name), "what nobody should read has no place in the table"
