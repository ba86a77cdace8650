// An Express application with passport-cognito-oauth2: code flow at the pool's domain, the profile by GetUser.
import express from "express";
import session from "express-session";
import passport from "passport";
import Strategy from "passport-cognito-oauth2";
import { createInterface } from "node:readline";

const made = JSON.parse(process.env.MADE);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const strategy = new Strategy(
  {
    callbackURL: made.callback,
    clientDomain: "https://tidepool.auth.us-east-1.amazoncognito.com",
    clientID: made.own.id,
    clientSecret: made.own.secret,
    region: "us-east-1",
  },
  (accessToken, refreshToken, profile, done) => done(null, { name: profile.username, email: profile.email }),
);
passport.use(strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const site = express();
site.use(session({ secret: "only for this test", resave: false, saveUninitialized: false }));
site.use(passport.initialize(), passport.session());
site.get("/login", passport.authenticate("cognito-oauth2"));
site.get("/callback", passport.authenticate("cognito-oauth2"), (asked, answer) => answer.json(asked.user));
site.get("/me", (asked, answer) => answer.json(asked.user ?? {}));
site.use((error, asked, answer, next) => answer.json({ error: error.code ?? error.name }));

const server = site.listen(0, "127.0.0.1");
await new Promise((ready) => server.once("listening", ready));
const here = `http://127.0.0.1:${server.address().port}`;

async function ask(path, cookie = "") {
  return fetch(here + path, { redirect: "manual", headers: { cookie } });
}

// Where a person ends who goes to this address; somebody else's browser does that.
async function signedInAt(address) {
  console.log(`mara ${address}`);
  return new URL((await lines.next()).value).search;
}

const query = await signedInAt((await ask("/login")).headers.get("location"));
const callback = await ask(`/callback${query}`);
const cookie = callback.headers.getSetCookie()[0].split(";")[0];
const member = await callback.json();
console.log(JSON.stringify({
  member,
  me: await (await ask("/me", cookie)).json(),
  nobody: await (await ask("/me")).json(),
  "the same code": await (await ask(`/callback${query}`)).json(),
  "a made-up code": await (await ask("/callback?code=made-up")).json(),
}));
server.close();
process.exit();
