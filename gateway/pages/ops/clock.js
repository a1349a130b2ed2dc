// What time it is: by the server, whatever this screen's own clock says.
//
// An access token says when it was signed (`iat`, RFC 7519, 4.1.6). That moment, less this
// screen's, is by how much the two differ.

import { language, t } from "./words.js";

let ahead_ms = 0;

// Learn the server's time from a token that was asked for at `asked_ms`, by our clock.
export function learn(token, asked_ms) {
  const body = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
  const { iat } = JSON.parse(atob(body));
  const between = (asked_ms + Date.now()) / 2;
  const found = iat * 1000 + 500 - between; // `iat` is in whole seconds
  ahead_ms = Math.abs(found) < 1500 ? 0 : found;
}

// The moment it is, in milliseconds since 1970, by the server.
export const now = () => Date.now() + ahead_ms;

// By how many seconds this screen's clock is wrong; what a second of rounding makes is none.
export const wrong_s = () => Math.round(-ahead_ms / 1000);

export const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

//: How each language writes its dates: a day before its month.
const LOCALES = { en: "en-GB" };
const made = new Map();

function format(zone, options) {
  const key = `${language} ${zone} ${JSON.stringify(options)}`;
  if (!made.has(key)) {
    made.set(key, new Intl.DateTimeFormat(LOCALES[language] ?? language, { hourCycle: "h23", timeZone: zone, ...options }));
  }
  return made.get(key);
}

const HOURS = { hour: "2-digit", minute: "2-digit" };

// `15:04` by the wall clock of a zone; the zones of the doors are IANA's.
export const hour = (moment, zone = here) => format(zone, HOURS).format(new Date(moment));

export const second = (moment, zone = here) =>
  format(zone, { ...HOURS, second: "2-digit" }).format(new Date(moment));

// `2026-03-02`, in both languages.
export const day = (moment, zone = here) => {
  const parts = format(zone, { year: "numeric", month: "2-digit", day: "2-digit" })
    .formatToParts(new Date(moment));
  const of = (type) => parts.find((part) => part.type === type).value;
  return `${of("year")}-${of("month")}-${of("day")}`;
};

// The hour, and the day with it where that is another one than `date`.
export function when(moment, zone, date) {
  const its = day(moment, zone);
  return its === date ? hour(moment, zone) : `${its.slice(5)} ${hour(moment, zone)}`;
}

// The day of a board, with its weekday: a plain date has no zone.
export const longDay = (date) =>
  format("UTC", { dateStyle: "full" }).format(new Date(`${date}T00:00:00Z`));

// The name of a zone where its clock differs from the viewer's now, else nothing.
export function foreign(zone, moment = now()) {
  const at = new Date(moment);
  const wall = { year: "numeric", month: "numeric", day: "numeric", ...HOURS };
  return format(zone, wall).format(at) === format(here, wall).format(at) ? "" : zone;
}

// How long ago, or how long it lasts, in words: two minutes, an hour.
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t("ui:seconds", { n: whole });
  if (whole < 3600) return t("ui:minutes", { n: Math.floor(whole / 60) });
  if (whole < 172_800) return t("ui:hours", { n: Math.floor(whole / 3600) });
  return t("ui:days", { n: Math.floor(whole / 86_400) });
}

export const ago = (moment) => span((now() - new Date(moment)) / 1000);
