// Temporary credentials of an identity pool, and S3 with them; the AWS SDK for JavaScript, version 3.
import {
  CognitoIdentityProviderClient, GetUserCommand, InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { fromCognitoIdentityPool } from "@aws-sdk/credential-provider-cognito-identity";

const made = JSON.parse(process.env.MADE);
const region = "us-east-1";
const idp = new CognitoIdentityProviderClient({ region });

const called = (client, command) =>
  client.send(command).then((answer) => answer, (error) => error.name);

const signIn = (password) =>
  called(idp, new InitiateAuthCommand({
    ClientId: made.apps.public.id,
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: "mara", PASSWORD: password },
  }));

const tokens = (await signIn(made.people.mara)).AuthenticationResult;

function s3(token) {
  const logins = token && { [made.issuer]: token };
  const given = { identityPoolId: made.identity_pool, logins, clientConfig: { region } };
  return new S3Client({ region, credentials: fromCognitoIdentityPool(given) });
}

const picture = { Bucket: "tidepool-pictures", Key: "gallery/anemone.svg" };
const opened = await called(s3(tokens.IdToken), new GetObjectCommand(picture));

console.log(JSON.stringify({
  "wrong password": await signIn("Rock-pools-2026!"),
  user: (await called(idp, new GetUserCommand({ AccessToken: tokens.AccessToken }))).Username,
  picture: (await opened.Body.transformToString()).slice(0, 4),
  upload: await called(s3(tokens.IdToken), new PutObjectCommand({ ...picture, Body: "x" })),
  "access token as login": await called(s3(tokens.AccessToken), new GetObjectCommand(picture)),
  guest: await called(s3(), new GetObjectCommand(picture)),
}));
