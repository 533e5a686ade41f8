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
    (shot.sequence ? ` · ${shot.sequence}` : "") + ` · row ${shot.row}`;
  part("panel-title").textContent = shot.key;
  part("panel-chip").replaceChildren(chip(shot.chip));
  part("previous").disabled = place <= 0;
  part("next").disabled = place < 0 || place >= order.length - 1;
  part("panel-body").replaceChildren(...[trouble(shot), stage(shot), ...details(shot)].filter(Boolean));
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
    shot.advice && make("p", {}, make("span", { class: "quiet" }, "What to do: "), shot.advice));
}

/** The input picture and every take beside it. */
function stage(shot) {
  const figures = (shot.takes ?? []).map((take, index) => takeFigure(take, index, shot));
  const asked = make("div", { class: "asked" }, inputFigure(shot), roomForPrompt(shot) && prompt(shot));
  return make("div", { class: `stage of${Math.min(figures.length, 3)}` }, asked, ...figures);
}

/** With several takes their row is too narrow for a text. */
function roomForPrompt(shot) {
  return (shot.takes ?? []).length <= 1;
}

function prompt(shot) {
  return block("Prompt", make("p", { class: "prompt", dir: "auto" }, shot.prompt));
}

function inputFigure(shot) {
  const picture = shot.frame
    ? make("img", { src: shot.frame, alt: `First frame of ${shot.key}, as given to the model` })
    : make("div", { class: "slate" }, "No picture");
  return make("figure", { class: "input" },
    make("div", { class: "screen" }, picture), make("figcaption", {}, "First frame"));
}

function takeFigure(take, index, shot) {
  const pick = make("button", {
    type: "button", class: "pick", "aria-pressed": "false", "data-take": index,
    "aria-keyshortcuts": String(index + 1), onclick: () => chooseTake(index),
  }, `Take ${take.number}`);
  return make("figure", { class: "take" },
    make("div", { class: "screen" },
      take.video ? clip(take, shot) : make("div", { class: "slate" }, words(take.state)),
      review.emulated && take.video && make("span", { class: "badge" }, "EMULATED")),
    make("figcaption", {}, pick,
      make("span", { class: "quiet" }, [
        take.length && `${take.length.toFixed(1)} s`, take.cost === "–" ? take.estimate : take.cost,
        take.old && "earlier request",
      ].filter(Boolean).join(" · ")),
      take.verdict && chip(take.verdict)));
}

function clip(take, shot) {
  const [width, height] = take.size ?? [];
  const video = make("video", {
    preload: "none", src: take.video, poster: take.poster, loop: true, playsinline: true,
    width, height, "aria-label": `Take ${take.number} of ${shot.key}`,
  });
  // a frame later, or Chromium shows a waiting circle on a clip that nobody has asked for
  requestAnimationFrame(() => requestAnimationFrame(() => { video.controls = true; }));
  return video;
}

/** Make a take the one whose findings are shown and which the space bar plays. */
function chooseTake(index) {
  const takes = review.shots[shown].takes ?? [];
  if (!takes[index]) return;
  chosen = index;
  for (const [at, figure] of dialog.querySelectorAll("figure.take").entries()) {
    figure.classList.toggle("chosen", at === index);
    figure.querySelector(".pick").setAttribute("aria-pressed", String(at === index));
    if (at !== index) figure.querySelector("video")?.pause();
  }
  part("take-strip").replaceChildren(...strip(takes[index]));
  part("take-findings").replaceChildren(
    block(`Findings of take ${takes[index].number}`, findings(takes[index])));
  part("take-record").replaceChildren(block("Record", record(takes[index])));
}

function strip(take) {
  const alt = `Frames of take ${take.number}, from first to last`;
  return take.strip ? [make("img", { class: "strip", src: take.strip, alt })] : [];
}

/** Below the stage: places for what belongs to the chosen take, and what belongs to the shot. */
function details(shot) {
  return [
    make("div", { id: "take-strip" }),
    make("div", { class: "columns" },
      make("div", { class: "stack" },
        make("div", { id: "take-findings" }),
        !roomForPrompt(shot) && prompt(shot),
        block("Shot", settings(shot))),
      make("div", { id: "take-record" })),
  ];
}

function settings(shot) {
  const wanted = `${shot.wanted} wanted, ${(shot.takes ?? []).length} ordered`;
  const named = [...(shot.settings ?? []), ...(shot.notes ?? [])];
  return definitions([["takes", wanted], ...named.map(([name, text]) => [words(name), text])]);
}

function findings(take) {
  if (!take.findings) {
    return make("p", { class: "quiet" }, "None: there is no clip that could have been measured.");
  }
  const head = ["Rule", "Verdict", "Measured", "Limit"].map((t) => make("th", { scope: "col" }, t));
  const rows = take.findings.map(([rule, verdict, measured, limit, sentence]) =>
    make("tr", { class: verdict },
      make("th", { scope: "row" }, words(rule)),
      make("td", {}, chip(verdict)),
      make("td", {}, measured, verdict !== "pass" && make("p", { class: "sentence" }, sentence)),
      make("td", {}, limit)));
  return make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Findings" },
    make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
}

function record(take) {
  return definitions([
    ["Take", take.name],
    ["State", words(take.state)],
    ["Cost", `${take.cost === "–" ? "charge not known yet" : `${take.cost} charged`}, ${take.estimate} estimated`],
    ["Ordered", take.ordered],
    ["Service time", take.service],
    ["Fallback", take.silent && "silent: sound was asked for, and the moderation refused it"],
    ["Error", take.error],
    ["Request", take.request && copyable(take.request, take.request)],
    ["Fingerprint", copyable(take.fingerprint, `${take.fingerprint.slice(0, 12)}…`)],
    ...(take.file ?? []),
  ]);
}

/** Play the chosen take, or pause it. */
function playOrPause() {
  const video = dialog.querySelector("figure.take.chosen video");
  if (!video) return;
  if (video.paused) video.play().catch(() => {}); // a file that is gone says so in the player
  else video.pause();
}
