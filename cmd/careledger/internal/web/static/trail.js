// Two sliders beside the two days of a trail. Without this script the days are chosen and sent with the button. A slider that is let go of sends
// the form, when it has rested for a moment: the server answers with a page, of which the events are put in place of those that are shown. Each
// answer is a reading that the ledger keeps.
"use strict";
(() => {
  const day = 86400000;
  const form = document.querySelector("form[data-trail]");
  if (!form) return;
  const number = (text) => Date.parse(text + "T00:00:00Z") / day;
  const text = (n) => new Date(n * day).toISOString().slice(0, 10);
  let last = 0, resting = 0;
  const rest = () => {
    clearTimeout(resting);
    resting = setTimeout(show, 300);
  };
  const show = async () => {
    const words = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...words]) if (!value) words.delete(name);
    const address = form.action.split("?")[0] + "?" + words;
    const turn = ++last;
    let answer, page;
    try {
      answer = await fetch(address, {headers: {Accept: "text/html"}});
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      location.assign(address); // the browser says what is wrong
      return;
    }
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
    slider.addEventListener("change", rest);
    field.addEventListener("change", () => { if (field.value) slider.value = number(field.value); say(); rest(); });
    say();
    field.after(slider);
  }
})();
