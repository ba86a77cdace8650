"""Tags of a resource: the three operations that both halves of Cognito have in the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cognito_lab.aws.api.operations import Call, operation


def register_tag_operations(service: str, tags_of: Callable[[Call], dict[str, str]]) -> None:
    """Play TagResource, UntagResource and ListTagsForResource of ``service``.

    ``tags_of`` finds the tags of the resource that a call names by its ``ResourceArn``, or refuses.
    """

    @operation(service, "TagResource")
    def tag_resource(call: Call) -> None:
        tags_of(call).update(call["Tags"])

    @operation(service, "UntagResource")
    def untag_resource(call: Call) -> None:
        tags = tags_of(call)
        for key in call["TagKeys"]:
            tags.pop(key, None)

    @operation(service, "ListTagsForResource")
    def list_tags_for_resource(call: Call) -> dict[str, Any]:
        return {"Tags": tags_of(call)}
