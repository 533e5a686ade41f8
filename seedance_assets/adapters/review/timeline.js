/* The timeline of a take: its frames, its curves, the faults on them, and the way to a moment. */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LANES = [["luma", "Luma"], ["motion", "Motion"], ["sound", "Sound"]];
const LANE = 56;
const GAP = 8;
const WIDE = 1000;
const MOST_TICKS = 14;
const MOST_PLACES = 4;

/** Frames, curves and faults of a take over its length; nothing if it was never measured. */
function timeline(take) {
  if (!take.length) return [];
  const lanes = LANES.filter(([name]) => take.curves?.[name]);
  const faults = findingsOf(take).filter((found) => found.verdict !== "pass" && found.spans.length);
  return [make("section", { class: "block timeline" },
    make("div", { class: "timeline-head" },
      make("h3", {}, `Timeline of take ${take.number}`),
      faultButtons(faults),
      make("span", { id: "moment", class: "quiet" })),
    make("div", { class: "lanes" },
      make("div", { class: "lane-names", "aria-hidden": "true" },
        ...lanes.map(([, title]) => make("span", {}, title))),
      make("div", { class: "lane-field" }, ...strip(take),
        make("div", { class: "curves" }, drawing(take, lanes, faults), make("i", { id: "playhead" })),
        axis(take.length))))];
}

function strip(take) {
  const alt = `Frames of take ${take.number}, from first to last`;
  return take.strip ? [make("img", { class: "strip", src: take.strip, alt })] : [];
}

/** Buttons for the places of each fault, the first few in time: a press goes there. */
function faultButtons(faults) {
  return make("div", { class: "faults" }, ...faults.flatMap((found) => placeButtons(found, "chip fault", true)));
}

function placeButtons(found, style, named) {
  const places = [...found.spans].sort(([a], [b]) => a - b);
  const buttons = places.slice(0, MOST_PLACES).map((span) => make("button", {
    type: "button", class: `${style} ${found.verdict}`, title: found.sentence,
    "aria-label": `Go to ${words(found.rule)}, ${LABELS[found.verdict]}, ${moments(span)}`,
    onclick: () => seek(span[0]),
  }, named ? `${words(found.rule)} ${moments(span)}` : moments(span)));
  const more = places.length - MOST_PLACES;
  return more > 0 ? [...buttons, make("span", { class: "quiet more" }, `+${more}`)] : buttons;
}

function drawing(take, lanes, faults) {
  const height = Math.max(lanes.length, 1) * (LANE + GAP) - GAP;
  const number = faults.reduce((sum, found) => sum + found.spans.length, 0);
  const names = lanes.map(([, title]) => title).join(", ") || "No curves";
  const figure = draw("svg", {
    viewBox: `0 0 ${WIDE} ${height}`, preserveAspectRatio: "none", role: "img", height,
    "aria-label": `${names} of take ${take.number} over ${take.length.toFixed(1)} seconds, ` +
      `${number} ${number === 1 ? "fault" : "faults"} marked`,
  });
  for (const [place, [name]] of lanes.entries()) figure.append(...lane(name, take.curves[name], place));
  for (const found of faults) figure.append(...found.spans.map((span) => band(found, span, take, height)));
  const scrub = (event) => seek(take.length * (event.offsetX / figure.clientWidth));
  figure.addEventListener("pointerdown", (event) => {
    const start = event.target.dataset?.start;
    if (start === undefined) scrub(event);
    else seek(Number(start));
  });
  figure.addEventListener("pointermove", (event) => event.buttons === 1 && scrub(event));
  return figure;
}

/** One curve; the sound stands on both sides of its middle line. */
function lane(name, letters, place) {
  const floor = place * (LANE + GAP) + LANE;
  const heights = [...letters].map((letter) => LETTERS.indexOf(letter) / (LETTERS.length - 1));
  const x = (index) => (((index + 0.5) / heights.length) * WIDE).toFixed(1);
  const points = (height) => heights.map((value, index) => `${x(index)},${height(value).toFixed(1)}`);
  const ground = draw("rect", { class: "ground", x: 0, y: floor - LANE, width: WIDE, height: LANE });
  if (name === "sound") {
    const middle = floor - LANE / 2;
    const upper = points((value) => middle - Math.max(value * LANE / 2, 0.5));
    const lower = points((value) => middle + Math.max(value * LANE / 2, 0.5)).reverse();
    return [ground, draw("polygon", { class: "curve sound", points: [...upper, ...lower].join(" ") })];
  }
  const line = points((value) => floor - 1 - value * (LANE - 2));
  return [ground,
    draw("polygon", { class: `under ${name}`, points: `0,${floor} ${line.join(" ")} ${WIDE},${floor}` }),
    draw("polyline", { class: `curve ${name}`, points: line.join(" ") })];
}

function band(found, [start, end], take, height) {
  const left = Math.min(start / take.length, 1) * WIDE;
  const width = Math.max((Math.min(end, take.length) - start) / take.length * WIDE, 4);
  const place = { class: `band ${found.verdict}`, x: left.toFixed(1), y: 0, width: width.toFixed(1), height };
  return draw("rect", { ...place, "data-start": start },
    draw("title", {}, `${words(found.rule)}, ${moments([start, end])}: ${found.sentence}`));
}

function axis(length) {
  const step = Math.ceil(length / MOST_TICKS);
  const ticks = Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step)
    .filter((at) => at < length * 0.97); // the last one would be cut off
  return make("div", { class: "axis", "aria-hidden": "true" }, ...ticks.map((at) => {
    const tick = make("span", {}, `${at} s`);
    tick.style.left = `${(at / length) * 100}%`;
    return tick;
  }));
}

/** Go to a moment of the chosen take and stop there; its clip is loaded if it was not. */
function seek(at) {
  const video = chosenVideo();
  const take = chosenTake();
  if (!video || !take) return;
  const inside = Math.max(0, Math.min(at, (take.length ?? at) - 0.001));
  const go = () => { video.currentTime = inside + 0.0005; }; // inside the frame, not on its edge
  video.pause();
  if (video.readyState > 0) go();
  else {
    video.addEventListener("loadedmetadata", go, { once: true });
    if (video.preload === "none") video.preload = "auto";
  }
  showMoment(inside);
}

function showMoment(at) {
  const take = chosenTake();
  const head = part("playhead");
  if (!head || !take?.length) return;
  head.style.left = `${Math.min(at / take.length, 1) * 100}%`;
  part("moment").textContent = `${at.toFixed(2)} s · frame ${Math.floor(at * (take.rate ?? 24) + 0.01)}`;
}

/** Let the playhead go with a clip for as long as it is the chosen one. */
function accompany(video) {
  const show = () => video === chosenVideo() && showMoment(video.currentTime);
  const run = () => {
    show();
    if (!video.paused && video.isConnected) requestAnimationFrame(run);
  };
  video.addEventListener("play", run);
  for (const name of ["timeupdate", "seeked"]) video.addEventListener(name, show);
}

/** One frame on, or back. */
function stepFrame(by) {
  const video = chosenVideo();
  if (video) seek(video.currentTime + by / (chosenTake().rate ?? 24));
}

/** The next fault after where the clip stands; after the last one the first. */
function nextFault() {
  const starts = findingsOf(chosenTake() ?? {}).filter((found) => found.verdict !== "pass")
    .flatMap((found) => found.spans.map(([start]) => start)).sort((a, b) => a - b);
  const now = chosenVideo()?.currentTime ?? 0;
  const next = starts.find((start) => start > now + 0.01) ?? starts[0];
  if (next !== undefined) seek(next);
}
