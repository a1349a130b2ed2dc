// Who is signed in, and every question to the gateway on their behalf.
//
// Both tokens live in this module's memory and nowhere else: not in storage, not in a cookie,
// not in an address. Loading the page again asks for the password again.

import { learn } from "./clock.js";
import { language } from "./words.js";

const TIMEOUT_MS = 15_000;
const LARGE_MS = 300_000;
//: Milliseconds before an access token ends at which a new one is asked for.
const EARLY_MS = 60_000;

let tokens = null;
let renewing = null;
let signedOut = 0;
export let account = null;

// What the gateway answered instead (RFC 9457), or that it did not answer: status 0.
export class Problem extends Error {
  constructor(status, detail = "", kind = "", retry_s = 0) {
    super(detail || `HTTP ${status}`);
    Object.assign(this, { status, detail, kind, retry_s });
  }
}

export async function signIn(name, password) {
  await take("/v1/sessions", { name, password });
  try {
    account = await ask("/v1/me");
  } catch (error) {
    signOut();
    throw error;
  }
}

// End the sign-in here at once, and at the gateway if it can be reached.
export function signOut() {
  const ended = tokens;
  tokens = account = renewing = null;
  signedOut += 1;
  if (ended) {
    const headers = { Authorization: `Bearer ${ended.access}` };
    fetch("/v1/sessions/current", { method: "DELETE", headers }).catch(() => {});
  }
}

async function take(path, body) {
  const asked = Date.now();
  const before = signedOut;
  const session = await (await send(path, "POST", body)).json();
  if (before !== signedOut) throw new Problem(401); // nobody waits for it any more
  learn(session.access_token, asked);
  const ends = Date.now() + session.expires_in * 1000;
  tokens = { access: session.access_token, refresh: session.refresh_token, ends };
}

// Two who ask at once share one renewal: a refresh token is good for one use.
function renew() {
  if (!renewing) {
    const mine = take("/v1/sessions/refresh", { refresh_token: tokens.refresh })
      .finally(() => { if (renewing === mine) renewing = null; });
    renewing = mine;
  }
  return renewing;
}

// A token that is still good is used while no new one can be had.
function late(error) {
  if (!tokens || tokens.ends <= Date.now() || error.status === 401) throw error;
}

// Ask as whoever is signed in; return the response. Throws Problem; its status is 401 when
// the sign-in has ended.
export async function open(path, { method = "GET", body, headers = {}, signal } = {}) {
  if (tokens && tokens.ends - Date.now() < EARLY_MS) await renew().catch(late);
  if (!tokens) throw new Problem(401);
  const asked = () => send(path, method, body, { ...headers, Authorization: `Bearer ${tokens?.access}` }, signal);
  const used = tokens.access;
  try {
    return await asked();
  } catch (error) {
    if (error.status !== 401 || !tokens) throw error;
    if (tokens.access === used) await renew();
    return asked();
  }
}

export const ask = async (path, options) => (await open(path, options)).json();

// The bytes of a picture or a sound, as an address for an element; revoke it when done.
export async function blob(path) {
  const signal = AbortSignal.timeout(LARGE_MS);
  const response = await open(path, { headers: { Accept: "*/*" }, signal });
  try {
    return URL.createObjectURL(await response.blob());
  } catch {
    throw new Problem(0); // it was cut on the way
  }
}

async function send(path, method, body, headers = {}, signal = AbortSignal.timeout(TIMEOUT_MS)) {
  const given = { "Accept-Language": language, ...headers };
  if (body !== undefined) given["Content-Type"] = "application/json";
  let response;
  try {
    const options = { method, headers: given, signal, cache: "no-store", credentials: "omit" };
    response = await fetch(path, body === undefined ? options : { ...options, body: JSON.stringify(body) });
  } catch {
    throw new Problem(0);
  }
  if (response.ok) return response;
  const said = await response.json().catch(() => ({}));
  const kind = (said.type ?? "").split("/").pop();
  throw new Problem(response.status, said.detail, kind, Number(response.headers.get("Retry-After")) || 0);
}

// A fresh key for one order (a random UUID, RFC 9562, 5.4).
export function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
