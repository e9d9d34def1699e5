// Two sliders beside the two days of a trail. Without this script the days are chosen and sent with the button. A slider that is let go of sends
// the form: the server answers with a page, of which the events are put in place of those that are shown.
"use strict";
(() => {
  const day = 86400000;
  const form = document.querySelector("form[data-trail]");
  if (!form) return;
  const number = (text) => Date.parse(text + "T00:00:00Z") / day;
  const text = (n) => new Date(n * day).toISOString().slice(0, 10);
  let last = 0;
  const show = async () => {
    const words = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...words]) if (!value) words.delete(name);
    const address = form.action.split("?")[0] + "?" + words;
    const turn = ++last;
    const answer = await fetch(address, {headers: {Accept: "text/html"}});
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== last) return; // a later one is on its way
    const fresh = page.getElementById("answer"), old = document.getElementById("answer");
    if (!answer.ok || answer.redirected || !fresh || !old) {
      location.assign(address);
      return;
    }
    old.replaceWith(fresh);
    history.replaceState(null, "", address);
  };
  for (const p of form.querySelectorAll("p.day[data-first]")) {
    const field = p.querySelector("input");
    if (field.type !== "date") continue;
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = number(p.dataset.first);
    slider.max = number(p.dataset.last);
    slider.value = field.value ? number(field.value) : slider.max;
    slider.setAttribute("aria-label", p.querySelector("label").textContent);
    const say = () => slider.setAttribute("aria-valuetext", field.value);
    slider.addEventListener("input", () => { field.value = text(slider.value); say(); });
    slider.addEventListener("change", show);
    field.addEventListener("change", () => { if (field.value) slider.value = number(field.value); say(); show(); });
    say();
    field.after(slider);
  }
})();
