// AWS's own verifier, on keys that it fetches from AWS's address if FETCHES is set, and else is given.
import { CognitoJwtVerifier } from "aws-jwt-verify";

const made = JSON.parse(process.env.MADE);
const url = process.env.AWS_ENDPOINT_URL;
const { pool, apps } = made;

async function call(operation, body) {
  const target = `AWSCognitoIdentityProviderService.${operation}`;
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

const tokens = (await call("InitiateAuth", {
  ClientId: apps.public.id,
  AuthFlow: "USER_PASSWORD_AUTH",
  AuthParameters: { USERNAME: "mara", PASSWORD: made.people.mara },
})).AuthenticationResult;
const keys = await (await fetch(`${url}/${pool}/.well-known/jwks.json`)).json();

async function verified(token, use = "access", clientId = apps.public.id) {
  const verifier = CognitoJwtVerifier.create({ userPoolId: pool, tokenUse: use, clientId });
  if (!process.env.FETCHES) verifier.cacheJwks(keys);
  try {
    const claims = await verifier.verify(token);
    return claims.username ?? claims["cognito:username"];
  } catch (error) {
    return error.constructor.name;
  }
}

const [header, claims, signature] = tokens.AccessToken.split(".");
const changed = (part, from, to) =>
  Buffer.from(Buffer.from(part, "base64url").toString().replace(from, to)).toString("base64url");
const later = { now: Date.now };
Date.now = () => later.now() + 3600_000;
const expired = await verified(tokens.AccessToken);
Date.now = later.now;

console.log(JSON.stringify({
  access: await verified(tokens.AccessToken),
  id: await verified(tokens.IdToken, "id"),
  "ID for access": await verified(tokens.IdToken),
  "another app's": await verified(tokens.AccessToken, "access", apps.secret.id),
  forged: await verified(`${header}.${changed(claims, '"mara"', '"ines"')}.${signature}`),
  unsigned: await verified(`${changed(header, "RS256", "none")}.${claims}.${signature}`),
  "an hour later": expired,
}));
