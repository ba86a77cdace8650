// Signature Version 4 for reading from S3, made in the browser with WebCrypto.
// Sources: IAM User Guide, "Create a signed AWS API request"; S3 API Reference, "Authenticating Requests:
// Using Query Parameters". Whoever signs shows the secret key to nobody: only what was computed with it.

const utf8 = new TextEncoder();
const hex = (octets) => Array.from(new Uint8Array(octets), (octet) => octet.toString(16).padStart(2, "0")).join("");
const hash = async (text) => hex(await crypto.subtle.digest("SHA-256", utf8.encode(text)));

async function hmac(key, text) {
  const how = { name: "HMAC", hash: "SHA-256" };
  const made = await crypto.subtle.importKey("raw", key, how, false, ["sign"]);
  return crypto.subtle.sign("HMAC", made, utf8.encode(text));
}

/** Percent-encoded as AWS wants it: everything but letters, digits and - . _ ~ */
export const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => "%" + sign.charCodeAt(0).toString(16).toUpperCase());

/** The headers to send with a GET of `url`, a URL object whose path and query are encoded as above. */
export async function signedHeaders(url, region, credentials) {
  const time = now();
  const headers = {
    host: url.host,
    "x-amz-content-sha256": await hash(""), // a GET has no body
    "x-amz-date": time,
    "x-amz-security-token": credentials.SessionToken,
  };
  const names = Object.keys(headers).sort().join(";");
  const scope = scopeOf(time, region);
  const signature = await sign(url, headers, headers["x-amz-content-sha256"], time, scope, credentials);
  delete headers.host; // the browser sends that itself
  const who = `Credential=${credentials.AccessKeyId}/${scope}`;
  return { ...headers, authorization: `AWS4-HMAC-SHA256 ${who}, SignedHeaders=${names}, Signature=${signature}` };
}

/** An address that carries its signature, and opens by itself for `seconds`, or until the session ends. */
export async function presigned(url, region, credentials, seconds) {
  const time = now();
  const scope = scopeOf(time, region);
  const fields = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${credentials.AccessKeyId}/${scope}`,
    "X-Amz-Date": time,
    "X-Amz-Expires": String(seconds),
    "X-Amz-Security-Token": credentials.SessionToken,
    "X-Amz-SignedHeaders": "host",
  };
  const signing = new URL(url);
  signing.search = Object.entries(fields).map(([name, value]) => `${name}=${encode(value)}`).join("&");
  const signature = await sign(signing, { host: url.host }, "UNSIGNED-PAYLOAD", time, scope, credentials);
  return `${signing.href}&X-Amz-Signature=${signature}`;
}

/** Four steps: what is asked, what is signed, the day's key, the signature. */
async function sign(url, headers, payload, time, scope, credentials) {
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const query = url.search.slice(1).split("&").sort().join("&");
  const asked = ["GET", url.pathname, query, lines, names.join(";"), payload].join("\n");

  const signed = ["AWS4-HMAC-SHA256", time, scope, await hash(asked)].join("\n");

  let key = utf8.encode("AWS4" + credentials.SecretKey);
  for (const part of scope.split("/")) key = await hmac(key, part);

  return hex(await hmac(key, signed));
}

const now = () => new Date().toISOString().replace(/[-:]|\.\d+/g, ""); // 20260601T090000Z
const scopeOf = (time, region) => `${time.slice(0, 8)}/${region}/s3/aws4_request`;
