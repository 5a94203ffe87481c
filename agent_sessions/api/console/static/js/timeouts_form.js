// The four timeouts of a session, as fields.

import { h } from "./dom.js";
import { field, tick } from "./form.js";

/** Fields that hold these timeouts. */
export function timeoutFields(timeouts) {
  const number = (label, name, hint, least) => field(label, {
    name, hint, type: "number", min: least, step: "any", inputmode: "decimal", required: true, value: timeouts[name],
  });
  return h("div", { class: "timeouts" },
    number("Idle timeout", "timeoutMinutes", "Minutes without activity until it expires.", 0),
    number("Longest life", "maxDurationMinutes", "Minutes from its beginning, renewed or not.", 0),
    number("Warning", "warningThresholdMinutes", "Minutes before its end.", 1),
    tick("Activity renews it", { name: "autoRenew", checked: timeouts.autoRenew }));
}

/** What was filled in, as the server takes it. */
export function timeoutsIn(form) {
  return {
    timeoutMinutes: Number(form.get("timeoutMinutes")),
    maxDurationMinutes: Number(form.get("maxDurationMinutes")),
    warningThresholdMinutes: Number(form.get("warningThresholdMinutes")),
    autoRenew: form.get("autoRenew") === "on",
  };
}

/** What holds when nobody says otherwise on the server either. */
export const USUAL = { timeoutMinutes: 30, maxDurationMinutes: 720, warningThresholdMinutes: 5, autoRenew: true };
