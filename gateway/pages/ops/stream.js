// The events of all visits as they happen: server-sent events (WHATWG HTML, 9.2).
//
// Read with fetch, since EventSource cannot say who asks.

import { open } from "./session.js";

//: Milliseconds of silence after which a stream is dead: three of its keep-alives.
const SILENT_MS = 45_000;
const SLOWEST_MS = 30_000;

// Yield the events of a body; one with an id alone says that all until there was told. `heard` is called for every piece, also for a comment.
export async function* events(body, heard = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = {};
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line !== "") note(event, line);
        else {
          if (event.id || event.event || event.data !== undefined) yield event;
          event = {};
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function note(event, line) {
  const [, name, text = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
  if (name === "data") event.data = event.data === undefined ? text : `${event.data}\n${text}`;
  else if (name === "event" || name === "id") event[name] = text;
}

// One stream that comes back by itself, from where it was.
export class Stream {
  // `after` returns the position to go on from; `told` gets each event; `changed` hears
  // that the stream came up or went down, and each sign of life.
  constructor({ after, told, changed }) {
    Object.assign(this, { after, told, changed });
    this.up = false;
    this.ended = false;
    this.heard_at = 0;
    this.down_at = null;
    this.tries = 0;
    this.position = null;
  }

  async run() {
    while (!this.ended) {
      const wait = await this.once();
      this.up = false;
      this.down_at ??= Date.now();
      this.changed();
      if (!this.ended && wait > 0) await this.pause(wait);
    }
  }

  // Read until it ends; return the milliseconds to wait before the next try.
  async once() {
    this.control = new AbortController();
    const began = Date.now();
    try {
      const headers = { Accept: "text/event-stream" };
      const position = this.position ?? this.after();
      if (position) headers["Last-Event-ID"] = position;
      const response = await open("/v1/events", { headers, signal: this.control.signal });
      this.up = true;
      this.hear();
      if (!position) this.told({ event: "reset" }); // what was between is not known
      for await (const event of events(response.body, () => this.hear())) this.take(event);
      // It ends with the access token: then it goes on at once with a new one.
      return Date.now() - began > SLOWEST_MS ? 0 : this.slower();
    } catch (error) {
      this.problem = error;
      return Math.max(this.slower(), (error.retry_s ?? 0) * 1000);
    }
  }

  take(event) {
    this.tries = 0;
    // After a reset the board says anew where to go on.
    this.position = event.event === "reset" ? null : event.id ?? this.position;
    if (event.event) this.told(event);
  }

  hear() {
    this.heard_at = Date.now();
    this.down_at = null;
    this.changed();
  }

  slower() {
    this.tries = Math.min(this.tries + 1, 6);
    return Math.min(SLOWEST_MS, 500 * 2 ** this.tries) * (0.75 + Math.random() / 2);
  }

  pause(wait) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, wait);
    });
  }

  // Whether something was heard lately; one that was not is cut, and comes again.
  alive() {
    const age = Date.now() - this.heard_at;
    const silent = age > SILENT_MS || age < -1_000; // or the clock was turned back: who knows
    if (this.up && silent) this.control.abort();
    return this.up && !silent;
  }

  again() {
    this.wake?.();
  }

  end() {
    this.ended = true;
    this.control?.abort();
    this.wake?.();
  }
}
