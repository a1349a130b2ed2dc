// The small things that are shown in more than one place.

import * as clock from "./clock.js";
import { h } from "./dom.js";
import { has, t, value } from "./words.js";

//: Endings that are no good end.
const CUT = ["ended_early", "never_ended"];
const SHAPES = { planned: "○", refused: "✕", at_door: "◐", inside: "●", left: "✓" };

// A state by shape and word, so that its colour is never all there is.
export function state(name, ending = null, cause = null) {
  const cut = CUT.includes(ending);
  const why = cause && (ending ? value("cause", cause) : t("ui:leaving", { cause: value("cause", cause) }));
  const words = [value("state", name), ending && value("ending", ending), why].filter((each) => each).join(" · ");
  return h("span", { class: cut ? `state ${name} cut` : `state ${name}` },
    h("i", { "aria-hidden": "true" }, cut ? "!" : SHAPES[name] ?? "·"), words);
}

// The calls for help of a visit that nobody acts on yet, oldest first.
export const open = (visit) => visit.help.filter((call) => !call.acknowledged_at)
  .sort((one, other) => new Date(one.called_at) - new Date(other.called_at));

// One call for help, or how many.
export const calls = (n) => (n > 1 ? t("ui:help_many", { n }) : t("ui:help"));

export const badge = (kind, words) => h("span", { class: `badge ${kind}` }, words);

export const topic = (name) => (has(`topic:${name}`) ? t(`topic:${name}`) : name);

// The case's number, or the tail of its id where it has none.
export const caseName = (visit) => visit.case_number ?? `…${visit.case_id.slice(-8)}`;

// Why a case is not worked now; the reasons are shown to the bank alone.
export function withdrawn(visit) {
  if (!visit.withdrawn) return [];
  const holds = visit.holds ?? [];
  if (holds.length === 0) return [badge("held", t("ui:withdrawn"))];
  return holds.map((hold) => badge("held", t("ui:held_for", { reason: value("hold", hold) })));
}

// What the bank has still to report of this visit, and what is late; it alone is shown it.
export const duties = (visit) => (visit.duties ?? []).filter((each) => !each.reported_at)
  .map((each) => {
    const late = new Date(each.report_by) <= clock.now();
    return badge(late ? "faulty" : "held", t(late ? "ui:duty_late" : "ui:duty", { at: clock.when(each.report_by, visit.zone, null) }));
  });

// Nothing, where a screen reader is told so.
export const none = () => [h("span", { class: "quiet", "aria-hidden": "true" }, "—"), h("span", { class: "unseen" }, t("ui:none"))];

// Bytes as people say them.
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
