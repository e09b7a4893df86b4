// Plays steps: buttons, arrow keys, a slider, play and pause. `lengths` are the numbers of steps of
// the parts that are played one after the other; `show(part, step)` shows a step, and returns the
// words that say it to those who do not see it.
function makePlayer(lengths, show) {
  const one = (selector) => document.querySelector(selector);
  const slider = one("#slider");
  const speed = one("#speed");
  let part = 0;
  let step = 0;
  let timer = null;

  const isLast = () => part === lengths.length - 1 && step === lengths[part] - 1;

  function go(p, s) {
    [part, step] = [p, s];
    const words = show(part, step);
    const place = `step ${step + 1} of ${lengths[part]}`;
    slider.max = lengths[part] - 1;
    slider.value = step;
    slider.setAttribute("aria-valuetext", place);
    one("#place").textContent = place;
    one("#announcement").textContent = `${place}. ${words}`;
    one("#back").disabled = !part && !step;
    one("#next").disabled = isLast();
  }

  function next() {
    if (step < lengths[part] - 1) go(part, step + 1);
    else if (!isLast()) go(part + 1, 0);
    if (isLast()) pause();
  }

  function back() {
    if (step) go(part, step - 1);
    else if (part) go(part - 1, lengths[part - 1] - 1);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    one("#play").textContent = "Play";
  }

  function play() {
    if (isLast()) go(0, 0);
    clearInterval(timer);
    timer = setInterval(next, Number(speed.dataset.pause) / Number(speed.value));
    one("#play").textContent = "Pause";
  }

  const toggle = () => (timer ? pause() : play());

  function goAndPause(p, s) {
    pause();
    go(p, s);
  }

  const pausing = (act) => () => {
    pause();
    act();
  };
  one("#next").addEventListener("click", pausing(next));
  one("#back").addEventListener("click", pausing(back));
  one("#play").addEventListener("click", toggle);
  speed.addEventListener("change", () => timer && play());
  slider.addEventListener("input", () => goAndPause(part, Number(slider.value)));

  const keys = {
    ArrowRight: pausing(next),
    ArrowLeft: pausing(back),
    Home: () => goAndPause(part, 0),
    End: () => goAndPause(part, lengths[part] - 1),
    " ": toggle,
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("select, input");
    const isButton = event.target.matches("button, summary, a");
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping) return;
    if (!(event.key in keys) || (event.key === " " && isButton)) return;
    event.preventDefault();
    keys[event.key]();
  });

  return { go: goAndPause };
}

// Scrolls the box around an item, not the page, so that the item is in its middle; where the item
// is seen already, nothing moves.
function follow(item) {
  const box = item.closest(".scroll");
  const [outer, inner] = [box.getBoundingClientRect(), item.getBoundingClientRect()];
  const beyond = (start, end, least, most) =>
    start < least + 40 || end > most - 10 ? (start + end - least - most) / 2 : 0;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  box.scrollBy({
    left: item.matches("tr") ? 0 : beyond(inner.left, inner.right, outer.left, outer.right),
    top: beyond(inner.top, inner.bottom, outer.top, outer.bottom),
    behavior,
  });
}
