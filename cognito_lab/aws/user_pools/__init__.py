"""Amazon Cognito user pools: a directory of people that answers sign-ins with tokens.

What everything rests on lies here: :mod:`.model` (the pool, its app clients, its domain), :mod:`.directory`
(people, and finding them) with :mod:`.attributes`, :mod:`.passwords`, :mod:`.second_factors` and
:mod:`.software_tokens`, :mod:`.devices`, :mod:`.client_secrets`, and :mod:`.outbox` (what was sent). The rest
goes by the chapters of AWS's guide: :mod:`.settings` (what a developer configures), :mod:`.people` (sign-up,
profiles, recovery, administrators, people from outside), :mod:`.sign_in` (the flows and their challenges),
:mod:`.threat_protection` and :mod:`.tokens`.

Nothing here rests on moto's user pools. They keep passwords as text, sign every pool's tokens with one key,
look for a user by reading all of them, and drop codes and secret hashes before a check could see them: what
would be left of their classes is a name. Pools, app clients and people are small classes of this room, kept
in the account's state, so that they go when the account ends.

Each rule is a function of its own, called through its module, so that one rule can be switched off to
show that a test notices.
"""

from cognito_lab.aws.user_pools.people import (
    admin,
    authenticator_apps,
    federated_users,
    groups,
    mfa_preferences,
    passkeys,
    password_recovery,
    profile,
    remembered_devices,
    sign_up,
    user_sessions,
)
from cognito_lab.aws.user_pools.settings import (
    app_clients,
    branding,
    domains,
    identity_providers,
    inquiries,
    mfa_configuration,
    pools,
    resource_servers,
    session_configuration,
)
from cognito_lab.aws.user_pools.sign_in import flows, refresh
from cognito_lab.aws.user_pools.threat_protection import auth_events, risk_configuration

__all__ = [  # they bring their operations
    "admin",
    "app_clients",
    "auth_events",
    "authenticator_apps",
    "branding",
    "domains",
    "federated_users",
    "flows",
    "groups",
    "identity_providers",
    "inquiries",
    "mfa_configuration",
    "mfa_preferences",
    "passkeys",
    "password_recovery",
    "pools",
    "profile",
    "refresh",
    "remembered_devices",
    "resource_servers",
    "risk_configuration",
    "session_configuration",
    "sign_up",
    "user_sessions",
]
