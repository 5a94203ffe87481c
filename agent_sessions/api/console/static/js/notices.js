// What is shown in place of things: that there are none, that they are being fetched, that something went wrong.

import { Refusal, Unreachable } from "./api.js";
import { h } from "./dom.js";
import { button } from "./form.js";

/** There is nothing (yet). */
export function nothing(title, text, ...further) {
  return h("div", { class: "notice" }, h("p", { class: "notice-title" }, title), text && h("p", {}, text), further);
}

/** It is being fetched. */
export const loading = () => h("p", { class: "notice loading", role: "status" }, "Loading …");

/** Something went wrong, with a way to try again where there is one. */
export function trouble(error, again) {
  return h("div", { class: "notice trouble", role: "alert" },
    h("p", { class: "notice-title" }, titleOf(error)),
    h("p", {}, explained(error)),
    again && error.status !== 404 && button("Try again", again));
}

/** A sentence for people about what went wrong. */
export function explained(error) {
  if (error instanceof Refusal && error.status === 429 && error.retryAfter) {
    return `${error.message} Try again in ${error.retryAfter} s.`;
  }
  return error.message;
}

function titleOf(error) {
  if (error instanceof Unreachable) return "No answer";
  if (!(error instanceof Refusal)) return "Something went wrong";
  return { 401: "A key is needed", 404: "Not found", 410: "Over", 429: "Too many requests" }[error.status] ?? "That did not work";
}
