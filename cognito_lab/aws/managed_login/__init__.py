"""Managed login: the pages and OAuth endpoints at a user pool's domain.

Read in the order in which a sign-in goes: :mod:`.routes` (which path is answered by whom),
:mod:`.oauth.requests` (what the app asks for) and :mod:`.oauth.authorize` (where the browser goes with that),
:mod:`.pages.sign_in_pages` with :mod:`.browser_sessions` and :mod:`.csrf` (cookies), :mod:`.federation`
(people who sign in elsewhere), :mod:`.oauth.authorization_codes` (the code that the app gets), then
:mod:`.oauth.token_endpoint` (code for tokens), :mod:`.oauth.userinfo` and :mod:`.oauth.logout`.
"""
