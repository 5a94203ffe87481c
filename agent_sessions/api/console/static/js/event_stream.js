// Reads an event stream from a response. The browser's EventSource cannot show a key, and cannot follow a POST.

/** Each event as `{id, type, data}`, and `null` for each comment, which only says that the stream lives. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let unread = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (unread + value).split(/\r?\n\r?\n/);
      unread = blocks.pop();
      for (const block of blocks) yield eventIn(block);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function eventIn(block) {
  const event = { id: undefined, type: "message", data: "" };
  let empty = true;
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "data") event.data += (event.data && "\n") + value;
    else if (name === "event") event.type = value;
    else if (name === "id") event.id = value;
    if (name) empty = false;
  }
  return empty ? null : event;
}
