// Questions that must be answered before anything else is done.

import { h } from "./dom.js";
import { button } from "./form.js";

let made = 0;

/**
 * Ask in a dialog. Gives what was filled in (FormData) once it is confirmed, null when it was closed otherwise.
 * `danger`: confirming destroys something. Without `confirm` there is only something to read.
 */
export function ask({ title, content, confirm, danger = false }) {
  const heading = `dialog-${++made}`;
  const form = h("form", { method: "dialog", class: "dialog-form" },
    h("h2", { id: heading }, title),
    content,
    h("div", { class: "dialog-actions" },
      button(confirm ? "Cancel" : "Close", () => dialog.close(), { kind: "quiet" }),
      confirm && h("button", { class: `button ${danger ? "danger" : "main"}`, value: "yes" }, confirm)));
  const dialog = h("dialog", { "aria-labelledby": heading }, form);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? new FormData(form) : null);
      dialog.remove();
    });
  });
}
