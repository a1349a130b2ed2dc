// The board as the gateway shows it, page by page, and how old that is.
//
// An event says which rows are old; the rows come from the gateway, so that there is one
// truth. A row is new enough when the board was made behind the event.

import { now } from "./clock.js";
import { account, ask } from "./session.js";

const PAGE = 100;
//: Who is shown one agency alone, and not why a case is held.
const OF_AN_AGENCY = "supervisor";
//: Milliseconds: that events gather, between two tries, and the slowest of them.
const GATHER_MS = 250;
const BETWEEN_MS = 1_000;
const SLOWEST_MS = 30_000;
//: Not all that changes a row need be told to whoever looks at it.
const WHOLE_MS = 30_000;
//: How often a page is asked for that is not yet as far as its event, before it is let be.
const PATIENCE = 12;

export class Board {
  // `changed` hears of new rows, `told` of a try that failed or a page that is awaited.
  constructor(changed, told) {
    Object.assign(this, { changed, told });
    this.pages = [];
    this.day = null;
    this.as_of = null;
    this.position = null;
    this.problem = null;
    this.again_at = null;
    this.awaited = new Map();
    this.missed = null; // the furthest event that the board never came to
    this.tries = 0;
    this.last_ms = 0;
  }

  get visits() {
    return this.pages.flatMap((page) => page.visits);
  }

  find(visit_id) {
    return this.visits.find((visit) => visit.visit_id === visit_id);
  }

  // Whether all that was heard of is shown, and nothing failed.
  get whole() {
    const late = [...this.awaited.values()].some((each) => Date.now() - each.since > 5_000);
    return this.as_of !== null && !this.problem && !late && !this.missed;
  }

  // Something happened: ask again for the pages that it is on.
  hear({ visit_id, case_id, topic, position }) {
    const on = this.pages.filter((page) => page.visits.some(
      (visit) => (visit_id ? visit.visit_id === visit_id : visit.case_id === case_id)));
    if (on.length === 0 && topic !== "dispatch.visit_planned") return;
    for (const page of on.length ? on : [null]) this.await(page?.after ?? "", position, on.length === 0);
    this.soon(GATHER_MS);
  }

  // All of it is old, and what was awaited may be of a stream that is no more.
  forget() {
    this.awaited.clear();
    this.await("", null, true);
    this.soon(0);
  }

  // The stream is another one: what was said in the one before will not be caught up with.
  beginAnew() {
    this.missed = null;
    this.forget();
  }

  await(after, position, all = false) {
    const key = all ? "all" : after;
    const waiting = this.awaited.get(key);
    const since = waiting?.since ?? Date.now();
    const furthest = behind(waiting?.position, position) ? position : waiting?.position ?? position;
    this.awaited.set(key, { after, all, position: furthest, since, tries: 0 });
  }

  soon(ms) {
    if (this.ended || (this.due_at && this.due_at <= Date.now() + ms)) return;
    clearTimeout(this.timer);
    const wait = Math.max(ms, this.last_ms + (this.tries ? 0 : BETWEEN_MS) - Date.now());
    this.due_at = Date.now() + wait;
    this.timer = setTimeout(() => this.fetch(), wait);
  }

  // Ask for all that is awaited, one at a time; at a failure ask again, ever more slowly.
  async fetch() {
    this.due_at = null;
    if (this.busy) return;
    this.busy = true;
    this.last_ms = Date.now();
    if (this.awaited.size === 0) this.await("", null, true);
    const wanted = [...this.awaited];
    try {
      for (const [key, each] of wanted) await this.read(key, each);
      this.problem = this.again_at = null;
      this.tries = 0;
      this.as_of = now();
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
    if (this.ended) return;
    this.changed();
    if (this.problem) this.told();
    else this.soon(this.awaited.size ? BETWEEN_MS : WHOLE_MS);
  }

  fail(error) {
    this.problem = error;
    this.tries += 1;
    const slow = Math.min(SLOWEST_MS, 1000 * 2 ** (this.tries - 1));
    const wait = Math.max(slow * (0.75 + Math.random() / 2), error.retry_s * 1000 || 0);
    if (error.status === 401 || error.status === 403) return;
    this.again_at = now() + wait;
    this.due_at = null;
    this.soon(wait);
  }

  again() {
    this.due_at = null;
    this.soon(0);
  }

  async read(key, each) {
    const made = each.all ? await this.readAll() : await this.readPage(each.after);
    if (this.awaited.get(key) !== each) return; // more was heard of it meanwhile
    each.tries += 1;
    if (this.missed && !behind(made, this.missed)) this.missed = null;
    if (!behind(made, each.position)) this.awaited.delete(key);
    else if (each.tries >= PATIENCE) this.giveUp(key, each.position);
  }

  // Ask no more each second for what does not come; until it has, nothing here is live.
  giveUp(key, position) {
    this.awaited.delete(key);
    if (!this.missed || behind(this.missed, position)) this.missed = position;
  }

  async readAll() {
    const pages = [];
    let after = "";
    let first = null;
    do {
      const page = await this.ask(after);
      first ??= page;
      pages.push({ after, visits: page.visits, next: page.next });
      after = page.next;
    } while (after);
    Object.assign(this, { pages, day: first.day, position: first.position });
    return first.position;
  }

  async readPage(after) {
    const page = await this.ask(after);
    const at = this.pages.findIndex((each) => each.after === after);
    // Another day, or another cut: what follows is not what it was.
    if (at < 0 || page.day !== this.day || page.next !== this.pages[at].next) return this.readAll();
    this.pages[at] = { after, visits: page.visits, next: page.next };
    return page.position;
  }

  ask(after) {
    const board = account?.role === OF_AN_AGENCY ? "/v1/board" : "/v1/bank-board";
    return ask(`${board}?limit=${PAGE}${after ? `&after=${after}` : ""}`);
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
  }
}

// Whether a position of the stream lies behind another. What stands before the point says
// which event it is, and what stands behind it where that is in the stream.
export function behind(position, wanted) {
  if (!wanted) return false;
  return !position || place(position) < place(wanted);
}

const place = (position) => Number(position.slice(position.lastIndexOf(".") + 1));
