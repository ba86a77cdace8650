// Amplify's sign-in by SRP, with second factors, with the choice of a first factor; its sign-up without a password; its
// session with the identity pool's credentials, its sign-out.
import { Amplify } from "aws-amplify";
import {
  autoSignIn, confirmSignIn, confirmSignUp, fetchAuthSession, fetchUserAttributes, getCurrentUser, setUpTOTP, signIn,
  signOut, signUp, updateMFAPreference, updatePassword, verifyTOTPSetup,
} from "aws-amplify/auth";
import { URI } from "otpauth";

const made = JSON.parse(process.env.MADE);
const endpoint = process.env.AWS_ENDPOINT_URL;

Amplify.configure({
  Auth: {
    Cognito: {
      userPoolId: made.pool,
      userPoolClientId: made.apps.public.id,
      userPoolEndpoint: endpoint,
      identityPoolId: made.identity_pool,
      identityPoolEndpoint: endpoint,
    },
  },
});

const named = (promise) => promise.then((answer) => answer, (error) => error.name);

const wrong = await named(signIn({ username: "mara", password: "Rock-pools-2026!" }));
const right = await named(signIn({ username: "mara", password: made.people.mara }));
const session = await fetchAuthSession();
const renewed = await fetchAuthSession({ forceRefresh: true });
const attributes = await fetchUserAttributes();
const weak = await named(updatePassword({ oldPassword: made.people.mara, newPassword: "pools" }));
const user = await getCurrentUser();
await signOut({ global: true });
const after = await named(getCurrentUser());

// The same people in a pool with second factors.
const { pool, app } = made.optional;
Amplify.configure({ Auth: { Cognito: { userPoolId: pool, userPoolClientId: app.id, userPoolEndpoint: endpoint } } });
const another = (code) => String((Number(code) + 1) % 1e6).padStart(6, "0");

async function signInWith(username, rightCode) {
  const asked = await signIn({ username, password: made.people[username] });
  const code = await rightCode();
  const refused = await named(confirmSignIn({ challengeResponse: another(code) }));
  const answer = await named(confirmSignIn({ challengeResponse: code }));
  const factor = (await fetchAuthSession()).tokens.idToken.payload.amr[1];
  await signOut();
  return [asked.nextStep.signInStep, refused, answer.isSignedIn, factor];
}

await signIn({ username: "mara", password: made.people.mara });
const authenticator = URI.parse((await setUpTOTP()).getSetupUri("Tidepool", "mara").href);
const now = authenticator.generate();
const wrongSetup = await named(verifyTOTPSetup({ code: another(now) }));
await verifyTOTPSetup({ code: now });
await updateMFAPreference({ totp: "PREFERRED" });
await signOut();
// A code counts once: the next one, as an authenticator has it whose clock is half a minute early.
const byApp = await signInWith("mara", async () => authenticator.generate({ timestamp: Date.now() + 30_000 }));

await signIn({ username: "ines", password: made.people.ines });
await updateMFAPreference({ email: "PREFERRED" });
await signOut();
const codeOf = async (address) => (await (await fetch(`${endpoint}/_lab/inbox/${address}`)).json()).at(-1).code;
const byEmail = await signInWith("ines", () => codeOf("ines@tidepool.example"));

// And in a pool where they choose how they begin.
const { pool: userPoolId, app: { id: userPoolClientId } } = made.choosing;
Amplify.configure({ Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: endpoint } } });
const options = { authFlowType: "USER_AUTH" };

async function choose(factor, answer) {
  const offered = await signIn({ username: "ben", options });
  const asked = await confirmSignIn({ challengeResponse: factor });
  const given = await named(confirmSignIn({ challengeResponse: await answer() }));
  if (given.isSignedIn) await signOut();
  return [...offered.nextStep.availableChallenges, asked.nextStep.signInStep, given.isSignedIn ?? given];
}

await signIn({ username: "ben", options });
const notOffered = await named(confirmSignIn({ challengeResponse: "SMS_OTP" }));
const codeOfBen = () => codeOf("ben@tidepool.example");
const { ben } = made.people;
const chosen = {
  "a wrong code": await choose("EMAIL_OTP", async () => another(await codeOfBen())),
  "a code": await choose("EMAIL_OTP", codeOfBen),
  "a wrong password": await choose("PASSWORD", () => "Rock-pools-2026!"),
  "a password": await choose("PASSWORD", () => ben),
  "a wrong password, by SRP": await choose("PASSWORD_SRP", () => "Rock-pools-2026!"),
  "a password, by SRP": await choose("PASSWORD_SRP", () => ben),
};
const preferring = { ...options, preferredChallenge: "PASSWORD_SRP" };
const preferred = await named(signIn({ username: "ben", password: ben, options: preferring }));
await signOut();

// Nele has no password from the beginning, and Kai has one; the code of the confirmation signs both in.
async function join(username, password) {
  const email = `${username}@tidepool.example`;
  await signUp({ username, password, options: { userAttributes: { email }, autoSignIn: options } });
  const confirmed = await confirmSignUp({ username, confirmationCode: await codeOf(email) });
  const entered = await autoSignIn();
  const { amr } = (await fetchAuthSession()).tokens.idToken.payload;
  await signOut();
  await new Promise((done) => setTimeout(done, 500));  // Amplify passes over a second autoSignIn within 0.3 seconds
  return [confirmed.nextStep.signUpStep, entered.isSignedIn, ...amr];
}

const joined = [await join("nele"), await join("kai", ben)];
const byCode = { username: "nele", options: { ...options, preferredChallenge: "EMAIL_OTP" } };
const asked = await signIn(byCode);
const again = await named(confirmSignIn({ challengeResponse: await codeOf("nele@tidepool.example") }));

const said = JSON.stringify({
  "wrong password": wrong,
  "signed in": right.isSignedIn,
  user: user.username,
  email: attributes.email,
  credentials: session.credentials.accessKeyId.slice(0, 4),
  "a fresh token": renewed.tokens.accessToken.toString() !== session.tokens.accessToken.toString(),
  "weak password": weak,
  "after sign-out": after,
  "wrong code of a new app": wrongSetup,
  "by app": byApp,
  "by e-mail": byEmail,
  "not offered": notOffered,
  chosen,
  preferred: preferred.isSignedIn,
  joined,
  "a preferred code": [asked.nextStep.signInStep, again.isSignedIn],
});
// A timer of Amplify's sign-up would keep the program for minutes.
process.stdout.write(`${said}\n`, () => process.exit());
