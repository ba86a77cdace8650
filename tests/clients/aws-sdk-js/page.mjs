// The demo's page written with the AWS SDK for JavaScript: in place of data/site/app.js, and of its signer.
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { fromCognitoIdentityPool } from "@aws-sdk/credential-provider-cognito-identity";
import { address, config } from "./config.js";
import { claimsOf, way } from "./sign_in.js";

const by = (id) => document.getElementById(id);
const { region, bucket: Bucket } = config;
const at = (service) => ({ region, endpoint: address(`https://${service}.${region}.amazonaws.com`) });

async function enter(token) {
  const credentials = fromCognitoIdentityPool({
    identityPoolId: config.identityPoolId,
    logins: { [config.provider]: token },
    clientConfig: at("cognito-identity"),
  });
  const s3 = new S3Client({ ...at("s3"), credentials, forcePathStyle: true });
  try {
    const { identityId } = await credentials();
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `${identityId}/` }));
    by("name").textContent = claimsOf(token).name;
    by("person").hidden = by("pictures").hidden = false;
    by("door").hidden = true;
    by("gallery").replaceChildren(...(await Promise.all(Contents.map(({ Key }) => picture(s3, Key)))));
    if (location.hash) await picture(s3, decodeURIComponent(location.hash.slice(1)));
  } catch (error) {
    tell(error.name);
  }
}

async function picture(s3, Key) {
  const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const src = URL.createObjectURL(new Blob([await Body.transformToByteArray()], { type: ContentType }));
  const link = Object.assign(document.createElement("a"), { textContent: Key.split("/").pop().replace(".svg", "") });
  link.prepend(Object.assign(new Image(), { src, alt: "" }));
  const item = document.createElement("li");
  item.append(link);
  return item;
}

const tell = (key) => by("news").replaceChildren(key);
by("door").hidden = false;
way.prepare(by("way-in"), enter, tell);
