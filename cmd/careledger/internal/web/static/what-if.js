// The sliders of the what-if page. A slider writes its field, and the page asks the server for its answer anew: every figure and text that is shown is the
// server's. One question is under way at a time; what is moved meanwhile is asked next. While something moves, the total and the chart are asked for; when it
// stands still, all of it. The address follows, so that it always says what is shown.
"use strict";
(() => {
  const PATIENCE = 1000; // milliseconds after which a question under way is given up for a newer one
  const form = document.querySelector("form.filter");
  const busy = document.getElementById("busy");
  const unreachable = document.getElementById("unreachable");
  const live = document.getElementById("live");
  const comma = document.documentElement.lang === "sv";
  const sliders = [...form.querySelectorAll("input[type=range]")];
  let flight = null; // the question under way
  let waiting = false; // something was moved since it was asked
  let framed = false;

  const fieldOf = (slider) => document.getElementById(slider.dataset.for);

  for (const slider of sliders) {
    const field = fieldOf(slider);
    slider.hidden = false;
    slider.addEventListener("input", () => {
      field.value = comma ? slider.value.replace(".", ",") : slider.value;
      move();
    });
    field.addEventListener("input", () => {
      slider.value = field.value.trim() === "" ? slider.dataset.adopted : field.value.replace(",", ".").replace(/\s/g, "");
      move();
    });
  }

  // move asks at the next frame: many movements within one are one question.
  function move() {
    waiting = true;
    if (flight && (flight.part === "outcome" || performance.now() - flight.began > PATIENCE)) {
      flight.abort();
    }
    if (!framed && !flight) {
      framed = true;
      requestAnimationFrame(() => {
        framed = false;
        ask("moving");
      });
    }
  }

  // address is the page's own with the values of the fields: what else the form holds is asked by its button.
  function address() {
    const words = new URLSearchParams(location.search);
    for (const name of ["set", "page", "parameter", "value"]) {
      words.delete(name);
    }
    for (const kept of form.querySelectorAll("input[name=set]")) {
      words.append("set", kept.value);
    }
    for (const slider of sliders) {
      const field = fieldOf(slider);
      if (field.value.trim() !== "") {
        words.append("parameter", field.previousElementSibling.value);
        words.append("value", field.value);
      }
    }
    const query = words.toString();
    return location.pathname + (query ? "?" + query : "");
  }

  // ask asks for a part: "moving" or all of the "outcome".
  async function ask(part) {
    waiting = false;
    let moved = false;
    const asked = new AbortController();
    flight = { part, began: performance.now(), abort: () => asked.abort() };
    const slow = setTimeout(() => { busy.hidden = false; }, 500);
    document.getElementById("rest").setAttribute("aria-busy", "true");
    try {
      const where = address();
      const answer = await fetch(where, { headers: { "Careledger-Part": part, Accept: "text/html" }, signal: asked.signal, credentials: "same-origin" });
      if (new URL(answer.url).pathname !== location.pathname) {
        location.reload(); // who is signed out is asked to sign in
        return;
      }
      if (!show(part, await answer.text(), answer.ok && answer.headers.get("Content-Location"))) {
        location.assign(where); // a problem, which is a page of its own
        return;
      }
      if (!answer.ok) {
        document.getElementById("rest").replaceChildren(); // of a question before this one
      }
      unreachable.hidden = true;
      moved = part === "moving" && answer.ok;
    } catch (error) {
      unreachable.hidden = error.name === "AbortError";
    } finally {
      clearTimeout(slow);
      busy.hidden = true;
      flight = null;
    }
    if (waiting) {
      move();
    } else if (moved) {
      ask("outcome");
    } else {
      document.getElementById("rest").removeAttribute("aria-busy");
      const summary = document.querySelector("#outcome .summary");
      live.textContent = summary ? summary.textContent : "";
    }
  }

  // show puts the answer in the place of the last one, if it is the part that was asked for.
  function show(of, text, canonical) {
    const part = new DOMParser().parseFromString(text, "text/html").getElementById(of);
    if (!part) {
      return false;
    }
    document.getElementById(of).replaceWith(part);
    for (const slider of sliders) {
      const field = fieldOf(slider);
      const wrong = [...part.querySelectorAll("[data-field]")].some((item) => item.dataset.field === field.id);
      if (wrong) {
        field.setAttribute("aria-invalid", "true");
      } else {
        field.removeAttribute("aria-invalid");
      }
    }
    if (canonical) {
      history.replaceState(null, "", canonical);
      follow(canonical);
    }
    return true;
  }

  // follow lets the links of the page that hold its address say the new one.
  function follow(canonical) {
    for (const link of document.querySelectorAll("header a[hreflang]")) {
      const to = new URL(canonical, location.href);
      to.searchParams.delete("lang");
      if (link.hreflang !== "sv") {
        to.searchParams.set("lang", link.hreflang);
      }
      link.href = to.pathname + to.search;
    }
    const send = document.querySelector(".own-model form");
    send.action = location.pathname + "/model" + new URL(canonical, location.href).search;
  }

  document.getElementById("cancel").addEventListener("click", () => {
    waiting = false;
    if (flight) {
      flight.abort();
    }
  });
})();
