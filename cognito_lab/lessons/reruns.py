"""A cell that is run twice, or after its scene is over: what can be known of that, for its error.

IPython tells of each cell that it runs ("IPython Events"). A cell that has gone through before is known again
by its source.
"""

from __future__ import annotations

import traceback
from typing import Any

from cognito_lab.aws import former_accounts
from cognito_lab.aws.former_accounts import Account
from cognito_lab.views import tables
from cognito_lab.views.wording import JWT

_ran: dict[str, Account] = {}  # by the source of a cell, where it has gone through the last time
_cell, _began_in = "", former_accounts.current()


def watch(shell: Any) -> None:
    """Hear of each cell of an IPython ``shell``; twice is nothing new."""
    shell.events.register("pre_run_cell", began)
    shell.events.register("post_run_cell", ended)


def began(cell: Any) -> None:
    global _cell, _began_in
    _cell, _began_in = str(cell.raw_cell), former_accounts.current()


def ended(result: Any) -> None:
    if result.success and result.info is not None:
        _ran[str(result.info.raw_cell)] = former_accounts.current()


def note(error: BaseException) -> str:
    """One line on why the cell stops with ``error`` now; empty where nothing is known."""
    if said := former_accounts.told_by(asked(error)):
        return said
    before, now = _ran.get(_cell), former_accounts.current()
    if before is None or _began_in is not now:  # a cell that begins an account is at its scene
        return ""
    if before is not now:
        return f"This cell ran in {before.is_over}"
    if now.scene:
        return f"This cell has already run in the scene “{now.scene}”: {now.run_again}"
    return f"This cell has already run in this account: {now.run_again}"


def asked(error: BaseException) -> str:
    """What had been asked for before ``error``: the input of a call, who signed it, a request, tokens."""
    said = [str(error)]
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_name == "_make_api_call" and "api_params" in frame.f_locals:
            signer = frame.f_locals["self"]._request_signer
            said += [str(frame.f_locals["api_params"]), str(getattr(signer._credentials, "access_key", ""))]
    request = getattr(getattr(error, "response", None), "request", None)
    if request is not None:
        said += [str(request.url), str(request.body)]
    if error.__cause__ is not None:
        said.append(asked(error.__cause__))
    text = "\n".join(said)
    return "\n".join([text, *(str(claims(token)) for token in JWT.findall(text))])


def claims(token: str) -> Any:
    """What a token says, or nothing."""
    try:
        return tables.decoded(token)[1]
    except ValueError:
        return ""
