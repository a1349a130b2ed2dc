// One visit: what happened at it across all services, in order, with its photos, sound and film.

import * as clock from "./clock.js";
import { Coverage } from "./coverage.js";
import { fill, h, place, say } from "./dom.js";
import { entry } from "./entries.js";
import * as marks from "./marks.js";
import { Media } from "./media.js";
import { ask } from "./session.js";
import { t, value } from "./words.js";

const PAGE = 500;
//: Milliseconds, and how often a timeline is asked for that lacks an event we heard of.
const GATHER_MS = 250;
const AGAIN_MS = 1_000;
const SLOWEST_MS = 30_000;
const PATIENCE = 12;

export class Visit {
  constructor(visit_id, board) {
    Object.assign(this, { visit_id, board });
    this.events = new Map();
    this.drawn = new Map();
    this.awaited = new Map();
    this.tries = 0;
    this.title = h("h2", { tabindex: "-1" });
    this.facts = h("dl", { class: "facts" });
    this.text = h("p", { class: "wrong", role: "status" });
    this.list = h("ol", { class: "timeline", "aria-label": t("ui:timeline") });
    this.media = new Media(this.zone);
    this.coverage = new Coverage();
    this.element = h("article", { class: "visit" },
      h("p", {}, h("a", { href: "#/", class: "back" }, t("ui:back"))),
      this.title, this.facts, this.text, this.coverage.element,
      h("div", { class: "halves" }, h("section", {}, h("h3", {}, t("ui:timeline")), this.list), this.media.element));
    this.show();
    this.read();
  }

  get row() {
    return this.board.find(this.visit_id);
  }

  get zone() {
    return this.row?.zone ?? this.shown?.zone ?? clock.here;
  }

  // Something happened at this visit: its timeline is old until it has this event.
  hear(event) {
    if (event.event_id) this.awaited.set(event.event_id, 0);
    this.soon(GATHER_MS);
  }

  soon(ms) {
    if (this.ended) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(), ms);
  }

  async read() {
    if (this.busy) return this.soon(GATHER_MS);
    this.busy = true;
    try {
      if (!this.row && !this.shown) this.shown = await ask(`/v1/visits/${this.visit_id}`);
      this.media.zone = this.zone;
      await this.readEvents();
      const kept = await ask(`/v1/visits/${this.visit_id}/media`);
      Object.assign(this, { files: kept.media, restricted: kept.restricted });
      this.recorded = await ask(`/v1/visits/${this.visit_id}/coverage`);
      this.problem = null;
      this.tries = 0;
    } catch (error) {
      this.problem = error;
      this.tries += 1;
    }
    this.busy = false;
    if (this.ended) return;
    this.show();
    this.next();
  }

  // All of it: what is told late may have its place before what was shown.
  async readEvents() {
    const events = new Map();
    let after = "";
    do {
      const page = await ask(`/v1/visits/${this.visit_id}/timeline?limit=${PAGE}${after && `&after=${after}`}`);
      for (const event of page.entries) events.set(event.event_id, event);
      after = page.next;
    } while (after);
    this.events = events;
  }

  // When to ask again: at a failure, or when it is not yet as far as what we heard.
  next() {
    const final = [401, 403, 404].includes(this.problem?.status);
    if (final) return;
    if (this.problem) return this.soon(Math.max(this.problem.retry_s * 1000, Math.min(SLOWEST_MS, 1000 * 2 ** this.tries)));
    for (const [id, tries] of this.awaited) {
      if (this.events.has(id) || tries >= PATIENCE) this.awaited.delete(id);
      else this.awaited.set(id, tries + 1);
    }
    if (this.awaited.size) this.soon(AGAIN_MS);
  }

  show() {
    const row = this.row;
    const name = row ? marks.caseName(row) : `…${(this.shown?.case_id ?? this.visit_id).slice(-8)}`;
    say(this.title, t("ui:visit_to", { case: name }));
    fill(this.facts, this.row ? this.ofRow(row) : this.shown ? this.ofVisit(this.shown) : []);
    say(this.text, this.problem ? `${this.events.size ? t("ui:broken") : t("ui:broken_first")} ${this.problem.detail || t("ui:no_answer")}` : "");
    if (this.recorded) this.coverage.show(this.recorded, this.zone);
    if (this.files) this.media.show(this.files, this.restricted, this.recorded?.filmed_inside);
    this.showEvents();
  }

  showEvents() {
    const loaded = this.files !== undefined || this.events.size > 0;
    if (this.events.size === 0) {
      fill(this.list, h("li", { class: "quiet" }, loaded ? t("ui:no_events") : this.problem ? "" : t("ui:loading")));
      return;
    }
    place(this.list, [...this.events.values()].map((event) => this.entry(event)));
  }

  // An entry that says the same as before is the same, and keeps the focus.
  entry(event) {
    const begins = (this.row ?? this.shown)?.not_before;
    const date = begins && clock.day(begins, this.zone);
    const name = this.media.name(event.data.media_id);
    const text = `${this.zone} ${date} ${name}`;
    if (this.drawn.get(event.event_id)?.text !== text) {
      this.drawn.set(event.event_id, { text, element: entry(event, this.zone, date, name) });
    }
    return this.drawn.get(event.event_id).element;
  }

  ofRow(row) {
    return [
      fact("case", `${marks.caseName(row)} · ${row.agency}`),
      fact("pair", row.collectors.join(t("ui:comma"))),
      fact("window", this.hours(row)),
      fact("state", [marks.state(row.state, row.ending, row.cause), ...marks.withdrawn(row), ...marks.duties(row)]),
      fact("against", t("ui:against_counts", { refusals: row.refusals, breaches: row.breaches })),
    ];
  }

  ofVisit(visit) {
    return [
      fact("window", this.hours(visit)),
      fact("state", value("visit_state", visit.state)),
      visit.withdrawn ? fact("last", t("ui:withdrawn")) : [],
    ];
  }

  hours(visit) {
    const zone = clock.foreign(visit.zone, visit.not_before);
    return `${clock.day(visit.not_before, visit.zone)} ${clock.hour(visit.not_before, visit.zone)}–${clock.hour(visit.not_after, visit.zone)}${zone && ` (${zone})`}`;
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
    this.media.end();
  }
}

function fact(name, said) {
  return h("div", {}, h("dt", {}, t(`column:${name}`)), h("dd", {}, said));
}
