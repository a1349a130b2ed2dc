// The board as a table: a row a visit; on a phone each row is a card.

import * as clock from "./clock.js";
import { clause } from "./clauses.js";
import { fill, h, place, say } from "./dom.js";
import * as marks from "./marks.js";
import { t } from "./words.js";

const COLUMNS = ["window", "case", "pair", "state", "against", "media", "last"];
const COUNTED = ["planned", "refused", "at_door", "inside", "left"];

export class Rows {
  constructor() {
    this.shown = new Map();
    this.hidden = new Set();
    this.counts = h("ul", { class: "counts" });
    this.rest = h("p", { class: "quiet rest" });
    this.body = h("tbody", { role: "rowgroup" });
    this.head = h("tr", { role: "row" });
    this.caption = h("caption", { class: "unseen" });
    // Roles said aloud: styles that make cards of rows take the native ones away.
    this.table = h("table", { class: "board", role: "table" }, this.caption,
      h("thead", { role: "rowgroup" }, this.head), this.body);
    this.nothing = h("div", { class: "empty", hidden: true });
    this.title = h("h2", { tabindex: "-1" });
    this.element = h("section", { class: "visits", "aria-labelledby": "day" },
      h("div", { class: "heading" }, this.title, this.counts), this.table, this.rest, this.nothing);
    this.title.id = "day";
    this.translate();
  }

  translate() {
    this.shown.clear();
    fill(this.body);
    fill(this.head, COLUMNS.map((name) => h("th", { role: "columnheader", scope: "col", class: name }, t(`column:${name}`))));
    say(this.caption, t("ui:table"));
    this.counts.setAttribute("aria-label", t("ui:shown_states"));
    this.drawn = null;
    fill(this.nothing, h("p", { class: "large" }, t("ui:empty")), h("p", {}, t("ui:empty_more")));
  }

  // Show these visits; rows that say the same stay as they are, and keep the focus.
  show(day, visits) {
    Object.assign(this, { day, visits });
    say(this.title, clock.longDay(day));
    this.count();
    this.table.hidden = visits.length === 0;
    this.nothing.hidden = visits.length > 0;
    const rows = visits.filter((visit) => this.wanted(visit)).map((visit) => this.row(visit));
    say(this.rest, rows.length < visits.length ? t("ui:hidden", { n: visits.length - rows.length }) : "");
    place(this.body, rows);
    const kept = new Set(visits.map((visit) => visit.visit_id));
    for (const id of this.shown.keys()) if (!kept.has(id)) this.shown.delete(id);
  }

  // A state may be hidden, so that a wall has room; who calls for help never is.
  wanted(visit) {
    return !this.hidden.has(visit.state) || marks.open(visit).length > 0;
  }

  // How many there are of each state, and whether those are shown.
  count() {
    const text = JSON.stringify([totals(this.visits), [...this.hidden]]);
    if (text === this.drawn) return;
    this.drawn = text;
    const focused = document.activeElement?.dataset?.state;
    fill(this.counts, COUNTED.map((name) => this.toggle(name)), others(this.visits));
    if (focused) this.counts.querySelector(`[data-state="${focused}"]`)?.focus();
  }

  toggle(name) {
    const number = this.visits.filter((visit) => visit.state === name).length;
    const button = h("button", { "aria-pressed": String(!this.hidden.has(name)), "data-state": name,
      onclick: () => {
        if (!this.hidden.delete(name)) this.hidden.add(name);
        this.show(this.day, this.visits);
      } }, h("b", {}, String(number)), " ", marks.state(name));
    return h("li", {}, button);
  }

  row(visit) {
    const text = JSON.stringify(visit);
    const before = this.shown.get(visit.visit_id);
    if (before?.text === text) return before.row;
    const row = before?.row ?? h("tr", { role: "row" });
    const focused = row.contains(document.activeElement);
    row.className = kind(visit);
    fill(row, cells(visit, this.day));
    if (focused) row.querySelector("a").focus();
    if (before) mark(row);
    this.shown.set(visit.visit_id, { text, row });
    return row;
  }

  links() {
    return [...this.body.querySelectorAll("a")];
  }
}

// Show for a moment that a row is new.
function mark(row) {
  row.classList.add("changed");
  clearTimeout(row.timer);
  row.timer = setTimeout(() => row.classList.remove("changed"), 6_000);
}

function kind(visit) {
  if (marks.open(visit).length > 0) return "calls";
  return visit.withdrawn ? `${visit.state} gone` : visit.state;
}

const totals = (visits) => [
  ...COUNTED.map((name) => visits.filter((visit) => visit.state === name).length),
  visits.filter((visit) => visit.withdrawn).length,
  visits.reduce((sum, visit) => sum + visit.breaches, 0),
];

function others(visits) {
  const numbers = totals(visits).slice(COUNTED.length);
  return [t("ui:withdrawn"), t("ui:breaches")].map((name, at) =>
    h("li", { class: numbers[at] ? null : "none" }, h("b", {}, String(numbers[at])), " ", name));
}

function cells(visit, day) {
  const made = [hours(visit), which(visit), visit.collectors.join(t("ui:comma")), how(visit),
    against(visit, day), media(visit), last(visit, day)];
  return COLUMNS.map((name, at) => h("td", { role: "cell", class: name, "data-label": t(`column:${name}`) }, made[at]));
}

function hours(visit) {
  const zone = clock.foreign(visit.zone, visit.not_before);
  return [`${clock.hour(visit.not_before, visit.zone)}–${clock.hour(visit.not_after, visit.zone)}`,
    zone && h("small", {}, zone)];
}

function which(visit) {
  return [h("a", { href: `#/visits/${visit.visit_id}` }, marks.caseName(visit)), h("small", {}, visit.agency)];
}

function how(visit) {
  const open = marks.open(visit).length;
  const heard = visit.help.filter((call) => call.acknowledged_at).map((call) => clock.hour(call.acknowledged_at, visit.zone));
  const calls = [...new Set(heard)].map((at) => marks.badge("heard", t("ui:help_heard", { at })));
  if (open) calls.unshift(marks.badge("help", marks.calls(open)));
  return [marks.state(visit.state, visit.ending, visit.cause), ...calls, ...marks.withdrawn(visit),
    ...marks.duties(visit)];
}

// The newest refusal or breach with its clauses, and how many there are in all.
function against(visit, day) {
  const newest = [...visit.against].sort((one, other) => new Date(other.at) - new Date(one.at))[0];
  if (!newest) return marks.none();
  const more = visit.refusals + visit.breaches - 1;
  return [
    h("p", {}, h("time", { datetime: newest.at }, clock.when(newest.at, visit.zone, day)), " ", marks.topic(newest.topic),
      more > 0 && h("small", { class: "more" }, t("ui:more", { n: more }))),
    h("ul", { class: "clauses" }, newest.clauses.map(clause)),
  ];
}

function media(visit) {
  if (visit.media === 0) return marks.none();
  return [t("ui:files", { n: visit.media }),
    visit.faulty_media > 0 && marks.badge("faulty", t("ui:faulty", { n: visit.faulty_media }))];
}

function last(visit, day) {
  return [h("time", { datetime: visit.last_at }, clock.when(visit.last_at, visit.zone, day)), " ", marks.topic(visit.last_topic)];
}
