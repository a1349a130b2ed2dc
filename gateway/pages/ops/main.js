// The operations page: what happens at the doors of today, as it happens.

import { Board } from "./board.js";
import * as clauses from "./clauses.js";
import * as clock from "./clock.js";
import { fill, h, say } from "./dom.js";
import { Help } from "./help.js";
import { Keys } from "./keys.js";
import * as marks from "./marks.js";
import { Operations } from "./operations.js";
import { Rows } from "./rows.js";
import { account, signOut } from "./session.js";
import { SignIn } from "./signin.js";
import { Status } from "./status.js";
import { Stream } from "./stream.js";
import { Visit } from "./visit.js";
import * as words from "./words.js";

const { t } = words;
const VISIT = /^#\/visits\/([0-9a-f-]{36})$/;
//: Milliseconds after which the board is asked for again while no stream tells of news.
const WITHOUT_STREAM_MS = 10_000;

class Page {
  constructor() {
    this.status = new Status(() => this.again(), (text) => say(this.said, text));
    this.keys = new Keys({ next: () => this.step(1), previous: () => this.step(-1), back: () => this.back(), help: () => this.toHelp() });
    this.skip = h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); this.main.focus(); } });
    this.clock = h("p", { class: "clock" });
    this.language = h("button", { onclick: () => words.choose(words.other()) });
    this.tellKeys = h("button", { class: "keys", onclick: () => this.keys.tell() });
    this.out = h("button", { onclick: () => this.leave(false) });
    this.who = h("p", { class: "who" });
    this.name = h("h1");
    this.header = h("header", {}, this.name, this.status.mark, this.clock, this.who, this.tellKeys, this.language, this.out);
    this.calls = h("div", { class: "top" });
    this.main = h("main", { id: "main", tabindex: "-1" });
    this.said = h("p", { class: "unseen", "aria-live": "polite" });
    document.body.replaceChildren(this.skip, this.header, this.calls, this.status.banner, this.main, this.said, this.keys.dialog);
    words.onLanguage(() => this.translate());
    addEventListener("hashchange", () => this.route());
    document.addEventListener("visibilitychange", () => this.woken());
    setInterval(() => this.tick(), 1_000);
    this.leave(false);
  }

  translate() {
    say(this.skip, t("ui:skip"));
    say(this.name, t("ui:title"));
    say(this.language, t("ui:other_language"));
    this.language.lang = words.other();
    say(this.tellKeys, t("ui:keys"));
    say(this.out, t("ui:sign_out"));
    say(this.who, account ? `${account.name} · ${t(`value:role:${account.role}`)}` : "");
    this.form?.translate();
    this.rows?.translate();
    this.help?.translate();
    this.operations?.translate();
    if (this.board) this.show();
    if (this.visit) this.route();
    this.tick();
  }

  // Nobody is signed in (any more): what was shown is gone from the page.
  leave(ended) {
    signOut();
    for (const part of [this.board, this.stream, this.operations, this.visit]) part?.end();
    for (const part of ["board", "stream", "operations", "visit", "rows", "help"]) this[part] = null;
    fill(this.calls);
    this.status.banner.hidden = true;
    this.form = new SignIn(() => this.enter(), ended);
    fill(this.main, this.form.element);
    this.header.classList.add("out");
    this.translate();
    this.form.name.focus();
  }

  enter() {
    this.form = null;
    this.header.classList.remove("out");
    this.rows = new Rows();
    this.help = new Help(() => this.board.forget());
    this.operations = new Operations();
    this.board = new Board(() => this.show(), () => this.fail());
    this.stream = null;
    fill(this.calls, this.help.element);
    this.loading = h("p", { class: "empty" }, t("ui:loading"));
    this.home = h("div", { class: "home" }, this.loading, this.operations.element);
    this.translate();
    this.main.focus();
    this.route();
    this.board.forget();
    clauses.load().then(() => this.rows && this.translate());
  }

  // The board has come: show it, say what is new of it, and follow the stream from there.
  show() {
    if (!this.board || this.board.day === null) return;
    const { visits, day } = this.board;
    if (this.loading.parentElement) this.loading.replaceWith(this.rows.element);
    this.announce(visits);
    this.rows.show(day, visits);
    this.help.show(visits);
    this.visit?.show();
    if (!this.stream) this.follow();
    this.tick();
  }

  follow() {
    this.stream = new Stream({
      after: () => this.board?.position,
      told: (event) => this.hear(event),
      changed: () => {},
    });
    this.stream.run();
  }

  hear(event) {
    if (event.event === "reset") return this.board.beginAnew();
    const told = read(event);
    if (!told) return;
    this.board.hear(told);
    if (this.visit?.visit_id === told.visit_id) this.visit.hear(told);
  }

  // Say to a screen reader what changed: one visit by name, more of them by number.
  announce(visits) {
    const newest = new Map(visits.map((visit) => [visit.visit_id, `${visit.last_topic} ${visit.last_at}`]));
    const changed = this.newest ? visits.filter((visit) => this.newest.get(visit.visit_id) !== newest.get(visit.visit_id)) : [];
    this.newest = newest;
    if (changed.length === 1) {
      const [visit] = changed;
      say(this.said, `${marks.caseName(visit)}: ${marks.topic(visit.last_topic)}`);
    } else if (changed.length > 1) say(this.said, t("ui:changed", { n: changed.length }));
  }

  fail() {
    const { problem } = this.board;
    if (problem.status === 401) return this.leave(true);
    if (problem.status === 403) this.mayNot(problem);
    if (problem.status !== 403) say(this.loading, t("ui:nothing_yet"));
    return this.tick();
  }

  mayNot(problem) {
    this.board.problem = null;
    this.board.denied = true;
    say(this.loading, `${problem.detail} ${t("ui:who_may")}`);
  }

  route() {
    this.visit?.end();
    const before = this.visit?.visit_id;
    this.visit = null;
    if (!this.board) return;
    const found = VISIT.exec(location.hash);
    if (found) {
      this.visit = new Visit(found[1], this.board);
      fill(this.main, this.visit.element);
      this.visit.title.focus();
    } else {
      fill(this.main, this.home);
      if (before) (this.rows.links().find((link) => link.hash.endsWith(before)) ?? this.main).focus();
    }
  }

  step(by) {
    if (!this.rows || this.visit) return false;
    const links = this.rows.links();
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.closest("tr").scrollIntoView({ block: "nearest" });
    return next !== undefined;
  }

  back() {
    if (!this.visit) return false;
    location.hash = "#/";
    return true;
  }

  toHelp() {
    const first = this.help?.first();
    first?.focus();
    return Boolean(first);
  }

  again() {
    this.board?.again();
    this.stream?.again();
  }

  // A phone slept: what it shows is old until it was asked for again.
  woken() {
    if (document.hidden || !this.board) return;
    if (!this.stream?.alive()) {
      this.board.forget();
      this.stream?.again();
    }
    this.tick();
  }

  tick() {
    say(this.clock, t("ui:clock", { at: clock.second(clock.now()), zone: clock.here }));
    const calls = this.help?.open ?? 0;
    const title = `${calls ? `(${calls}) ${t("ui:help")} · ` : ""}${t("ui:title")}`;
    if (document.title !== title) document.title = title;
    if (!this.board) return;
    this.help.tick();
    this.operations.tick();
    this.status.show(this.board, this.stream);
    const { as_of, whole } = this.board;
    if (whole && !this.stream?.up && clock.now() - as_of > WITHOUT_STREAM_MS) this.board.forget();
    if (this.stream?.problem?.status === 401 && !this.stream.up) this.leave(true);
  }
}

// What an event of the stream is about: the envelope is CloudEvents, `data` the event.
function read({ id, event, data }) {
  try {
    const envelope = JSON.parse(data);
    const { visit_id, case_id } = envelope.data;
    return { visit_id, case_id, topic: event, position: id, event_id: envelope.id };
  } catch {
    return null; // nothing of ours: it names no visit
  }
}

await words.load();
new Page();
