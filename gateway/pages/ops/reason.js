// Why somebody sees a photo sharp or hears a recording: chosen each time, and kept.

import { h, say } from "./dom.js";
import { t, value } from "./words.js";

const REASONS = ["audit", "complaint", "court", "supervision", "debtor_asked"];

// Return a form that asks why, with a button that says what comes then; `given` is called
// with the reason. None is chosen beforehand: it would be everybody's.
export function reasonForm(label, given) {
  const none = h("option", { value: "" }, t("ui:why"));
  const choices = REASONS.map((each) => h("option", { value: each }, value("look_reason", each)));
  const select = h("select", { "aria-label": t("ui:why_kept", { label }) }, none, choices);
  const wrong = h("p", { class: "wrong", role: "status" });
  const form = h("form", { class: "reason" }, select, h("button", {}, label), wrong);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say(wrong, select.value ? "" : t("ui:why_first"));
    if (select.value) given(select.value);
    else select.focus();
  });
  return form;
}
