// Amplify's sign-in by SRP, with second factors, with the choice of a first factor and without a password; its session
// with the identity pool's credentials, its sign-out.
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
const sentTo = async (name) => {
  const inbox = await (await fetch(`${endpoint}/_lab/inbox/${name}@tidepool.example`)).json();
  return inbox.at(-1).code;
};
const byEmail = await signInWith("ines", () => sentTo("ines"));

// A pool in which people choose how they begin. Nele never has a password, Kai has one.
const { pool: userPoolId, app: { id: userPoolClientId } } = made.choosing;
Amplify.configure({ Auth: { Cognito: { userPoolId, userPoolClientId, userPoolEndpoint: endpoint } } });
const authFlowType = "USER_AUTH";
const amr = async () => (await fetchAuthSession()).tokens.idToken.payload.amr;

async function join(username, password) {
  const userAttributes = { email: `${username}@tidepool.example` };
  await signUp({ username, password, options: { userAttributes, autoSignIn: { authFlowType } } });
  const confirmed = await confirmSignUp({ username, confirmationCode: await sentTo(username) });
  const entered = await autoSignIn();
  const steps = [confirmed.nextStep.signUpStep, entered.isSignedIn, ...await amr()];
  await signOut();
  await new Promise((done) => setTimeout(done, 500));  // Amplify passes over a second autoSignIn within 0.3 seconds
  return steps;
}

async function begin(username, more, ...given) {
  const answer = await signIn({ username, options: { authFlowType, ...more } });
  const steps = [answer.nextStep.signInStep, ...(answer.nextStep.availableChallenges ?? [])];
  for (const one of given) {
    const challengeResponse = typeof one === "function" ? await one() : one;
    const next = await confirmSignIn({ challengeResponse }).catch((error) => error);
    steps.push(next.nextStep?.signInStep ?? next.name);
  }
  steps.push(...await amr());
  await signOut();
  return steps;
}

const code = () => sentTo("nele");
const wrongCode = async () => another(await code());
const withoutPassword = await join("nele");
const withPassword = await join("kai", made.people.mara);
const preferred = await begin("nele", { preferredChallenge: "EMAIL_OTP" }, wrongCode, code);
const chosen = await begin("kai", {}, "EMAIL_OTP", () => sentTo("kai"));
const proved = await begin("kai", {}, "PASSWORD_SRP", made.people.mara);
const sent = await begin("kai", {}, "PASSWORD", "Rock-pools-2026!", made.people.mara);

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
  "signed up without a password": withoutPassword,
  "signed up with one": withPassword,
  "a preferred code": preferred,
  "a chosen code": chosen,
  "a chosen proof": proved,
  "a chosen password": sent,
});
// A timer of Amplify's sign-up would keep the program for minutes.
process.stdout.write(`${said}\n`, () => process.exit());
