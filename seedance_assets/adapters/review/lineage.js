/* Where a take comes from: each step from the row of the sheet to the verdict, with its proof. */

/** The steps of a take, in the order in which they happened. */
function lineage(take, shot) {
  const steps = [
    ["Sheet", [["File", review.sheet], ["Row", shot.row ? String(shot.row) : "no longer in the sheet"]]],
    ["First frame", [["SHA-256", short(take.frame)]]],
    ["Request", [["Model", review.model], ["Fingerprint", short(take.fingerprint)]], request(take, shot)],
    ["Order", [
      ["Take", take.name],
      ["Ordered", take.ordered],
      ["Request id", take.request && copyable(take.request, take.request)],
      ["Run", take.run && short(take.run)],
      ["Estimated", take.estimate],
    ]],
    ["Delivery", [
      ["State", words(take.state)],
      ["Delivered", take.delivered],
      ["Service time", take.service],
      ["Charged", take.cost === "–" ? "not known yet" : take.cost],
      ["Fallback", take.silent && "silent: sound was ordered, but moderation refused it"],
      ["Error", take.error],
    ]],
    take.file && ["Clip", [
      ...take.file,
      ["SHA-256", short(take.sha)],
      ["Where", take.video && make("a", { href: take.video }, "Open the file")],
    ]],
  ];
  return make("ol", { class: "lineage" }, ...steps.filter(Boolean).map(([title, facts, more]) =>
    make("li", {}, make("h4", {}, title), definitions(facts), more)));
}

function short(text) {
  return text && copyable(text, text.length > 16 ? `${text.slice(0, 12)}…` : text);
}

/** The request in full: the row's inputs of now, and what was another when it was ordered. */
function request(take, shot) {
  const asked = new Map([["prompt", shot.prompt], ...(shot.settings ?? []), ...(take.asked ?? [])]);
  return make("details", {}, make("summary", {}, "The complete request"),
    definitions([...asked].map(([name, text]) => [name, text])));
}
