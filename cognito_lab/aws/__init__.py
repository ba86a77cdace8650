"""What AWS does and moto does not: one room per service, named as AWS names it.

Nothing in here knows that notebooks, widgets or browsers exist. moto is touched in one module
only, :mod:`cognito_lab.aws.moto_patches`. What answers for what is listed in :func:`register`.
"""

from __future__ import annotations

import re
from functools import cache


@cache
def register() -> None:
    """Let every room of this folder answer, once for the life of the process.

    Who answers for what is said here and nowhere else, except for single operations: those a room brings when
    it is imported, by ``@operation`` and ``@check_before``. Before that nothing is imported, so that
    ``import cognito_lab`` stays light.
    """
    from cognito_lab.aws import (
        cloudtrail,
        identity_pools,
        lambda_functions,
        moto_patches,
        secrets_manager,
        sts,
        user_pools,
    )
    from cognito_lab.aws.api import dispatch, services
    from cognito_lab.aws.api_gateway import apis, endpoint
    from cognito_lab.aws.dynamodb import access as dynamodb_access
    from cognito_lab.aws.dynamodb import inputs as dynamodb_inputs
    from cognito_lab.aws.iam import deleted_principals, enforcement, identity_providers, instance_profiles
    from cognito_lab.aws.identity_pools import credentials, open_id_tokens
    from cognito_lab.aws.lambda_functions import function_policies
    from cognito_lab.aws.managed_login import routes
    from cognito_lab.aws.s3 import access, deletion, website
    from cognito_lab.aws.user_pools.settings import domains
    from cognito_lab.network import hosts, own_servers

    # These are imported for their operations alone.
    del (
        cloudtrail,
        deleted_principals,
        deletion,
        dynamodb_inputs,
        identity_pools,
        identity_providers,
        instance_profiles,
        lambda_functions,
        sts,
        user_pools,
    )

    # Hosts, by patterns of the whole name; the first one that fits answers.
    hosts.register_host(
        re.escape(open_id_tokens.ISSUER_HOST), "cognito-identity", open_id_tokens.discovery_response
    )
    hosts.register_host(website.WEBSITE_HOSTS, "s3 website", website.website)
    hosts.register_host(domains.DOMAIN_HOST, "managed login", routes.handle)
    hosts.register_host(services.EXECUTE_API, "API Gateway", endpoint.answer)
    own = own_servers.answer_by(lambda: moto_patches.account_state(own_servers.OwnServers))
    hosts.register_host(own_servers.HOSTS, own_servers.NAME, own)
    for service, pattern in services.API_HOSTS.items():
        hosts.register_host(pattern, service, dispatch.handler(service))

    # Services that judge who may do what by rules of their own: buckets and functions have policies.
    enforcement.AUTHORIZERS["s3"] = access.authorize
    enforcement.AUTHORIZERS["dynamodb"] = dynamodb_access.authorize
    enforcement.AUTHORIZERS["secretsmanager"] = secrets_manager.authorize
    enforcement.AUTHORIZERS.update(dict.fromkeys(services.API_GATEWAY, apis.authorize))
    enforcement.AUTHORIZERS["cognito-identity"] = credentials.authorize
    enforcement.AUTHORIZERS["lambda"] = function_policies.authorize
