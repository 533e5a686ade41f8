/* The panel of one shot. It is built when it is opened, so a thousand shots cost nothing. */

const dialog = part("panel");
let shown = -1;
let chosen = 0;

/** Show the shot at this place of the list, with the take that stands for it. */
function showShot(index) {
  const shot = review.shots[index];
  shown = index;
  chosen = shot.face ?? 0;
  const place = order.indexOf(index);
  part("panel-place").textContent =
    (place < 0 ? "" : `${place + 1} of ${order.length}`) +
    (shot.sequence ? ` · ${shot.sequence}` : "") + (shot.row ? ` · row ${shot.row}` : "");
  part("panel-title").textContent = shot.key;
  part("panel-chip").replaceChildren(chip(shot.chip));
  part("previous").disabled = place <= 0;
  part("next").disabled = place < 0 || place >= order.length - 1;
  const asked = !roomForPrompt(shot) && prompt(shot);
  const parts = [trouble(shot), asked, stage(shot), ...details(shot)];
  part("panel-body").replaceChildren(...parts.filter(Boolean));
  chooseTake(chosen);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  part("panel-title").focus({ preventScroll: true });
}

/** Empty the panel, so that nothing goes on playing behind it. */
function clearPanel() {
  part("panel-body").replaceChildren();
  shown = -1;
}

function trouble(shot) {
  if (!shot.reason && !shot.advice) return null;
  return make("div", { class: `trouble ${shot.chip}` },
    make("p", {}, make("strong", {}, shot.reason ?? LABELS[shot.chip])),
    shot.advice && make("p", {}, make("span", { class: "quiet" }, "What to do: "), ...ticked(shot.advice)));
}

/** The opening of the chosen take, and every take beside it. */
function stage(shot) {
  const figures = (shot.takes ?? []).map((take, index) => takeFigure(take, index, shot));
  const asked = make("div", { class: "asked" },
    make("div", { id: "opening" }, inputFigure(shot)), roomForPrompt(shot) && prompt(shot));
  return make("div", { class: `stage of${Math.min(figures.length, 3)}` }, asked, ...figures);
}

/** With several takes their row is too narrow for a text. */
function roomForPrompt(shot) {
  return (shot.takes ?? []).length <= 1;
}

function prompt(shot) {
  return block("Prompt", make("p", { class: "prompt", dir: "auto" }, shot.prompt));
}

function takeFigure(take, index, shot) {
  const pick = make("button", {
    type: "button", class: "pick", "aria-pressed": "false", "data-take": index,
    "aria-keyshortcuts": String(index + 1), onclick: () => chooseTake(index),
  }, `Take ${take.number}`);
  return make("figure", { class: "take" },
    make("div", { class: "screen" },
      take.video ? clip(take, shot) : slate(take),
      review.emulated && take.video && make("span", { class: "badge" }, "EMULATED")),
    make("figcaption", {}, pick,
      make("span", { class: "quiet" }, [
        take.length && `${take.length.toFixed(1)} s`, take.cost === "–" ? take.estimate : take.cost,
        take.old && "earlier request",
      ].filter(Boolean).join(" · ")),
      take.verdict && chip(take.verdict)));
}

function slate(take) {
  return make("div", { class: "slate" }, take.missing ? "Its file is missing." : words(take.state));
}

function clip(take, shot) {
  const [width, height] = take.size ?? [];
  const video = make("video", {
    preload: "none", src: take.video, poster: take.poster, loop: true, playsinline: true,
    width, height, "aria-label": `Take ${take.number} of ${shot.key}`,
  });
  accompany(video);
  // a frame later, or Chromium shows a waiting circle on a clip that nobody has asked for
  requestAnimationFrame(() => requestAnimationFrame(() => { video.controls = true; }));
  return video;
}

/** The take whose findings are shown, and its clip if there is one. */
function chosenTake() {
  return review.shots[shown]?.takes?.[chosen];
}

function chosenVideo() {
  return dialog.querySelector("figure.take.chosen video");
}

/** Make a take the one whose findings are shown and which the space bar plays. */
function chooseTake(index) {
  const shot = review.shots[shown];
  const take = shot.takes?.[index];
  if (!take) return;
  chosen = index;
  for (const [at, figure] of dialog.querySelectorAll("figure.take").entries()) {
    figure.classList.toggle("chosen", at === index);
    figure.querySelector(".pick").setAttribute("aria-pressed", String(at === index));
    if (at !== index) figure.querySelector("video")?.pause();
  }
  part("opening").replaceChildren(opening(shot, take));
  part("take-timeline").replaceChildren(...timeline(take));
  part("take-findings").replaceChildren(block(`Findings of take ${take.number}`, ...findings(take)));
  part("take-lineage").replaceChildren(block(`Lineage of take ${take.number}`, lineage(take, shot)));
  showMoment(chosenVideo()?.currentTime ?? 0);
}

/** Below the stage: places for what belongs to the chosen take, and what belongs to the shot. */
function details(shot) {
  return [
    make("div", { id: "take-timeline" }),
    make("div", { class: "columns" },
      make("div", { class: "stack" },
        make("div", { id: "take-findings" }),
        block("Shot", settings(shot))),
      make("div", { id: "take-lineage" })),
  ];
}

function settings(shot) {
  const wanted = `${shot.wanted} wanted, ${(shot.takes ?? []).length} ordered`;
  const named = [...(shot.settings ?? []), ...(shot.notes ?? [])];
  return definitions([["takes", wanted], ...named.map(([name, text]) => [words(name), text])]);
}

/** What did not pass stands open; what passed is one press away. */
function findings(take) {
  const found = findingsOf(take);
  if (!found.length) {
    return [make("p", { class: "quiet" }, "None: there is no clip to measure.")];
  }
  const bad = found.filter((one) => one.verdict !== "pass");
  const good = found.filter((one) => one.verdict === "pass");
  return [
    bad.length && findingTable(bad, "Faults"),
    good.length && make("details", { class: "passed", open: !bad.length },
      make("summary", {}, make("span", { class: "chip pass" },
        `${good.length} ${good.length === 1 ? "rule" : "rules"} passed`)),
      findingTable(good, "Rules that passed")),
  ].filter(Boolean);
}

function findingTable(found, name) {
  const head = ["Rule", "Verdict", "Measured", "Limit"].map((t) => make("th", { scope: "col" }, t));
  const rows = found.map((one) =>
    make("tr", { class: one.verdict },
      make("th", { scope: "row" }, words(one.rule)),
      make("td", { "data-label": "Verdict" }, chip(one.verdict)),
      make("td", { "data-label": "Measured" }, one.measured,
        one.verdict !== "pass" && make("p", { class: "sentence" }, one.sentence),
        one.verdict !== "pass" && one.spans.length && make("p", { class: "places" },
          ...placeButtons(one, "copy", false))),
      make("td", { "data-label": "Limit" }, one.limit)));
  return make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": name },
    make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
}

/** Play the chosen take, or pause it. */
function playOrPause() {
  const video = chosenVideo();
  if (!video) return;
  if (video.paused) video.play().catch(() => {}); // a file that is gone says so in the player
  else video.pause();
}
