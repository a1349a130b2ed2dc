// How the platform itself is: its parts, what waits to be sent, what is held back, its queues.

import * as clock from "./clock.js";
import { fill, h, say } from "./dom.js";
import * as marks from "./marks.js";
import { ask } from "./session.js";
import { has, t } from "./words.js";

const EVERY_MS = 10_000;
//: Seconds after which something that waits is shown as late.
const LATE_S = 60;

export class Operations {
  constructor() {
    this.as_of = null;
    this.title = h("h2", { id: "operations" });
    this.text = h("p", { class: "quiet" });
    this.body = h("div", { class: "panels" });
    this.element = h("aside", { class: "operations", "aria-labelledby": "operations", hidden: true },
      this.title, this.text, this.body);
    this.translate();
    this.read();
  }

  translate() {
    say(this.title, t("ui:operations"));
    if (this.found) this.show();
  }

  async read() {
    try {
      this.found = await ask("/v1/operations");
      this.as_of = clock.now();
      this.problem = null;
    } catch (error) {
      this.problem = error;
    }
    // Not for this role, or not of this gateway: then there is no panel.
    const absent = [401, 403, 404].includes(this.problem?.status);
    this.element.hidden = absent;
    if (absent || this.ended) return;
    if (this.found) this.show();
    this.tick();
    this.timer = setTimeout(() => this.read(), Math.max(EVERY_MS, (this.problem?.retry_s ?? 0) * 1000));
  }

  tick() {
    if (this.element.hidden) return;
    const at = this.as_of && clock.second(this.as_of);
    const wrong = this.problem && `${t("ui:operations_broken")} ${this.problem.detail || t("ui:no_answer")}`;
    say(this.text, [wrong, at && t("ui:as_of", { at })].filter(Boolean).join(" · "));
    this.text.className = wrong ? "wrong" : "quiet";
  }

  show() {
    const { parts, outbox, held_back, jobs, landed, queues } = this.found;
    fill(this.body,
      panel("parts", h("ul", { class: "parts" }, parts.map(part))),
      panel("held_back", table(["service", "state", "count", "oldest"],
        held_back.filter((each) => each.count).map((each) => [service(each.service), t(`value:held_back:${each.state}`), each.count, age(each.oldest_s)]))),
      panel("outbox", table(["service", "lane", "waiting", "oldest"],
        outbox.filter((each) => each.waiting).map((each) => [service(each.service), has(`value:lane:${each.lane}`) ? t(`value:lane:${each.lane}`) : each.lane, each.waiting, age(each.oldest_s)]))),
      panel("landed", h("p", {}, t("ui:landed", { waiting: landed.waiting, refused: landed.refused }), landed.waiting > 0 && [" · ", h("span", { class: landed.oldest_s >= LATE_S ? "late" : null }, t("ui:oldest", { span: clock.span(landed.oldest_s ?? 0) }))])),
      panel("jobs", table(["service", "open", "failed"],
        jobs.filter((each) => each.open || each.failed).map((each) => [service(each.service), each.open, each.failed ? marks.badge("faulty", String(each.failed)) : 0]))),
      panel("queues", queues ? folded(queues) : h("p", { class: "wrong" }, t("ui:no_queues"))));
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
  }
}

const service = (name) => (has(`service:${name}`) ? t(`service:${name}`) : name);

// A part, and when it was last heard of where it is not well.
function part({ name, ready, heard_s }) {
  const heard = !ready && heard_s > 0 ? ` ${t("ui:heard", { span: clock.span(heard_s) })}` : "";
  return h("li", { class: ready ? "well" : "unwell" }, h("i", { "aria-hidden": "true" }, ready ? "✓" : "✕"), " ",
    service(name), h("span", { class: ready ? "unseen" : null }, ` ${t(ready ? "ui:ready" : "ui:not_ready")}${heard}`));
}

// The queues, shut away: those that the broker does not have, or nobody reads, are marked.
function folded(queues) {
  const messages = queues.reduce((sum, each) => sum + (each.messages ?? 0), 0);
  const unread = queues.filter((each) => !each.consumers).length;
  const marked = unread > 0 && marks.badge("faulty", t("ui:unread", { n: unread }));
  return h("details", {}, h("summary", {}, t("ui:queues", { n: queues.length, messages }), " ", marked),
    table(["queue", "messages", "consumers"], queues.map((each) => [each.name,
      each.messages ?? marks.badge("faulty", t("ui:absent")), each.consumers || marks.badge("faulty", "0")])));
}

function age(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  return h("span", { class: seconds >= LATE_S ? "late" : null }, clock.span(seconds));
}

function panel(name, content) {
  return h("section", { class: `panel ${name}` }, h("h3", {}, t(`panel:${name}`)), content);
}

// A small table, or that there is nothing.
function table(names, rows) {
  if (rows.length === 0) return h("p", { class: "quiet" }, t("ui:nothing_waits"));
  return h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, t(`column:${name}`))))),
    h("tbody", {}, rows.map(([first, ...others]) => h("tr", {}, h("th", { scope: "row" }, first), others.map((each) => h("td", {}, typeof each === "number" ? String(each) : each))))));
}
