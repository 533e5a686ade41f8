/* Elements, made by hand: a text that comes in is a text on the page, never markup. */

const LABELS = {
  pass: "Pass", warn: "Warning", fail: "Fail", unchecked: "Unchecked",
  failed: "Failed", blocked: "Blocked", pending: "Pending", retired: "Retired",
};
const WORST_FIRST = ["failed", "fail", "blocked", "warn", "unchecked", "pending", "pass", "retired"];

const review = JSON.parse(document.getElementById("data").textContent);

const RANKS = { fail: 0, warn: 1, pass: 2 };
const SVG = "http://www.w3.org/2000/svg";

/** What the rules say of a take, the worst first; texts stand once in the data, by number. */
function findingsOf(take) {
  const read = (take.findings ?? []).map((numbers) => {
    const [rule, verdict, measured, limit, sentence, family] =
      numbers.slice(0, 6).map((number) => review.texts[number]);
    return { rule, verdict, measured, limit, sentence, family, spans: numbers[6] ?? [] };
  });
  return read.sort((a, b) => RANKS[a.verdict] - RANKS[b.verdict]);
}

/** The element of the page with this id. */
function part(id) {
  return document.getElementById(id);
}

/** A new element; children are nodes, texts, or nothing. */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null && child !== false && child !== 0));
  return node;
}

/** A new element of a drawing. */
function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The chip of a verdict or status. */
function chip(kind) {
  return make("span", { class: `chip ${kind}` }, LABELS[kind] ?? kind);
}

/** A list of names and values; values are texts or nodes, and those that are missing are left out. */
function definitions(pairs) {
  const filled = pairs.filter(([, value]) => value !== undefined && value !== "");
  return make("dl", { class: "record" },
    ...filled.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

/** A name of ours as people write it: `frame_rate` reads "frame rate". */
function words(name) {
  return name.replaceAll("_", " ");
}

/** A moment or a stretch of a clip: `2.00 s`, `2.00–2.75 s`. */
function moments([start, end]) {
  return end - start < 0.02 ? `${start.toFixed(2)} s` : `${start.toFixed(2)}–${end.toFixed(2)} s`;
}

/** A text of ours: what stands between backticks is code. */
function ticked(text) {
  return text.split("`").map((piece, index) => (index % 2 ? make("code", {}, piece) : piece));
}

/** A part of the panel with its heading. */
function block(title, ...children) {
  return make("section", { class: "block" }, make("h3", {}, title), ...children);
}

/** A long text, shown short; a press copies all of it and shows it in full. */
function copyable(text, short) {
  const code = make("code", {}, short);
  const button = make("button", {
    type: "button", class: "copy", title: text, "aria-label": `Copy ${text}`,
    onclick: async () => {
      code.textContent = text;
      getSelection().selectAllChildren(code);
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Selected"; // no clipboard here: the whole text is marked for Ctrl+C
      }
    },
  }, "Copy");
  return make("span", { class: "copyable" }, code, button);
}
