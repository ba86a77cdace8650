// Amplify's sign-in by SRP, its session with the identity pool's credentials, and its sign-out.
import { Amplify } from "aws-amplify";
import { fetchAuthSession, fetchUserAttributes, getCurrentUser, signIn, signOut, updatePassword } from "aws-amplify/auth";

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

console.log(JSON.stringify({
  "wrong password": wrong,
  "signed in": right.isSignedIn,
  user: user.username,
  email: attributes.email,
  credentials: session.credentials.accessKeyId.slice(0, 4),
  "a fresh token": renewed.tokens.accessToken.toString() !== session.tokens.accessToken.toString(),
  "weak password": weak,
  "after sign-out": after,
}));
