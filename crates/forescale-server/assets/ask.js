"use strict";
/* Asks the service. A token stays in this tab, and goes to this service alone. */

const Ask = (() => {
  const KEY = "forescale-token";

  class Refused extends Error {
    constructor(status, message) {
      super(message);
      this.status = status;
    }
  }

  function headers() {
    const token = sessionStorage.getItem(KEY);
    return token ? { authorization: `Bearer ${token}` } : {};
  }

  async function send(path, method = "GET") {
    const response = await fetch(path, { method, headers: headers(), credentials: "omit", redirect: "error" });
    return { status: response.status, ok: response.ok, text: await response.text() };
  }

  async function json(path) {
    const { status, ok, text } = await send(path);
    const answer = JSON.parse(text);
    if (!ok) throw new Refused(status, answer.detail ?? `status ${status}`);
    return answer;
  }

  return { json, send, token: text => sessionStorage.setItem(KEY, text) };
})();

/* Light and dark, on every page: as the system has it, until somebody switches. */
(() => {
  const button = document.getElementById("theme");
  if (!button) return;
  const apply = theme => {
    document.documentElement.dataset.theme = theme;
    const other = theme === "dark" ? "light" : "dark";
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Switch to ${other} colours`);
    document.dispatchEvent(new Event("themed"));
  };
  apply(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  button.addEventListener("click", () => apply(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
})();
