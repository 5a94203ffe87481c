// One session's clock and what can be done about it, beside its conversation or its log.

import { announce } from "./announcing.js";
import { get, send } from "./api.js";
import { countdown } from "./countdown.js";
import { ask } from "./dialog.js";
import { fill, h, setAttribute, setText } from "./dom.js";
import { button, pressed } from "./form.js";
import { minutes, moment, short, timeOfDay } from "./format.js";
import { explained } from "./notices.js";
import { timeoutFields, timeoutsIn } from "./timeouts_form.js";

/** The panel of a SessionState; call `show()` after each change. `further`: elements at its end. */
export function sessionPanel(state, { signal, further = [] }) {
  const parts = {
    warning: h("p", { class: "panel-warning", hidden: true }),
    facts: h("dl", { class: "facts" }),
    connection: h("p", { class: "connection", role: "status" }),
    refused: h("p", { class: "refused", role: "alert" }),
    actions: h("div", { class: "panel-actions" }),
  };
  fill(parts.actions, actions(state, parts, () => show()));
  const element = h("aside", { class: "panel", "aria-label": "Session" },
    countdown(state, signal),
    h("div", { class: "panel-body" }, parts.warning, parts.actions, parts.refused, parts.facts, further, parts.connection));
  const show = () => showPanel(state, parts);
  show();
  return { element, show, connected: (how, detail) => showConnection(parts.connection, how, detail) };
}

function showPanel(state, parts) {
  parts.warning.hidden = state.phase !== "warned";
  setText(parts.warning, state.timeouts.autoRenew ? "Ends soon. Anything said renews it." : "Ends soon. Renew it to go on.");
  parts.actions.hidden = state.over;
  setAttribute(parts.facts, "data-renewals", state.renewals);
  fill(parts.facts,
    fact(state.over ? "Ended at" : "Ends at", timeOfDay(state.expiresAt), moment(state.expiresAt)),
    fact("Renewed", state.renewals === 1 ? "once" : `${state.renewals} times`),
    fact("Idle timeout", minutes(state.timeouts.timeoutMinutes)),
    fact("Longest life", minutes(state.timeouts.maxDurationMinutes)),
    fact("Warning", `${minutes(state.timeouts.warningThresholdMinutes)} before`),
    fact("Auto-renew", state.timeouts.autoRenew ? "on" : "off"),
    fact("Began", moment(state.createdAt)),
    h("div", {}, h("dt", {}, "User"), h("dd", {}, h("a", { href: `#/memory/${encodeURIComponent(state.userId)}`, title: state.userId }, short(state.userId)))));
}

const fact = (name, value, title) => h("div", {}, h("dt", {}, name), h("dd", { class: "figures", title }, value));

function actions(state, parts, show) {
  const path = `api/messaging/sessions/${state.id}`;
  const failed = (error) => setText(parts.refused, explained(error));
  const doing = (act) => (event) => {
    setText(parts.refused, "");
    return pressed(event.currentTarget, act, failed);
  };
  const take = (info, said) => { state.take(info); show(); announce(said); };
  return [
    button("Renew", doing(async () => take(await send(`${path}/renew`), "Renewed")), { kind: "main" }),
    button("Heartbeat", doing(async () => take(await send(`${path}/heartbeat`), "Activity recorded")), {
      title: "Record activity, as a client does that is there but silent",
    }),
    button("Timeouts …", doing(async () => {
      const form = await ask({ title: "Change timeouts", content: timeoutFields(state.timeouts), confirm: "Change" });
      if (form) take(await send(`${path}/timeout`, timeoutsIn(form), { method: "PATCH" }), "Timeouts changed");
    })),
    button("End …", doing(() => end(state, path)), { kind: "danger" }),
  ];
}

async function end(state, path) {
  const choices = [["keep", "Remember what was said"], ["forget", "Forget it: erase the conversation and all that was made of it"]];
  const form = await ask({
    title: "End this session?",
    content: h("fieldset", {}, h("legend", {}, "What was said"), choices.map(([value, text], place) =>
      h("label", { class: "tick" }, h("input", { type: "radio", name: "memory", value, checked: place === 0 }), h("span", {}, text)))),
    confirm: "End session",
    danger: true,
  });
  if (form) await send(path, undefined, { method: "DELETE", query: { memory: form.get("memory") } });
}

function showConnection(element, how, missed) {
  const told = {
    connecting: "Connecting …",
    live: missed && element.dataset.how === "reconnecting" ? `Live again, caught up on ${missed} event${missed === 1 ? "" : "s"}` : "Live",
    reconnecting: "Connection lost. Reconnecting …",
    over: "No more can come",
    refused: "Not live",
  };
  const resumed = how === "live" && element.dataset.how === "reconnecting";
  setText(element, resumed && !missed ? "Live again, nothing was missed" : told[how]);
  element.dataset.how = how;
}

/** A session as the server tells it now. Throws Refusal. */
export const fetchSession = (id) => get(`api/messaging/sessions/${encodeURIComponent(id)}`);
