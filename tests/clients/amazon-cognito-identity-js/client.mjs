// Sign-up, sign-in by SRP, an authenticator app, refresh and sign-out, with the SDK that the first web applications used.
import {
  AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool,
} from "amazon-cognito-identity-js";
import { TOTP } from "otpauth";

const made = JSON.parse(process.env.MADE);
const url = process.env.AWS_ENDPOINT_URL;
const password = "Tide-pools-2026!";
const pool = new CognitoUserPool({ UserPoolId: made.pool, ClientId: made.apps.public.id, endpoint: url });

const called = (start) =>
  new Promise((resolve) => start((error, answer) => resolve(error ? error.code : answer)));

function signIn(username, password) {
  const user = new CognitoUser({ Username: username, Pool: pool });
  const details = new AuthenticationDetails({ Username: username, Password: password });
  return new Promise((resolve) =>
    user.authenticateUser(details, {
      onSuccess: (session) => resolve([user, session]),
      onFailure: (error) => resolve(error.code),
    }));
}

const mail = new CognitoUserAttribute({ Name: "email", Value: "tove@tidepool.example" });
const weak = await called((done) => pool.signUp("tove", "tide-pools", [mail], null, done));
const { user: tove } = await called((done) => pool.signUp("tove", password, [mail], null, done));
const early = await signIn("tove", password);
const inbox = await (await fetch(`${url}/_lab/inbox/tove@tidepool.example`)).json();
const confirmed = await called((done) => tove.confirmRegistration(inbox.at(-1).code, false, done));
const wrong = await signIn("tove", "Rock-pools-2026!");
const [user, session] = await signIn("tove", password);
const email = (await called((done) => user.getUserAttributes(done))).find((each) => each.Name === "email");
const renewed = await called((done) => user.refreshSession(session.getRefreshToken(), done));
const everywhere = await new Promise((resolve) =>
  user.globalSignOut({ onSuccess: resolve, onFailure: (error) => resolve(error.code) }));
const [same] = await signIn("tove", password);
// As in a browser whose localStorage is empty: an unknown key is null, and goes into the request as null.
const empty = { getItem: () => null, setItem() {}, removeItem() {}, clear() {} };
const elsewhere = new CognitoUserPool({
  UserPoolId: made.pool, ClientId: made.apps.public.id, endpoint: url, Storage: empty,
});
const fresh = new CognitoUser({ Username: "tove", Pool: elsewhere, Storage: empty });
const current = await signIn("tove", password);
const remembered = await called((done) => fresh.refreshSession(current[1].getRefreshToken(), done));
const old = new CognitoUser({ Username: "tove", Pool: pool });
const after = await called((done) => old.refreshSession(session.getRefreshToken(), done));

// Another pool, with second factors.
const guarded = new CognitoUserPool({ UserPoolId: made.optional.pool, ClientId: made.optional.app.id, endpoint: url });
const details = new AuthenticationDetails({ Username: "ben", Password: password });
const ben = new CognitoUser({ Username: "ben", Pool: guarded });

// What is called back, by the name of the callback: where a call goes on, or ends.
const calledBack = (start) => new Promise((resolve) => {
  const names = ["onSuccess", "totpRequired", "associateSecretCode"];
  const each = Object.fromEntries(names.map((name) => [name, (answer) => resolve([name, answer])]));
  start({ ...each, onFailure: (error) => resolve([error.code]) });
});

await calledBack((callbacks) => ben.authenticateUser(details, callbacks));
const [, secret] = await calledBack((callbacks) => ben.associateSoftwareToken(callbacks));
const authenticator = new TOTP({ secret });
const now = authenticator.generate();
const another = (code) => String((Number(code) + 1) % 1e6).padStart(6, "0");
const [wrongSetup] = await calledBack((callbacks) => ben.verifySoftwareToken(another(now), "phone", callbacks));
await calledBack((callbacks) => ben.verifySoftwareToken(now, "phone", callbacks));
const preferred = await called((done) =>
  ben.setUserMfaPreference(null, { Enabled: true, PreferredMfa: true }, done));
const [asked] = await calledBack((callbacks) => ben.authenticateUser(details, callbacks));
// A code counts once: the next one, as an authenticator has it whose clock is half a minute early.
const next = authenticator.generate({ timestamp: Date.now() + 30_000 });
const [wrongCode] = await calledBack((callbacks) => ben.sendMFACode(another(next), callbacks, "SOFTWARE_TOKEN_MFA"));
const [, byApp] = await calledBack((callbacks) => ben.sendMFACode(next, callbacks, "SOFTWARE_TOKEN_MFA"));

// A pool that remembers devices: the SDK keeps what it needs in its storage, the memory of this process.
const remembering = new CognitoUserPool({
  UserPoolId: made.remembering.pool, ClientId: made.remembering.app.id, endpoint: url,
});
const mara = new CognitoUser({ Username: "mara", Pool: remembering });
const hers = new AuthenticationDetails({ Username: "mara", Password: password });
await calledBack((callbacks) => mara.authenticateUser(hers, callbacks));
const laptop = mara.deviceKey;
const [, shared] = await calledBack((callbacks) => mara.associateSoftwareToken(callbacks));
await calledBack((callbacks) => mara.verifySoftwareToken(new TOTP({ secret: shared }).generate(), "phone", callbacks));
await called((done) => mara.setUserMfaPreference(null, { Enabled: true, PreferredMfa: true }, done));
const [onLaptop, there] = await calledBack((callbacks) => mara.authenticateUser(hers, callbacks));
const renewedThere = await called((done) => mara.refreshSession(there.getRefreshToken(), done));
const ownDevices = await calledBack((callbacks) => mara.listDevices(10, null, callbacks));
await calledBack((callbacks) => mara.forgetDevice(callbacks));
const renewedAfter = await called((done) => mara.refreshSession(there.getRefreshToken(), done));
mara.deviceKey = laptop;  // as another browser has it, which does not know that it was forgotten
const [forgotten] = await calledBack((callbacks) => mara.authenticateUser(hers, callbacks));

console.log(JSON.stringify({
  "weak password": weak,
  "not confirmed": early,
  confirmed,
  "wrong password": wrong,
  email: email.Value,
  renewed: renewed.isValid() && renewed.getIdToken().payload["cognito:username"],
  "signed out everywhere": everywhere,
  "signed in again": same.getUsername(),
  "renewed, with nothing stored": remembered.isValid?.() && remembered.getIdToken().payload["cognito:username"],
  "old refresh token": after,
  "wrong code of a new app": wrongSetup,
  "app preferred": preferred,
  asked,
  "wrong code": wrongCode,
  "on a remembered device": [onLaptop, there?.getAccessToken().payload.device_key === laptop],
  "its devices": ownDevices[1]?.Devices.map((each) => each.DeviceKey === laptop),
  "renewed there": renewedThere.isValid?.(),
  "renewed when it is forgotten": renewedAfter,
  "on a forgotten device": forgotten,
  "by app": byApp?.getIdToken().payload.amr,
}));
