"""Managed login: the pages and OAuth endpoints at a user pool's domain.

Read in the order in which a sign-in goes: :mod:`.endpoints` (which path is answered by whom),
:mod:`.requests` (what the app asks for) and :mod:`.authorize` (where the browser goes with that),
:mod:`.sign_in_pages` with :mod:`.pages` and :mod:`.sessions` (cookies), :mod:`.federation` and :mod:`.saml`
with :mod:`.pending` (people who sign in elsewhere), :mod:`.grants` (the code that the app gets), then
:mod:`.token_endpoint` (code for tokens, and what access tokens open) and :mod:`.logout`.
"""
