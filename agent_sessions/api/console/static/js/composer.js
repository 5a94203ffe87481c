// Where a message is written.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const LONGEST = 4000; // UTF-16 units, as the server counts

/** A field that sends with Enter (Shift+Enter: a new line) and grows with what is written. */
export function composer({ label, send }) {
  const text = h("textarea", {
    id: "composer", rows: 1, maxlength: LONGEST, placeholder: label, "aria-label": label, "aria-keyshortcuts": "Enter",
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    },
    oninput: () => grow(text),
  });
  const form = h("form", {
    class: "composer",
    onsubmit: (event) => {
      event.preventDefault();
      const said = text.value.trim();
      if (!said) return;
      text.value = "";
      grow(text);
      send(said);
    },
  }, text, h("button", { class: "button main send", "aria-label": "Send" }, icon("send")));
  return {
    element: form,
    focus: () => text.focus(),
    close: (why) => {
      for (const part of form.elements) part.disabled = true;
      text.placeholder = why;
    },
  };
}

function grow(text) {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}
