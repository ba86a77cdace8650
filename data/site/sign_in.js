// Two ways to an ID token: Google's button, or a user pool's pages. Each has `prepare`, which shows a way in
// and in the end calls `enter` with the token or `tell` with what went wrong, and `signOut`.
//
// Sources: Google, "Sign in with Google JavaScript API reference"; Cognito, "The redirect and authorization
// endpoint", "The token issuer endpoint"; RFC 7636 (PKCE); OpenID Connect Core 1.0, 3.1.2.1 (nonce).

import { config, address } from "./config.js";

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const base64url = (octets) =>
  btoa(String.fromCharCode(...new Uint8Array(octets))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** What an ID token says: read, not verified. The identity pool verifies it; this page only greets by it. */
export function claimsOf(token) {
  const payload = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (char) => char.charCodeAt(0))));
}

// -- Google's button: its script opens Google's window, and hands the token to a function of this page --------

const google = {
  async prepare(place, enter, tell) {
    try {
      await load(address("https://accounts.google.com/gsi/client"));
    } catch {
      return tell("no_google");
    }
    const nonce = random();
    window.google.accounts.id.initialize({
      client_id: config.clientId,
      nonce,
      callback: ({ credential }) =>
        isFor(credential, nonce) ? enter(credential) : tell("not_begun_here"),
    });
    const look = { theme: "outline", size: "large", click_listener: () => tell("google_window") };
    window.google.accounts.id.renderButton(place, look);
  },
  signOut() {
    window.google.accounts.id.disableAutoSelect();
  },
};

const load = (src) =>
  new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src, onload: resolve, onerror: reject });
    document.head.append(script);
  });

/** Whether a token answers this page's own question; one taken from elsewhere has another nonce, or none. */
function isFor(token, nonce) {
  try {
    return claimsOf(token).nonce === nonce;
  } catch {
    return false;
  }
}

// -- A user pool: there by redirect, back with a code, and the code against tokens ----------------------------

const userPool = {
  async prepare(place, enter, tell) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Sign in" });
    button.addEventListener("click", go);
    place.append(button);
    if (sessionStorage.getItem("left")) tell("signed_out");
    sessionStorage.removeItem("left");
    const back = new URLSearchParams(location.search);
    if (!back.has("code") && !back.has("error")) return;
    const begun = JSON.parse(sessionStorage.getItem("begun") ?? "{}");
    sessionStorage.removeItem("begun");
    history.replaceState(null, "", here() + (begun.hash ?? "")); // a code is for using once, not for bookmarks
    if (!begun.state || back.get("state") !== begun.state) return tell("not_begun_here");
    if (back.has("error")) return tell(reason(back), back.get("error_description") ?? back.get("error"));
    const form = {
      grant_type: "authorization_code",
      client_id: config.clientId,
      code: back.get("code"),
      redirect_uri: here(),
      code_verifier: begun.verifier,
    };
    const body = new URLSearchParams(form);
    const answer = await fetch(address(`${config.domain}/oauth2/token`), { method: "POST", body });
    const tokens = await answer.json();
    if (!answer.ok) return tell(tokens.error);
    if (!isFor(tokens.id_token, begun.nonce)) return tell("not_begun_here");
    return enter(tokens.id_token);
  },
  signOut() {
    sessionStorage.setItem("left", "yes"); // for the page that comes back
    const fields = new URLSearchParams({ client_id: config.clientId, logout_uri: here() });
    location.assign(address(`${config.domain}/logout?${fields}`));
  },
};

const here = () => location.origin + location.pathname; // the redirect address, letter for letter as registered

/** Cognito passes on that Google was told no, in its own words; the code alone does not say it. */
const reason = (back) =>
  /access_denied/.test(back.get("error") + back.get("error_description")) ? "access_denied" : back.get("error");

async function go() {
  const begun = { state: random(), nonce: random(), verifier: random(), hash: location.hash };
  sessionStorage.setItem("begun", JSON.stringify(begun));
  const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(begun.verifier));
  const question = new URLSearchParams({
    response_type: "code",
    client_id: config.clientId,
    redirect_uri: here(),
    scope: "openid email profile",
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: base64url(challenge),
    code_challenge_method: "S256",
  });
  location.assign(address(`${config.domain}/oauth2/authorize?${question}`));
}

export const way = config.domain ? userPool : google;
