"""Amazon Cognito user pools: a directory of people that answers sign-ins with tokens.

Read in the order in which things happen: :mod:`.pools` and :mod:`.app_clients` (settings),
:mod:`.attributes`, :mod:`.passwords`, :mod:`.directory` (people), :mod:`.sign_up` with :mod:`.codes` and
:mod:`.messages`, :mod:`.sign_in` with :mod:`.srp`, :mod:`.tokens`, then what people (:mod:`.profile`,
:mod:`.recovery`) and administrators (:mod:`.admin`, :mod:`.groups`) do; people from outside come by
:mod:`.identity_providers` and :mod:`.federated`.

Nothing here rests on moto's user pools. They keep passwords as text, sign every pool's tokens with one key,
look for a user by reading all of them, and drop codes and secret hashes before a check could see them: what
would be left of their classes is a name. Pools, app clients and people are small classes of this room, kept
in the account's state, so that they go when the account ends.

Each rule is a function of its own, called through its module, so that one rule can be switched off to
show that a test notices.
"""

from cognito_lab.aws.user_pools.people import (
    admin,
    federated_users,
    groups,
    password_recovery,
    profile,
    sign_up,
)
from cognito_lab.aws.user_pools.settings import (
    app_clients,
    branding,
    domains,
    identity_providers,
    pools,
    resource_servers,
)
from cognito_lab.aws.user_pools.sign_in import flows
from cognito_lab.aws.user_pools.tokens import issuing

__all__ = [
    "admin",
    "app_clients",
    "branding",
    "domains",
    "federated",
    "groups",
    "identity_providers",
    "pools",
    "profile",
    "recovery",
    "resource_servers",
    "sign_in",
    "sign_up",
    "tokens",
]
