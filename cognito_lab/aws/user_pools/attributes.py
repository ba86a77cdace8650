"""Attributes: the pool's schema, what a value must look like, and which an app client may read and write.

Source: "Working with user attributes"; SchemaAttributeType in the API reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cognito_lab.aws.user_pools.errors import not_authorized
from cognito_lab.errors import AwsError, invalid

# Every pool has all of these, in the order in which DescribeUserPool lists them: (type, shortest, longest).
STRING = ("String", 0, 2048)
FLAG = ("Boolean", None, None)
STANDARD: dict[str, tuple[str, int | None, int | None]] = {
    "profile": STRING, "address": STRING, "birthdate": ("String", 10, 10), "gender": STRING,
    "preferred_username": STRING, "updated_at": ("Number", 0, None), "website": STRING, "picture": STRING,
    "identities": ("String", None, None), "sub": ("String", 1, 2048), "phone_number": STRING,
    "phone_number_verified": FLAG, "zoneinfo": STRING, "locale": STRING, "email": STRING,
    "email_verified": FLAG, "given_name": STRING, "family_name": STRING, "middle_name": STRING,
    "name": STRING, "nickname": STRING,
}  # fmt: skip
VERIFIED = {"email": "email_verified", "phone_number": "phone_number_verified"}
SET_BY_COGNITO = ("sub", "identities")
# No app client writes these, whatever its list says.
NEVER_WRITABLE = (*SET_BY_COGNITO, *VERIFIED.values())
SIZE: dict[
    str, Callable[[str], float]
] = {  # what the bounds of a type bound; an error if it is not that type
    "String": len,
    "Number": float,
    "Boolean": lambda value: {"true": 1, "false": 0}[value.lower()],
    "DateTime": lambda value: float(value) if value.isdigit() else datetime.fromisoformat(value).year,
}
FORMS = {  # how the value is written, and AWS's text if it is not
    "email": (r"[^@\s]+@[^@\s]+\.[^@\s.]+", "Invalid email address format."),
    "phone_number": (r"\+[1-9]\d{1,14}", "Invalid phone number format."),
    "birthdate": (r"\d{4}-\d\d-\d\d", "Invalid birthdate format: YYYY-MM-DD is expected."),
}
CONSTRAINTS = {  # by type: member of the schema, its lower and its upper bound
    "String": ("StringAttributeConstraints", "MinLength", "MaxLength"),
    "Number": ("NumberAttributeConstraints", "MinValue", "MaxValue"),
}


@dataclass
class Attribute:
    """One attribute of a pool's schema; ``name`` carries ``custom:`` (and ``dev:``) where AWS adds it."""

    name: str
    kind: str
    mutable: bool = True
    required: bool = False
    developer_only: bool = False
    low: int | None = None
    high: int | None = None

    def describe(self) -> dict[str, Any]:
        """SchemaAttributeType, as DescribeUserPool gives it."""
        answer: dict[str, Any] = {
            "Name": self.name, "AttributeDataType": self.kind, "DeveloperOnlyAttribute": self.developer_only,
            "Mutable": self.mutable, "Required": self.required,
        }  # fmt: skip
        if self.kind in CONSTRAINTS:
            member, low, high = CONSTRAINTS[self.kind]
            bounds = {low: self.low, high: self.high}
            answer[member] = {name: str(bound) for name, bound in bounds.items() if bound is not None}
        return answer


