// Calls for help from a door: above everything, until somebody says that they act on it.

import * as clock from "./clock.js";
import { fill, h, say } from "./dom.js";
import * as marks from "./marks.js";
import { account, ask, key } from "./session.js";
import { t } from "./words.js";

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

  // Show the open calls of these visits, oldest first; one that is shown stays as it is.
  show(visits) {
    const calls = visits.flatMap((visit) => visit.help.filter((call) => !call.acknowledged_at)
      .map((call) => ({ visit, call })));
    calls.sort((one, other) => new Date(one.call.called_at) - new Date(other.call.called_at));
    const wanted = new Set(calls.map(({ call }) => call.help_id));
    for (const [id, { element }] of this.shown) {
      if (wanted.has(id)) continue;
      element.remove();
      this.shown.delete(id);
    }
    for (const { visit, call } of calls) {
      if (!this.shown.has(call.help_id)) this.add(visit, call);
    }
    this.element.setAttribute("aria-label", t("ui:help_calls"));
    this.tick();
  }

  add(visit, call) {
    const name = marks.caseName(visit);
    const age = h("span", { class: "age", "aria-live": "off" });
    const wrong = h("p", { class: "wrong" });
    const button = HELPERS.includes(account.role)
      && h("button", { onclick: () => this.act(visit, call) }, t("ui:act"));
    const element = h("div", { class: "call", role: "alert" },
      h("div", {}, h("h2", {}, t("ui:help")), h("p", {}, t("ui:help_from", {
        collector: call.collector, case: name, at: clock.second(call.called_at, visit.zone) }), " ", age), wrong),
      button, h("a", { href: `#/visits/${visit.visit_id}` }, t("ui:see_visit")));
    this.shown.set(call.help_id, { element, age, wrong, button, call });
    this.element.append(element);
  }

  // Say that somebody acts on it: once, under one key, however often the button is pressed.
  async act(visit, call) {
    const shown = this.shown.get(call.help_id);
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
    for (const { age, call } of this.shown.values()) say(age, t("ui:ago", { span: clock.ago(call.called_at) }));
  }

  first() {
    return this.element.querySelector("button, a");
  }
}
