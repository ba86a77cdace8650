// A client for pages without a server of their own: code flow with PKCE, userInfo, refresh; run in Node.
import * as readline from "node:readline/promises";
import { InMemoryWebStorage, OidcClient, WebStorageStateStore } from "oidc-client-ts";

const made = JSON.parse(process.env.MADE);
const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function opened(url) {
  console.log(`mara ${url}`);
  return (await answers.next()).value;
}

const application = (client_id = made.apps.public.id) =>
  new OidcClient({
    authority: `${process.env.AWS_ENDPOINT_URL}/${made.pool}`,
    client_id,
    redirect_uri: made.callback,
    scope: "openid email",
    loadUserInfo: true,
    stateStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  });

const named = (promise) => promise.then((answer) => answer, (error) => error.error ?? error.message);

const app = application();
const back = await opened((await app.createSigninRequest({ nonce: "4711" })).url);
const stranger = await named(application().processSigninResponse(back));
const login = await app.processSigninResponse(back);
const again = await named(app.processSigninResponse(back));
const fresh = await app.useRefreshToken({ state: login });
const other = await opened((await app.createSigninRequest({ scope: "tide" })).url);

console.log(JSON.stringify({
  user: login.profile.username,
  email: login.profile.email,
  refreshed: fresh.access_token !== login.access_token,
  "another page": stranger,
  "the same answer": again,
  "another scope": await named(app.processSigninResponse(other)),
}));
process.exit();
