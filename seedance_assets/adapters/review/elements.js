/* Elements, made by hand: a text that comes in is a text on the page, never markup. */

const LABELS = {
  pass: "Pass", warn: "Warning", fail: "Fail", unchecked: "Unchecked",
  failed: "Failed", blocked: "Blocked", pending: "Pending",
};
const WORST_FIRST = ["failed", "fail", "blocked", "warn", "unchecked", "pending", "pass"];

const review = JSON.parse(document.getElementById("data").textContent);

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
  node.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
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
