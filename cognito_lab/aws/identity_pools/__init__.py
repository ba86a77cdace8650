"""Amazon Cognito identity pools: a login, or none, becomes an identity, and an identity credentials.

In the order in which things happen: :mod:`pools` (what is configured), :mod:`logins` (is this login
genuine?), :mod:`identities` (whose is it?), :mod:`role_selection` (which role?), :mod:`principal_tags`
(which tags?), and then either :mod:`credentials` (the enhanced flow) or :mod:`open_id_tokens` (the basic
flow). With :mod:`developer_identities` the developer's own server vouches for people.
"""

from cognito_lab.aws.identity_pools import (
    credentials,
    developer_identities,
    identities,
    logins,
    open_id_tokens,
    pools,
    principal_tags,
    role_selection,
)

__all__ = [
    "credentials",
    "developer_identities",
    "identities",
    "logins",
    "open_id_tokens",
    "pools",
    "principal_tags",
    "role_selection",
]
