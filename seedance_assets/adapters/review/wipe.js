/* The input picture beside frame 0 of a take: does the clip open on what it was given? */

/** The picture with frame 0 of the take under it, and a slider to wipe between them. */
function opening(shot, take) {
  if (!shot.frame || !take?.video) return inputFigure(shot);
  const still = make("video", {
    src: `${take.video}#t=0`, preload: "auto", muted: true, playsinline: true, tabindex: "-1",
    "aria-label": `Frame 0 of take ${take.number}`, disablepictureinpicture: true,
  });
  const picture = make("img", { src: shot.frame, alt: `First frame of ${shot.key}, as given to the model` });
  const slider = make("input", {
    type: "range", min: "0", max: "100", value: "50", step: "1",
    "aria-label": `Wipe from the first frame to frame 0 of take ${take.number}`,
    oninput: () => wipeTo(field, slider),
  });
  const field = make("div", { class: "wipe" }, still, picture, make("i", { class: "edge" }), slider);
  const [width, height] = take.size ?? [16, 9];
  field.style.setProperty("--ratio", width / height);
  wipeTo(field, slider);
  return make("figure", { class: "input" }, make("div", { class: "screen" }, field),
    make("figcaption", {}, make("span", {}, "First frame"), differenceButton(field),
      make("span", { class: "right" }, `Frame 0 of take ${take.number}`)));
}

function wipeTo(field, slider) {
  field.style.setProperty("--at", `${slider.value}%`);
  slider.setAttribute("aria-valuetext", `${slider.value} % first frame`);
}

/** Both pictures subtracted: what is the same turns black. */
function differenceButton(field) {
  const button = make("button", {
    type: "button", class: "pick subtract", "aria-pressed": "false",
    onclick: () => button.setAttribute("aria-pressed", String(field.classList.toggle("difference"))),
  }, "Difference");
  return button;
}

function inputFigure(shot) {
  const picture = shot.frame
    ? make("img", { src: shot.frame, alt: `First frame of ${shot.key}, as given to the model` })
    : make("div", { class: "slate" }, "No picture");
  return make("figure", { class: "input" },
    make("div", { class: "screen" }, picture), make("figcaption", {}, "First frame"));
}
