"""Managed login: the pages and OAuth endpoints at a user pool's domain.

Read in the order in which a sign-in goes: :mod:`.endpoints` (which path is answered by whom),
:mod:`.authorize` (what the app asks for, and how it gets a code), :mod:`.sign_in_pages` with :mod:`.pages`
and :mod:`.sessions` (cookies), :mod:`.federation` with :mod:`.saml` (people who sign in elsewhere), then
:mod:`.token_endpoint` (code for tokens, and what access tokens open) and :mod:`.logout`.
"""
