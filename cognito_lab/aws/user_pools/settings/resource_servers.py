"""Resource servers: an API's own scopes, which an access token names as ``IDENTIFIER/SCOPE``.

Source: "Scopes, M2M, and resource servers"; CreateResourceServer in the API reference; "Quotas".
"""

from __future__ import annotations

from typing import Any

from cognito_lab.aws import moto_patches
from cognito_lab.aws.api.operations import Call, operation
from cognito_lab.aws.api.pagination import paginate
from cognito_lab.aws.user_pools import model
from cognito_lab.aws.user_pools.errors import not_found
from cognito_lab.aws.user_pools.model import UserPool
from cognito_lab.errors import AwsError, invalid

MOST = 25  # per pool, AWS's default quota


class ResourceServers(dict[str, dict[str, Any]]):
    """The resource servers of a pool, as ResourceServerType, by identifier."""


def of_pool(pool: UserPool) -> ResourceServers:
    return moto_patches.state_of(pool, ResourceServers)


def scopes(pool: UserPool) -> set[str]:
    """Every custom scope of the pool, as tokens name it."""
    return {
        f"{name}/{scope['ScopeName']}" for name, server in of_pool(pool).items() for scope in server["Scopes"]
    }


@operation("cognito-idp", "CreateResourceServer")
def create_resource_server(call: Call) -> dict[str, Any]:
    pool = model.pool_in(call)
    servers = of_pool(pool)
    if call["Identifier"] in servers:
        raise invalid(f"{call['Identifier']} already exists in user pool {pool.id}.")
    if len(servers) >= MOST:
        raise AwsError("LimitExceededException", "The maximum number of resource servers has been reached.")
    return _set(call, servers)


@operation("cognito-idp", "UpdateResourceServer")
def update_resource_server(call: Call) -> dict[str, Any]:
    """Name and scopes are replaced. A scope that goes is still in the tokens that were issued with it."""
    _find(call)
    return _set(call, of_pool(model.pool_in(call)))


@operation("cognito-idp", "DescribeResourceServer")
def describe_resource_server(call: Call) -> dict[str, Any]:
    return {"ResourceServer": _find(call)}


@operation("cognito-idp", "DeleteResourceServer")
def delete_resource_server(call: Call) -> None:
    _find(call)
    del of_pool(model.pool_in(call))[call["Identifier"]]


@operation("cognito-idp", "ListResourceServers")
def list_resource_servers(call: Call) -> dict[str, Any]:
    found, after = paginate(call, list(of_pool(model.pool_in(call)).values()), "MaxResults")
    return {"ResourceServers": found, **after}


def _set(call: Call, servers: ResourceServers) -> dict[str, Any]:
    server = {name: call[name] for name in ("UserPoolId", "Identifier", "Name")}
    servers[call["Identifier"]] = server | {"Scopes": call.get("Scopes", [])}
    return {"ResourceServer": servers[call["Identifier"]]}


def _find(call: Call) -> dict[str, Any]:
    pool = model.pool_in(call)
    server = of_pool(pool).get(call["Identifier"])
    if server is None:
        raise not_found(f"Resource server {call['Identifier']} does not exist in user pool {pool.id}.")
    return server