@dataclass
class Schema:
    """The attributes of one pool by name. It only grows."""

    attributes: dict[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (kind, low, high) in STANDARD.items():
            self.attributes[name] = Attribute(name, kind, name != "sub", name == "sub", False, low, high)

    @property
    def required(self) -> list[str]:
        return [name for name, attribute in self.attributes.items() if attribute.required and name != "sub"]

    def declare(self, given: Mapping[str, Any]) -> None:
        """Add a custom attribute, or set what the pool asks of a standard one (SchemaAttributeType)."""
        check_has_name(given)
        name = given["Name"]
        if name in STANDARD:
            self._declare_standard(self.attributes[name], given)
        else:
            self.add_custom(given)

    def _declare_standard(self, attribute: Attribute, given: Mapping[str, Any]) -> None:
        kind = given.get("AttributeDataType") or attribute.kind
        if kind != attribute.kind or given.get("DeveloperOnlyAttribute") or attribute.name in SET_BY_COGNITO:
            raise invalid(
                f"You can not change AttributeDataType or set developerOnlyAttribute for standard schema "
                f"attribute {attribute.name}"
            )
        attribute.required = bool(given.get("Required", attribute.required))
        attribute.mutable = bool(given.get("Mutable"))  # measured: what is left out is "no", here as well
        low, high = _bounds(attribute.name, attribute.kind, given)
        attribute.low = attribute.low if low is None else low
        attribute.high = attribute.high if high is None else high

    def add_custom(self, given: Mapping[str, Any]) -> None:
        check_has_name(given)
        name = f"custom:{given['Name']}"
        if given.get("DeveloperOnlyAttribute"):
            name = f"dev:{name}"
        if given.get("Required"):
            raise invalid("Required custom attributes are not supported currently.")
        if name in self.attributes:
            raise invalid(f"{name}: Existing attribute already has name {name}.")
        if sum(known not in STANDARD for known in self.attributes) >= 50:
            raise invalid("A user pool can have at most 50 custom attributes.")
        kind = given.get("AttributeDataType") or "String"
        low, high = _bounds(name, kind, given)
        mutable, developer_only = bool(given.get("Mutable")), bool(given.get("DeveloperOnlyAttribute"))
        self.attributes[name] = Attribute(name, kind, mutable, False, developer_only, low, high)

    def find(self, name: str) -> Attribute:
        """The attribute called ``name``.

        Raises:
            AwsError: ``InvalidParameterException``: the schema does not have it.
        """
        if name not in self.attributes:
            raise does_not_conform(name, "Attribute does not exist in the schema.")
        return self.attributes[name]


def check_has_name(given: Mapping[str, Any]) -> None:
    """AWS's model lets a schema entry without a name pass; there is no such attribute."""
    if not given.get("Name"):
        raise invalid("An attribute of the schema has no name.")


def _bounds(name: str, kind: str, given: Mapping[str, Any]) -> tuple[int | None, int | None]:
    if kind not in CONSTRAINTS:
        return None, None
    member, *ends = CONSTRAINTS[kind]
    try:
        low, high = (int(text) if (text := (given.get(member) or {}).get(end)) else None for end in ends)
    except ValueError:
        raise invalid(f"Invalid {member} for schema attribute {name}") from None
    if kind == "String" and any(bound is not None and not 0 <= bound <= 2048 for bound in (low, high)):
        raise invalid(f"user.{name}: String attributes cannot have a length of more than 2048")
    if low is not None and high is not None and low > high:
        raise invalid(f"user.{name}: the upper bound cannot be less than the lower bound.")
    return low, high


def does_not_conform(name: str, why: str) -> AwsError:
    return invalid(f"Attributes did not conform to the schema: {name}: {why}\n")


# -- values --------------------------------------------------------------------------------------


def as_mapping(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """AttributeType pairs as a mapping; a missing value counts as blank. ``email_verified`` and its like are
    kept in lower case, however they were written (measured)."""
    given = {pair["Name"]: pair.get("Value") or "" for pair in pairs}
    return {name: value.lower() if name in VERIFIED.values() else value for name, value in given.items()}


def as_pairs(values: Mapping[str, str], only: Iterable[str] | None = None) -> list[dict[str, str]]:
    """The mapping as AttributeType pairs, all of it or ``only`` the named ones."""
    wanted = values.keys() if only is None else set(only)
    return [{"Name": name, "Value": value} for name, value in values.items() if name in wanted]


def check_values(schema: Schema, values: Mapping[str, str]) -> None:
    """Each value against its attribute: declared, of its type, within its bounds."""
    for name, value in values.items():
        attribute = schema.find(name)
        if name in SET_BY_COGNITO:
            raise invalid(f"Cannot modify the non-mutable attribute {name}")
        if value:
            check_value(attribute, value)


def check_value(attribute: Attribute, value: str) -> None:
    """One value against its attribute's type, bounds and form; a blank one deletes and is not checked."""
    name, kind = attribute.name, attribute.kind
    try:
        size = SIZE[kind](value)
    except (ValueError, KeyError):
        raise does_not_conform(name, f"The value is not of the type {kind}") from None
    if attribute.low is not None and size < attribute.low:
        raise does_not_conform(name, f"{kind} cannot be less than {attribute.low}")
    if attribute.high is not None and size > attribute.high:
        raise does_not_conform(name, f"{kind} cannot be longer than {attribute.high}")
    if name in FORMS and not has_form_of(name, value):
        raise invalid(FORMS[name][1])


def has_form_of(name: str, value: str) -> bool:
    """Whether ``value`` looks like an ``email``, a ``phone_number`` or a ``birthdate``."""
    return re.fullmatch(FORMS[name][0], value) is not None


def check_required(schema: Schema, values: Mapping[str, str], but_mutable: bool = False) -> None:
    """At sign-up, every required attribute has a value; ``but_mutable`` ones may come later."""
    for name in schema.required:
        if not values.get(name) and not (but_mutable and schema.find(name).mutable):
            raise does_not_conform(name, "The attribute is required")


def check_may_be_answered(schema: Schema, names: Iterable[str]) -> None:
    """Who answers a challenge sets nothing immutable, nor says what is verified (the latter is measured).

    Raises:
        AwsError: ``InvalidParameterException``.
    """
    for name in names:
        attribute = schema.find(name)  # of a required one it is said whether it is missing
        if name in VERIFIED.values() or not (attribute.mutable or attribute.required):
            raise invalid(f"Cannot modify the non-mutable attribute {name}")


def check_mutable(schema: Schema, changes: Mapping[str, str]) -> None:
    """An immutable attribute has the value that it got when the user was made, or none for ever."""
    for name in changes:
        if not schema.find(name).mutable:
            raise invalid(f"user.{name}: Attribute cannot be updated.\n")


# -- what an app client may do -------------------------------------------------------------------


def readable(schema: Schema, chosen: Iterable[str] | None) -> set[str]:
    """The attributes that an app client with these ``ReadAttributes`` sees; ``sub`` always.

    Without a list it sees all, the pool's own as well: so measured, while AWS's page says "standard".
    """
    return {"sub", *(schema.attributes if chosen is None else chosen)} & set(schema.attributes)


def writable(schema: Schema, chosen: Iterable[str] | None) -> set[str]:
    """The attributes that an app client with these ``WriteAttributes`` may set; without a list, the pool's
    own as well, as for reading. Developer-only ones are for administrators (SchemaAttributeType)."""
    administrators = {one.name for one in schema.attributes.values() if one.developer_only}
    return set(schema.attributes if chosen is None else chosen) - set(NEVER_WRITABLE) - administrators


def check_write_rights(schema: Schema, chosen: Iterable[str] | None, names: Iterable[str]) -> None:
    """The app client may write all of ``names``."""
    for name in names:
        schema.find(name)
    if not set(names) <= writable(schema, chosen):
        raise not_authorized("A client attempted to write unauthorized attribute")
