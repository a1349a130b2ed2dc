// Who is there? A name and a password, kept in no form field after they were sent.

import { fill, h, say } from "./dom.js";
import { signIn } from "./session.js";
import { t } from "./words.js";

export class SignIn {
  // `done` is called once somebody is signed in; `ended` says that a sign-in has ended.
  constructor(done, ended) {
    Object.assign(this, { done, ended });
    this.name = h("input", { id: "name", autocomplete: "username", required: true, maxlength: "200" });
    this.password = h("input", { id: "password", type: "password", autocomplete: "current-password", required: true });
    this.wrong = h("p", { class: "wrong", role: "alert" });
    this.button = h("button", {});
    this.form = h("form", { onsubmit: (event) => this.submit(event) });
    this.element = h("section", { class: "signin" }, this.form);
    this.translate();
  }

  translate() {
    fill(this.form, h("h2", {}, t("ui:sign_in")), h("p", { class: "quiet" }, t("ui:sign_in_who")),
      this.ended && h("p", { class: "ended" }, t("ui:sign_in_ended")),
      h("label", { for: "name" }, t("ui:name")), this.name,
      h("label", { for: "password" }, t("ui:password")), this.password, this.wrong, this.button);
    say(this.button, t("ui:sign_in"));
  }

  async submit(event) {
    event.preventDefault();
    this.button.disabled = true;
    say(this.wrong, "");
    say(this.button, t("ui:signing_in"));
    try {
      await signIn(this.name.value, this.password.value);
      this.password.value = "";
      this.done();
    } catch (error) {
      say(this.wrong, error.detail || t("ui:no_answer"));
      this.password.value = "";
      this.password.focus();
    } finally {
      this.button.disabled = false;
      say(this.button, t("ui:sign_in"));
    }
  }
}
