/* The contact sheet: search, filter, sort, and the way to a shot by its address (#/key). */

const sheet = part("sheet");
const items = [...sheet.children];
const places = new Map(review.shots.map((shot, index) => [shot.key, index]));
const texts = review.shots.map((shot) => searchable(shot));
const ORDERS = {
  row: () => 0,
  key: (a, b) => natural(a.key, b.key),
  sequence: (a, b) => natural(a.sequence ?? "\uffff", b.sequence ?? "\uffff"),
  rule: (a, b) => natural(a.faults?.[0] ?? "\uffff", b.faults?.[0] ?? "\uffff"),
  chip: (a, b) => WORST_FIRST.indexOf(a.chip) - WORST_FIRST.indexOf(b.chip),
  cost: (a, b) => (b.cost ?? 0) - (a.cost ?? 0),
  length: (a, b) => (b.length ?? 0) - (a.length ?? 0),
};
const COLLATOR = new Intl.Collator(undefined, { numeric: true });
let order = [];

function natural(a, b) {
  return COLLATOR.compare(a, b);
}

function searchable(shot) {
  const notes = (shot.notes ?? []).map(([, text]) => text);
  const names = (shot.takes ?? []).flatMap((take) => [take.name, take.request ?? "", take.fingerprint]);
  return [shot.key, shot.sequence, shot.prompt, shot.reason, ...notes, ...names].join("\n").toLowerCase();
}

/** Which shots the search and the filters let through, as a test of a place. */
function filters() {
  const words = part("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const sequence = part("sequence").value;
  const rule = part("rule").value;
  const pressed = [...document.querySelectorAll(".toggle[aria-pressed=true]")];
  const kinds = new Set(pressed.map((button) => button.dataset.kind));
  return (index) => (!sequence || review.shots[index].sequence === sequence) &&
    (!rule || review.shots[index].faults?.includes(rule)) &&
    (!kinds.size || kinds.has(review.shots[index].chip)) &&
    words.every((word) => texts[index].includes(word));
}

/**
 * Put the cards that are wanted on the sheet, in the order that is wanted. The others leave it:
 * to hide them would take Chromium time by the square of their number.
 */
function arrange() {
  const compare = ORDERS[part("sort").value];
  order = [...items.keys()].filter(filters())
    .sort((a, b) => compare(review.shots[a], review.shots[b]) || a - b);
  sheet.replaceChildren(...order.map((index) => items[index]));
  part("count").textContent = `${order.length} of ${review.shots.length} shots`;
  part("nothing").hidden = order.length > 0;
}

function reset() {
  part("filters").reset();
  for (const button of document.querySelectorAll(".toggle")) button.setAttribute("aria-pressed", "false");
  arrange();
}

/** Show what the address says: a shot, or the sheet. */
function follow() {
  const match = /^#\/(.+)$/.exec(location.hash);
  const index = match ? places.get(decoded(match[1])) : undefined;
  if (index !== undefined) showShot(index);
  else if (dialog.open) dialog.close();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function leave() {
  const card = items[shown]?.querySelector("a");
  clearPanel();
  if (location.hash.startsWith("#/")) history.replaceState(null, "", "#/");
  card?.focus();
}

function step(by) {
  const next = order[order.indexOf(shown) + by];
  if (next === undefined) return;
  showShot(next); // at once: the address would tell us only later, and keys come quickly
  history.replaceState(null, "", `#/${encodeURIComponent(review.shots[next].key)}`);
}

/** A slider keeps its arrows, a button and a summary their space bar. */
function wantedByItsElement(event) {
  const tag = event.target.tagName;
  return tag === "INPUT" ? event.key.startsWith("Arrow") : event.key === " " && /^(BUTTON|SUMMARY|A)$/.test(tag);
}

function panelKey(event) {
  if (wantedByItsElement(event)) return;
  if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "ArrowRight") step(1);
  else if (event.key === " ") playOrPause();
  else if (event.key === "," || event.key === ".") stepFrame(event.key === "." ? 1 : -1);
  else if (event.key.toLowerCase() === "f") nextFault();
  else if (/^[1-9]$/.test(event.key)) chooseTake(Number(event.key) - 1);
  else return;
  event.preventDefault();
}

/** Arrows walk over the cards as the eye does: along a row, and from row to row. */
function sheetKey(event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() };
  const card = event.target.closest?.(".card");
  if (!card || !(event.key in steps)) return;
  const next = order[order.indexOf(items.indexOf(card.parentElement)) + steps[event.key]];
  if (next === undefined) return;
  items[next].querySelector("a").focus();
  event.preventDefault();
}

function columns() {
  return getComputedStyle(sheet).gridTemplateColumns.split(" ").length;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (dialog.open) panelKey(event);
  else if (event.key === "/" && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    part("search").focus();
  } else sheetKey(event);
});
for (const button of document.querySelectorAll(".toggle")) {
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    arrange();
  });
}
part("filters").addEventListener("submit", (event) => event.preventDefault());
part("search").addEventListener("input", arrange);
part("sequence").addEventListener("change", arrange);
part("rule").addEventListener("change", arrange);
part("sort").addEventListener("change", arrange);
part("reset").addEventListener("click", reset);
part("previous").addEventListener("click", () => step(-1));
part("next").addEventListener("click", () => step(1));
part("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("close", leave);
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => {
  for (const image of document.images) image.loading = "eager";
  for (const closed of dialog.querySelectorAll(".lineage details")) closed.open = true;
});

arrange();
follow();
