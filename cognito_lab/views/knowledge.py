"""Who knows what about a person now: asked of AWS as the account's owner, and of the Google stand-in.

What a store does not know is found by looking for what another told, in everything that this one tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from cognito_lab.views.diagrams import Diagram
from cognito_lab.views.palette import LANE, LINE, PAPER, QUIET, WIDTH
from cognito_lab.views.svg import box, document, svg_text, wrapped
from cognito_lab.views.wording import USER_POOL, leaves, shortened

if TYPE_CHECKING:
    from cognito_lab.providers.google import Google

POOL_SUB, GOOGLE_SUB = "user pool's sub", "Google's sub"
SUBS = {"cognito-idp": POOL_SUB, "accounts.google.com": GOOGLE_SUB}  # by which a login is known again
PERSONAL = ("username", "name", "email", "group", POOL_SUB, GOOGLE_SUB, "identity id")
# What no call can show. Cognito guide: "Mapping IdP attributes", "Identity pools"; IAM guide: "IAM roles".
WITHOUT = {
    "user pool": ["Google's password; Google's tokens, unless they are mapped"],
    "identity pool": ["any password, any profile"],
    "IAM": ["people: it knows roles"],
}


@dataclass
class Store:
    """One place: ``rows`` to show, ``told`` to search in, and what it ``keeps`` and tells nobody."""

    name: str
    where: str = "nobody here"
    rows: list[tuple[str, str]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    keeps: list[str] = field(default_factory=list)

    def knows(self, value: str) -> bool:
        """Whether ``value`` stands anywhere in what was told, as a whole word."""
        word = re.compile(rf"(?<![\w.@-]){re.escape(value)}(?!\w|[.@-]\w)")
        answers = [{**answer, "ResponseMetadata": None} for answer in self.told]  # which boto3 adds
        return any(word.search(str(value)) for *_, value in leaves(answers))


@dataclass
class Knowledge:
    """A picture with a column for each store."""

    title: str
    stores: list[Store]

    def parts(self, store: Store) -> list[tuple[str, list[str]]]:
        """What stands in the column of ``store``, under which headings."""
        facts = [row for each in self.stores for row in each.rows if row[0] in PERSONAL]
        known = {label for label, value in facts if store.knows(value)} | set(store.keeps)
        parts = {
            "tells": [f"{label}: {shortened(value)}" for label, value in store.rows],
            "keeps to itself (stated)": store.keeps,
            "does not know": [f"✗ {label}" for label in dict(facts) if label not in known],
            "is without (stated)": WITHOUT.get(store.name, []),
        }
        return [(heading, rows) for heading, rows in parts.items() if rows]

    def transcript(self) -> str:
        lines = [self.title]
        for store in self.stores:
            lines.append(f"{store.name}: {store.where}")
            lines += [f"    {heading}: {'; '.join(rows)}" for heading, rows in self.parts(store)]
        return "\n".join(lines)

    def alt(self) -> str:
        return ". ".join(line.strip() for line in self.transcript().splitlines()) + "."

    def svg(self) -> str:
        step = (WIDTH - 20) / len(self.stores)
        bold = 'font-weight="bold"'
        drawn = [svg_text(WIDTH / 2, 26, self.title, 16, more=bold)]
        low = 0.0
        for number, store in enumerate(self.stores):
            left, y = 14 + step * number, 90.0
            drawn.append(box(left, 40, step - 8, 42, LANE, LINE, 'rx="7"'))
            drawn.append(svg_text(left + step / 2 - 4, 58, store.name, 14, more=bold))
            drawn.append(
                svg_text(left + step / 2 - 4, 74, wrapped(store.where, step - 20, 11, 1)[0], 11, QUIET)
            )
            for heading, rows in self.parts(store):
                drawn.append(svg_text(left + 8, y + 12, heading, 11, QUIET, bold, "start"))
                y += 18
                for line in (line for row in rows for line in wrapped(row, step - 24, 12, 3)):
                    drawn.append(svg_text(left + 8, y + 11, line, 12, anchor="start"))
                    y += 16
                y += 8
            low = max(low, y)
        lefts = [14 + step * number for number in range(len(self.stores))]
        frames = [box(left, 40, step - 8, low - 40, PAPER, LINE, 'rx="7"') for left in lefts]
        drawn.append(svg_text(WIDTH / 2, low + 16, "stated: AWS documents it, no call shows it", 11, QUIET))
        return document(frames + drawn, low + 24, self.alt())


def who_knows(
    google: Google, *, username: str = "", identity_id: str = "", google_email: str = ""
) -> Diagram:
    """What Google, the user pool, the identity pool and IAM know about one person now.

    ``google`` is ``lab.google``; ``username`` the name in the user pool, ``google_email`` the address of the
    Google account. What is not given is not asked, and has no column; of a name in two user pools, each has
    one. Raises ValueError where nothing is given.
    """
    if not (username or identity_id or google_email):
        raise ValueError("name the person: username=…, identity_id=…, google_email=…, or several of them")
    roles: dict[str, None] = {}  # ARNs, as they are met
    stores = [_google(google, google_email)] if google_email else []
    stores += (list(_user_pools(username, roles)) or [Store("user pool")]) if username else []
    stores += [_identity_pool(identity_id, roles)] if identity_id else []
    title = f"Who knows what about {username or google_email or shortened(identity_id)} now"
    return Diagram([Knowledge(title, [*stores, _iam(roles)])])


def _google(google: Google, email: str) -> Store:
    account = google.accounts.get(email)
    if account is None:
        return Store("Google")
    rows = [(GOOGLE_SUB, account.sub), ("email", account.email), ("name", account.name)]
    return Store("Google", "a Google account", rows, [vars(account)], ["password"])


def _user_pools(username: str, roles: dict[str, None]) -> Iterator[Store]:
    users = boto3.client("cognito-idp")
    for pool in _all(users.list_user_pools, "UserPools"):
        named = {"UserPoolId": pool["Id"], "Username": username}
        try:
            user = users.admin_get_user(**named)
        except users.exceptions.UserNotFoundException:
            continue
        groups = users.admin_list_groups_for_user(**named)["Groups"]
        roles |= dict.fromkeys(group["RoleArn"] for group in groups if "RoleArn" in group)
        status = user["UserStatus"] + ("" if user["Enabled"] else ", disabled")
        attributes = {one["Name"]: one["Value"] for one in user["UserAttributes"]}
        rows = [("username", user["Username"]), ("status", status), (POOL_SUB, attributes.pop("sub"))]
        rows += [*attributes.items(), *(("group", group["GroupName"]) for group in groups)]
        password = [] if user["UserStatus"] == "EXTERNAL_PROVIDER" else ["password"]
        yield Store("user pool", pool["Name"], rows, [user, *groups], password)


def _identity_pool(identity_id: str, roles: dict[str, None]) -> Store:
    pools = boto3.client("cognito-identity")
    try:
        identity = pools.describe_identity(IdentityId=identity_id)
    except pools.exceptions.ResourceNotFoundException:
        return Store("identity pool")
    pool = next(
        pool
        for pool in _all(pools.list_identity_pools, "IdentityPools")
        for each in _all(pools.list_identities, "Identities", IdentityPoolId=pool["IdentityPoolId"])
        if each["IdentityId"] == identity_id
    )
    given = pools.get_identity_pool_roles(IdentityPoolId=pool["IdentityPoolId"])
    logins = identity.get("Logins", [])
    rows = [("identity id", identity_id)]
    rows += [("login", USER_POOL.sub("cognito-idp…/", login)) for login in logins] or [("login", "none")]
    rows += [(f"{kind} role", arn) for kind, arn in given.get("Roles", {}).items()]
    rows += [("role mapping", mapping["Type"]) for mapping in given.get("RoleMappings", {}).values()]
    roles |= {value: None for *_, value in leaves(given) if ":role/" in str(value)}
    subs = [sub for kind, sub in SUBS.items() if any(login.startswith(kind) for login in logins)]
    return Store("identity pool", pool["IdentityPoolName"], rows, [identity, given], subs)


def _iam(roles: dict[str, None]) -> Store:
    iam = boto3.client("iam")
    store = Store("IAM", f"roles that the others name: {len(roles)}")
    for name in (arn.rpartition("/")[2] for arn in roles):
        try:
            store.told.append(iam.get_role(RoleName=name)["Role"])
        except iam.exceptions.NoSuchEntityException:
            store.rows.append(("role", f"{name}, which does not exist"))
            continue
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        store.told += [iam.get_role_policy(RoleName=name, PolicyName=policy) for policy in names]
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            store.told.append(iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version))
            names.append(policy["PolicyName"])
        store.rows.append(("role", f"{name} with {', '.join(names) or 'no policy'}"))
    return store


def _all(operation: Callable[..., Any], members: str, **asked: str) -> Iterator[Any]:
    page = operation(MaxResults=60, **asked)
    yield from page[members]
    if "NextToken" in page:
        yield from _all(operation, members, **{**asked, "NextToken": page["NextToken"]})
