/** A picture to look into: [data-zoom-stage] around [data-zoom-frame] with its image, [data-zoom-tools] with buttons
 * [data-zoom-by] and [data-zoom-reset], and [data-zoom-said] with data-text-zoom. The frame scrolls, so that fingers, wheels
 * and arrow keys pan it as they do everywhere; + − 0 zoom while it has the focus. */

const STEPS = [100, 150, 200, 300, 400];

function connect(stage: HTMLElement): void {
  const frame = stage.querySelector<HTMLElement>("[data-zoom-frame]");
  const image = frame?.querySelector("img");
  const tools = stage.querySelector<HTMLElement>("[data-zoom-tools]");
  const said = stage.querySelector<HTMLElement>("[data-zoom-said]");
  if (!frame || !image || !tools) return;
  let step = 0;

  const show = (next: number): void => {
    const before = STEPS[step] ?? 100;
    const middle = [frame.scrollLeft + frame.clientWidth / 2, frame.scrollTop + frame.clientHeight / 2] as const;
    if (step === 0) {
      // The frame keeps the height of the whole picture, or the page would jump.
      frame.style.height = `${frame.clientHeight}px`;
      frame.dataset.fitted = String(image.clientWidth);
    }
    step = Math.min(Math.max(next, 0), STEPS.length - 1);
    const percent = STEPS[step] ?? 100;
    const grown = percent / before;
    frame.toggleAttribute("data-zoomed", step > 0);
    image.style.width = step ? `${(Number(frame.dataset.fitted) * percent) / 100}px` : "";
    if (step === 0) frame.style.height = "";
    frame.scrollTo(middle[0] * grown - frame.clientWidth / 2, middle[1] * grown - frame.clientHeight / 2);
    if (image.sizes && step) image.sizes = `${Math.ceil(image.clientWidth)}px`;
    for (const button of tools.querySelectorAll<HTMLButtonElement>("[data-zoom-by]")) {
      button.setAttribute("aria-disabled", String(button.dataset.zoomBy === "1" ? step === STEPS.length - 1 : step === 0));
    }
    if (said) said.textContent = `${said.dataset.textZoom ?? ""} ${percent} %.`;
  };

  tools.hidden = false;
  frame.tabIndex = 0;
  tools.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button) show(button.dataset.zoomReset === undefined ? step + Number(button.dataset.zoomBy) : 0);
  });
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = { "+": step + 1, "=": step + 1, "-": step - 1, "0": 0 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  });

  // A mouse drags the paper; fingers scroll it by themselves.
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || !step) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    frame.dataset.dragging = "";
  });
  frame.addEventListener("pointermove", (event) => {
    if (frame.dataset.dragging !== undefined) frame.scrollBy(-event.movementX, -event.movementY);
  });
  for (const end of ["pointerup", "pointercancel"] as const) frame.addEventListener(end, () => delete frame.dataset.dragging);
}

for (const stage of document.querySelectorAll<HTMLElement>("[data-zoom-stage]")) connect(stage);

export {};
