// Calls for help from a door: above everything, until somebody says that they act on them.
// Calls of one visit are one box, for who acts on one acts on all of them.

import * as clock from "./clock.js";
import { fill, h, say } from "./dom.js";
import * as marks from "./marks.js";
import { account, ask, key } from "./session.js";
import { t, value } from "./words.js";

const HELPERS = ["supervisor", "bank_officer"];

export class Help {
  constructor(acted) {
    this.acted = acted;
    this.shown = new Map();
    this.keys = new Map();
    this.element = h("section", { class: "calls" });
  }

  get open() {
    return this.shown.size;
  }

  translate() {
    this.shown.clear();
    fill(this.element);
  }

  // Show the open calls of these visits, oldest first; one that says the same stays as it is.
  show(visits) {
    const called = visits.map((visit) => ({ visit, calls: marks.open(visit) })).filter(({ calls }) => calls.length);
    called.sort((one, other) => new Date(one.calls[0].called_at) - new Date(other.calls[0].called_at));
    const wanted = new Set(called.map(({ visit }) => visit.visit_id));
    for (const [id, { element }] of this.shown) {
      if (wanted.has(id)) continue;
      element.remove();
      this.shown.delete(id);
    }
    for (const { visit, calls } of called) {
      const shown = this.shown.get(visit.visit_id) ?? this.add(visit);
      const text = JSON.stringify(calls);
      if (shown.text !== text) this.write(shown, text, visit, calls);
    }
    this.element.setAttribute("aria-label", t("ui:help_calls"));
    this.tick();
  }

  add(visit) {
    const helps = HELPERS.includes(account.role);
    const shown = { title: h("h2"), lines: h("div"), told: h("p", { class: "told" }), wrong: h("p", { class: "wrong" }) };
    shown.button = helps && h("button", { class: "act", onclick: () => this.act(visit, shown) }, t("ui:act"));
    shown.about = helps && h("button", { class: "about", onclick: () => this.tell(visit, shown) }, t("ui:about"));
    shown.element = h("div", { class: "call", role: "alert" },
      h("div", {}, shown.title, shown.lines, shown.told, shown.wrong),
      shown.button, shown.about, h("a", { href: `#/visits/${visit.visit_id}` }, t("ui:see_visit")));
    this.shown.set(visit.visit_id, shown);
    this.element.append(shown.element);
    return shown;
  }

  // Write who called when, and who was told since, for nobody has acted.
  write(shown, text, visit, calls) {
    shown.lines_of = calls.map((call) => {
      const age = h("span", { class: "age", "aria-live": "off" });
      const about = h("strong", { class: "kind" });
      const from = { collector: call.collector, case: marks.caseName(visit), at: clock.second(call.called_at, visit.zone) };
      return { call, age, about, line: h("p", {}, t("ui:help_from", from), " ", age, " ", about) };
    });
    fill(shown.lines, shown.lines_of.map(({ line }) => line));
    const told = calls.map((call) => call.told).findLast((each) => each);
    say(shown.told, told ? t("ui:told_by_now", { who: value("to", told) }) : "");
    say(shown.title, marks.calls(calls.length));
    if (shown.about) shown.about.hidden = false;
    shown.text = text;
  }

  // Say what the calls are about and where the phones were: sealed until somebody asks.
  async tell(visit, shown) {
    shown.about.disabled = true;
    try {
      for (const { call, about } of shown.lines_of) {
        say(about, meant(await ask(`/v1/visits/${visit.visit_id}/help/${call.help_id}`)));
      }
      shown.about.hidden = true;
      say(shown.wrong, "");
    } catch (error) {
      say(shown.wrong, `${t("ui:about_failed")} ${error.detail || t("ui:no_answer")}`);
    }
    shown.about.disabled = false;
  }

  // Say that somebody acts on it: once, under one key, however often the button is pressed.
  async act(visit, shown) {
    const { call } = shown.lines_of[0];
    const one = this.keys.get(call.help_id) ?? key();
    this.keys.set(call.help_id, one);
    shown.button.disabled = true;
    say(shown.button, t("ui:acting"));
    try {
      const path = `/v1/visits/${visit.visit_id}/help/${call.help_id}/acknowledgement`;
      await ask(path, { method: "POST", body: {}, headers: { "Idempotency-Key": one } });
      say(shown.button, t("ui:acted"));
      this.acted();
    } catch (error) {
      shown.button.disabled = false;
      say(shown.button, t("ui:act"));
      say(shown.wrong, `${t("ui:act_failed")} ${error.detail || t("ui:no_answer")}`);
    }
  }

  tick() {
    for (const { lines_of } of this.shown.values()) {
      for (const { age, call } of lines_of) say(age, t("ui:ago", { span: clock.ago(call.called_at) }));
    }
  }

  first() {
    return this.element.querySelector("button, a");
  }
}

// What a call is about, and where from; a call may say neither.
function meant({ kind, position }) {
  const what = kind ? value("danger", kind) : t("ui:about_unsaid");
  if (!position) return what;
  const { latitude, longitude, accuracy_m } = position;
  const at = { latitude: latitude.toFixed(5), longitude: longitude.toFixed(5), metres: Math.round(accuracy_m) };
  return `${what} · ${t("ui:about_where", at)}`;
}
