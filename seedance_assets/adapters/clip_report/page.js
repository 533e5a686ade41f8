"use strict";
(() => {
  const form = document.querySelector(".filters");
  const clips = [...document.querySelectorAll(".clip")];
  const names = new Map(clips.map((clip) => [clip, clip.querySelector(".head").textContent.toLowerCase()]));

  function show() {
    const wanted = new FormData(form);
    const verdicts = new Set(wanted.getAll("verdict"));
    const rule = wanted.get("rule");
    const name = wanted.get("name").trim().toLowerCase();
    let shown = 0;
    for (const clip of clips) {
      const fits = verdicts.has(clip.dataset.verdict)
        && (!rule || clip.dataset.rules.split(" ").includes(rule))
        && (!name || names.get(clip).includes(name));
      clip.hidden = !fits;
      shown += fits;
    }
    document.getElementById("shown").textContent = shown;
    document.getElementById("none").hidden = shown > 0;
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of document.querySelectorAll("button.rule")) {
    button.addEventListener("click", () => {
      form.elements.rule.value = button.dataset.rule;
      show();
      form.scrollIntoView();
    });
  }
  document.getElementById("rules").open = matchMedia("(min-width: 75rem)").matches;
  show();  // a browser that goes back keeps what was chosen
})();
