// A certified OpenID Connect client: discovery, code flow with PKCE, state and nonce, refresh, revocation.
import * as readline from "node:readline/promises";
import * as client from "openid-client";

const made = JSON.parse(process.env.MADE);
const issuer = new URL(`${process.env.AWS_ENDPOINT_URL}/${made.pool}`);
const person = readline.createInterface({ input: process.stdin });
const answers = person[Symbol.asyncIterator]();

async function opened(url) {
  console.log(`mara ${url}`);
  return new URL((await answers.next()).value);
}

const named = (promise) =>
  promise.then((answer) => answer, (error) => error.error ?? error.code ?? error.name);

const http = { execute: [client.allowInsecureRequests] };
const { id, secret } = made.apps.secret;
const known = await client.discovery(issuer, id, secret, client.ClientSecretBasic(secret), http);
const stranger = await client.discovery(issuer, id, "no", client.ClientSecretBasic("no"), http);

async function begin() {
  const verifier = client.randomPKCECodeVerifier();
  const checks = { expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const where = client.buildAuthorizationUrl(known, {
    redirect_uri: made.callback,
    scope: "openid email",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  });
  return { back: await opened(where), checks: { ...checks, pkceCodeVerifier: verifier } };
}

const redeem = ({ back, checks }, changed = {}, config = known) =>
  named(client.authorizationCodeGrant(config, back, { ...checks, ...changed }));

const login = await begin();
const tokens = await redeem(login);
const again = await redeem(login);
const user = await client.fetchUserInfo(known, tokens.access_token, tokens.claims().sub);
const fresh = await client.refreshTokenGrant(known, tokens.refresh_token);
await client.tokenRevocation(known, tokens.refresh_token);
const other = await begin();

console.log(JSON.stringify({
  user: user.username,
  email: tokens.claims().email,
  refreshed: fresh.claims().sub === tokens.claims().sub,
  "the same code": again,
  "after revocation": await named(client.refreshTokenGrant(known, tokens.refresh_token)),
  "revoked at userInfo": await named(client.fetchUserInfo(known, tokens.access_token, tokens.claims().sub)),
  "another state": await redeem(other, { expectedState: "no" }),
  "another secret": await redeem(other, {}, stranger),
  "another verifier": await redeem(await begin(), { pkceCodeVerifier: "x".repeat(48) }),
  "another nonce": await redeem(await begin(), { expectedNonce: "no" }),
}));
process.exit();
