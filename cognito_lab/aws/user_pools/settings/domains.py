"""Domains: where a pool's pages and OAuth endpoints are, ``PREFIX.auth.REGION.amazoncognito.com``.

Source: "Configuring a user pool domain", "Using your own domain"; CreateUserPoolDomain in the API reference.
"""

from __future__ import annotations

import re
from typing import Any

from cognito_lab.aws.api import services
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.model import Domain, UserPool
from cognito_lab.aws.user_pools.settings import plans
from cognito_lab.errors import OutsideTheLab, invalid

DOMAIN_HOST = rf"([a-z0-9-]+)\.auth\.({services.REGION})\.amazoncognito\.com"
RESERVED = ("aws", "amazon", "cognito")


def at(host: str) -> Domain | None:
    """The domain of this host name, if there is one."""
    found = re.fullmatch(DOMAIN_HOST, host)
    return model.registry().domains.get((found[2], found[1])) if found else None


def pool_of(host: str) -> UserPool | None:
    """The pool whose pages are at this host."""
    domain = at(host)
    return domain.pool if domain else None


def version_of(pool: UserPool) -> int:
    """ManagedLoginVersion of the pool's domain; AWS's default where it has none."""
    return pool.domain.version if pool.domain else model.CLASSIC


# -- operations ----------------------------------------------------------------------------------


@operation("cognito-idp", "CreateUserPoolDomain")
def create_user_pool_domain(call: Call) -> dict[str, Any]:
    pool, prefix = model.pool_in(call), call["Domain"]
    refuse_custom(call)
    check_version(call)
    plans.check_plan({**pool.settings, **call.parameters})
    check_prefix(prefix)
    check_free(pool, prefix)
    pool.domain = Domain(prefix, pool, call.get("ManagedLoginVersion", model.CLASSIC))
    model.registry().domains[pool.region, prefix] = pool.domain
    return {"ManagedLoginVersion": pool.domain.version}


def refuse_custom(call: Call) -> None:
    if call.get("CustomDomainConfig") or "." in call["Domain"]:
        raise OutsideTheLab(f"{call.operation} with a custom domain is not played by this lab (AWS has it).")
    if call.get("Routing"):
        raise OutsideTheLab(f"{call.operation} with Routing is not played by this lab (AWS has it).")


def check_version(call: Call) -> None:
    if call.get("ManagedLoginVersion", model.CLASSIC) not in (model.CLASSIC, model.MANAGED_LOGIN):
        raise invalid("ManagedLoginVersion is 1 or 2.")


def check_prefix(prefix: str) -> None:
    for word in RESERVED:
        if word in prefix:
            raise invalid(f"Domain cannot contain reserved word: {word}")


def check_free(pool: UserPool, prefix: str) -> None:
    """A prefix belongs to one pool in its Region, whatever account that is in; a pool has one."""
    if (pool.region, prefix) in model.registry().domains:
        raise invalid("Domain already associated with another user pool.")
    if pool.domain:
        raise invalid("User pool already has a domain configured.")


@operation("cognito-idp", "DescribeUserPoolDomain")
def describe_user_pool_domain(call: Call) -> dict[str, Any]:
    """An unknown domain is described by nothing."""
    domain = model.registry().domains.get((call.region, call["Domain"]))
    return {"DomainDescription": domain.describe() if domain else {}}


@operation("cognito-idp", "UpdateUserPoolDomain")
def update_user_pool_domain(call: Call) -> dict[str, Any]:
    """Another version of the pages. Who is signed in there, is no longer: "Managed login" says so."""
    domain = _of(call)
    refuse_custom(call)
    check_version(call)
    plans.check_plan({**domain.pool.settings, **call.parameters})
    version = call.get("ManagedLoginVersion", domain.version)
    if version != domain.version:
        domain = domain.pool.domain = Domain(domain.prefix, domain.pool, version)
        model.registry().domains[call.region, domain.prefix] = domain
    return {"ManagedLoginVersion": version}


@operation("cognito-idp", "DeleteUserPoolDomain")
def delete_user_pool_domain(call: Call) -> None:
    domain = _of(call)
    del model.registry().domains[call.region, domain.prefix]
    domain.pool.domain = None


def _of(call: Call) -> Domain:
    domain = model.pool_in(call).domain
    if domain is None or domain.prefix != call["Domain"]:
        raise invalid("No such domain or user pool exists.")
    return domain
