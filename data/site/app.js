// Tidepool's page: an ID token becomes an identity, the identity credentials, and these the pictures.
// What it knows of a person is in `session`, in memory, and gone with the window.
//
// Sources: Cognito, "Identity pools authentication flow"; S3 API Reference, ListObjectsV2 and GetObject.

import { config, address } from "./config.js";
import { encode, presigned, signedHeaders } from "./signer.js";
import { claimsOf, way } from "./sign_in.js";

const by = (id) => document.getElementById(id);
const sentences = await (await fetch("sentences.json")).json();
const bucket = `https://${config.bucket}.s3.${config.region}.amazonaws.com/`;
let session = null;

/** A refusal of AWS's: `code` is AWS's, `message` its text. */
class Refusal extends Error {
  constructor(code, message, step = "") {
    super(message);
    Object.assign(this, { code, step });
  }
}

// -- from the token to the credentials --------------------------------------------------------------

async function enter(token) {
  tell("signing_in");
  try {
    const Logins = { [config.provider]: token };
    const { IdentityId } = await ask("GetId", { IdentityPoolId: config.identityPoolId, Logins });
    const { Credentials } = await ask("GetCredentialsForIdentity", { IdentityId, Logins });
    session = { identity: IdentityId, credentials: Credentials, claims: claimsOf(token) };
  } catch (error) {
    return explain(error);
  }
  show();
  by("pictures-title").focus(); // the button that had the focus is gone
  await look();
}

async function ask(operation, question) {
  const answer = await fetch(address(`https://cognito-identity.${config.region}.amazonaws.com/`), {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityService.${operation}`,
    },
    body: JSON.stringify(question),
  });
  const found = await answer.json();
  if (!answer.ok) throw new Refusal(found.__type.split("#").pop(), found.message);
  return found;
}

// -- from the credentials to the pictures -----------------------------------------------------------

const place = (key) => new URL(address(bucket + key.split("/").map(encode).join("/")));

async function read(url, step) {
  const answer = await fetch(url, { headers: await signedHeaders(url, config.region, session.credentials) });
  if (answer.ok) return answer;
  const error = new DOMParser().parseFromString(await answer.text(), "text/xml");
  const [code, message] = ["Code", "Message"].map((name) => error.querySelector(name)?.textContent ?? "");
  throw new Refusal(code || `HTTP ${answer.status}`, message, step);
}

async function look() {
  const asking = session; // who signs out meanwhile gets no answer
  try {
    const url = new URL(address(bucket));
    url.search = `list-type=2&prefix=${encode(`${session.identity}/`)}`;
    const list = new DOMParser().parseFromString(await (await read(url, "list")).text(), "text/xml");
    const keys = Array.from(list.querySelectorAll("Contents > Key"), (key) => key.textContent);
    const found = await Promise.all(keys.map(thumbnail));
    if (session !== asking) return;
    by("gallery").replaceChildren(...found);
    tell(keys.length ? "" : "empty");
    await openLink();
  } catch (error) {
    if (session === asking) explain(error);
  }
}

async function thumbnail(key) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `#${encode(key)}` });
  const share = Object.assign(document.createElement("button"), { type: "button", textContent: "Share" });
  share.setAttribute("aria-label", `Share ${named(key)}`);
  share.addEventListener("click", () => lend(key, item));
  link.append(await picture(key), named(key));
  item.append(link, share);
  return item;
}

async function picture(key) {
  const blob = await (await read(place(key), "get")).blob();
  return Object.assign(new Image(), { src: URL.createObjectURL(blob), alt: "", title: named(key) });
}

const named = (key) => key.split("/").pop().replace(/\.\w+$/, "");

/** An address of the picture that anybody can open for ten minutes: signed here, no request is made. */
async function lend(key, item) {
  const href = await presigned(place(key), config.region, session.credentials, 600);
  const text = `Opens ${named(key)} for whoever has this link, for ten minutes`;
  const link = Object.assign(document.createElement("a"), { href, textContent: text, className: "shared" });
  item.querySelector(".shared")?.remove();
  item.append(link);
}

/** The picture that the address of this page names after its #: one of this person's, or somebody else's. */
async function openLink() {
  const key = decodeURIComponent(location.hash.slice(1));
  by("one").hidden = true;
  if (!session || !key) return;
  const asking = session;
  try {
    const shown = await picture(key);
    if (session !== asking) return;
    const caption = Object.assign(document.createElement("figcaption"), { textContent: named(key) });
    by("one").querySelector("figure").replaceChildren(shown, caption);
    by("one").hidden = false;
  } catch (error) {
    if (session === asking) explain(error);
  }
}

// -- what a person sees -----------------------------------------------------------------------------

function show() {
  by("door").hidden = Boolean(session);
  by("person").hidden = by("pictures").hidden = !session;
  by("one").hidden = true;
  if (!session) return [by("gallery"), by("held")].forEach((list) => list.replaceChildren());
  by("name").textContent = session.claims.name ?? session.claims["cognito:username"];
  by("email").textContent = session.claims.email ?? "";
  const held = {
    "Who says who you are": session.claims.iss,
    "Your number there": session.claims.sub,
    "Your identity at the identity pool": session.identity,
    "Key id of your AWS credentials": session.credentials.AccessKeyId,
    "They end": new Date(session.credentials.Expiration * 1000).toLocaleTimeString(),
  };
  const rows = Object.entries(held).flatMap(([name, value]) =>
    ["dt", "dd"].map((tag, n) => Object.assign(document.createElement(tag), { textContent: [name, value][n] })),
  );
  by("held").replaceChildren(...rows);
}

function forget() {
  session = null;
  show();
  by("door-title").focus();
}

/** Says a sentence of sentences.json; `small` is small print, for whoever runs the page. */
function tell(key, small = "") {
  const sentence = key && (sentences[key] ?? sentences.otherwise);
  const lines = [sentence, sentence === sentences.otherwise ? small || key : small].filter(Boolean);
  by("news").replaceChildren(
    ...lines.map((text, n) => Object.assign(document.createElement(n ? "small" : "p"), { textContent: text })),
  );
}

const OVER = ["ExpiredToken", "InvalidAccessKeyId"]; // nothing can be done with these credentials any more

function explain(error) {
  const code = error.code ?? error.name; // what is no refusal is the browser's own: TypeError
  const key = `${error.step} ${code}` in sentences ? `${error.step} ${code}` : code;
  if (OVER.includes(code)) forget();
  tell(key, `${code}: ${error.message}`);
}

by("sign-out").addEventListener("click", () => {
  forget();
  tell("signed_out");
  way.signOut();
});
by("look-again").addEventListener("click", look);
addEventListener("hashchange", openLink);

show();
way.prepare(by("way-in"), enter, tell).catch(explain);
