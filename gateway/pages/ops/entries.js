// One event of a timeline, in words: what happened, who said it, and its open fields.

import * as clock from "./clock.js";
import { clause } from "./clauses.js";
import { h } from "./dom.js";
import * as marks from "./marks.js";
import { has, t, value } from "./words.js";

const AGAINST = /_not_allowed$|_not_authorised$|breach_|_overdue$|_missing$|help_c(?:alled|limbed)$/;
const MOMENT = /^\d{4}-\d\d-\d\dT/;
//: Milliseconds after which an event is shown as told late: a phone had no signal.
const LATE_MS = 120_000;
//: Said elsewhere in the entry, or by the visit's own facts.
const SAID = new Set(["at", "clauses", "version", "currency", "zone", "collectors", "books", "size"]);

// Return an entry; `date` is the day it is known to be of, `name` that of its file.
export function entry(event, zone, date, name) {
  const against = AGAINST.test(event.topic);
  return h("li", { class: against ? "entry against" : "entry", "data-event": event.event_id },
    h("time", { datetime: event.at }, clock.day(event.at, zone) !== date && h("small", {}, clock.day(event.at, zone).slice(5)),
      clock.second(event.at, zone)),
    h("div", {},
      h("p", { class: "topic" }, marks.topic(event.topic),
        h("small", {}, has(`service:${event.source}`) ? t(`service:${event.source}`) : event.source), late(event, zone)),
      name && file(event, name), fields(event, zone),
      event.clauses.length > 0 && h("ul", { class: "clauses" }, event.clauses.map(clause))));
}

function late(event, zone) {
  if (new Date(event.said_at) - new Date(event.at) < LATE_MS) return null;
  return h("small", {}, t("ui:told_late", { at: clock.hour(event.said_at, zone) }));
}

function file(event, name) {
  return h("button", { class: "link", onclick: () => {
    const figure = document.getElementById(`media-${event.data.media_id}`);
    figure?.scrollIntoView({ block: "center" });
    figure?.focus();
  } }, name);
}

// The open fields that have a name for people: ids are for programs.
function fields(event, zone) {
  const ofFile = event.data.media_id ? "kind" : null;
  const shown = Object.entries(event.data).filter(([name, given]) => given !== null && name !== ofFile
    && given !== "" && !SAID.has(name) && has(`field:${name}`));
  if (shown.length === 0) return null;
  return h("dl", {}, shown.map(([name, given]) =>
    h("div", {}, h("dt", {}, t(`field:${name}`)), h("dd", {}, spoken(event, name, given, zone)))));
}

function spoken(event, name, given, zone) {
  if (typeof given === "boolean") return t(given ? "ui:yes" : "ui:no");
  if (name === "because") return marks.topic(given);
  if (name === "kind") return value("media", given);
  if (name === "state") return value(`state_of_${event.topic.split(":")[0].split(".")[1]}`, given);
  if (typeof given === "string" && MOMENT.test(given)) return `${clock.day(given, zone)} ${clock.hour(given, zone)}`;
  const money = ["amount", "taken", "cap", "missing", "variance"].includes(name) && event.data.currency;
  return money ? `${given} ${event.data.currency}` : value(name, given);
}
