/** The 3D stage. Poster first; the viewer itself (a megabyte) is fetched when somebody turns to the page.
 *
 * Expects templates/components/viewer.html:
 *   [data-viewer] with data-src, data-alt, data-meshopt; inside it [data-viewer-frame], [data-viewer-open],
 *   [data-viewer-tools] with buttons [data-view], [data-zoom], [data-reset], [data-rotate], and [data-viewer-state]. */

import type { ModelViewerElement } from "@google/model-viewer";

const VIEWS: Record<string, string> = {
  front: "0deg 90deg auto",
  side: "90deg 90deg auto",
  top: "0deg 0deg auto",
  iso: "45deg 55deg auto",
};
const START = "iso";
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Stage {
  readonly #root: HTMLElement;
  readonly #state: HTMLElement | null;
  #viewer: ModelViewerElement | null = null;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#state = root.querySelector("[data-viewer-state]");
    const open = root.querySelector<HTMLButtonElement>("[data-viewer-open]");
    if (open) {
      open.hidden = false;
      open.addEventListener("click", () => void this.open().then(() => this.#focusTools()));
    }
    if (mayPrefetch()) onInterest(root, () => void this.open());
  }

  async open(): Promise<void> {
    if (this.#root.dataset.state) return;
    this.#root.dataset.state = "loading";
    this.#say(this.#root.dataset.loadingText);
    try {
      const { ModelViewerElement } = await import("@google/model-viewer");
      this.#keepDecodersHere(ModelViewerElement);
      await this.#show(new ModelViewerElement());
    } catch {
      this.#fail();
    }
  }

  /** model-viewer's defaults point at other hosts. Our viewer files need meshopt at most; the rest is a 404 of ours. */
  #keepDecodersHere(element: typeof ModelViewerElement): void {
    const meshopt = this.#root.dataset.meshopt ?? "";
    const folder = meshopt.slice(0, meshopt.lastIndexOf("/") + 1);
    element.meshoptDecoderLocation = meshopt;
    element.dracoDecoderLocation = `${folder}draco/`;
    element.ktx2TranscoderLocation = `${folder}basis/`;
    element.lottieLoaderLocation = `${folder}lottie.js`;
  }

  async #show(viewer: ModelViewerElement): Promise<void> {
    const loaded = new Promise<void>((resolve, reject) => {
      viewer.addEventListener("load", () => resolve(), { once: true });
      viewer.addEventListener("error", reject, { once: true });
    });
    viewer.alt = this.#root.dataset.alt ?? "";
    viewer.cameraControls = true;
    viewer.interactionPrompt = "none";
    viewer.touchAction = "pan-y";
    viewer.shadowIntensity = 0.7;
    viewer.shadowSoftness = 0.9;
    viewer.environmentImage = "neutral";
    // The neutral room is brighter than the studio of the rendered cover; the same file should look alike in both.
    viewer.exposure = 0.6;
    // Without these the camera stops short of a true top view.
    viewer.minCameraOrbit = "-Infinity 0deg auto";
    viewer.maxCameraOrbit = "Infinity 180deg auto";
    viewer.cameraOrbit = VIEWS[START] ?? "auto";
    viewer.loading = "eager";
    viewer.src = this.#root.dataset.src ?? null;
    this.#root.querySelector("[data-viewer-frame]")?.append(viewer);
    await loaded;
    this.#viewer = viewer;
    this.#root.dataset.state = "ready";
    this.#say("");
    this.#connect();
  }

  #connect(): void {
    this.#root.querySelector<HTMLElement>("[data-viewer-open]")?.setAttribute("hidden", "");
    const tools = this.#root.querySelector<HTMLElement>("[data-viewer-tools]");
    if (!tools) return;
    for (const button of tools.querySelectorAll<HTMLElement>("button:not([data-viewer-open])")) button.hidden = false;
    tools.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button) this.#act(button);
    });
  }

  #act(button: HTMLButtonElement): void {
    const viewer = this.#viewer;
    const { view, zoom } = button.dataset;
    if (!viewer) return;
    if (view) {
      this.#look(VIEWS[view] ?? "auto");
      this.#describe(button);
    } else if (zoom) {
      viewer.zoom(Number(zoom));
    } else if (button.dataset.reset !== undefined) {
      viewer.fieldOfView = "auto";
      viewer.cameraTarget = "auto auto auto";
      this.#look(VIEWS[START] ?? "auto");
      this.#describe(button);
    } else if (button.dataset.rotate !== undefined) {
      viewer.autoRotate = !viewer.autoRotate;
      viewer.autoRotateDelay = 0;
      button.setAttribute("aria-pressed", String(viewer.autoRotate));
    }
  }

  /** The button that opened the viewer is gone; the focus goes on to the first of the tools. */
  #focusTools(): void {
    this.#root.querySelector<HTMLElement>("[data-view]:not([hidden])")?.focus();
  }

  #look(orbit: string): void {
    const viewer = this.#viewer;
    if (!viewer) return;
    viewer.resetTurntableRotation(0);
    viewer.cameraOrbit = orbit;
    // The element applies a changed orbit with its next render; a still camera must wait for that.
    if (still.matches) void viewer.updateComplete.then(() => viewer.jumpCameraToGoal());
  }

  #describe(button: HTMLButtonElement): void {
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = button.dataset.said ?? button.textContent?.trim() ?? "";
  }

  #say(text: string | undefined): void {
    if (this.#state) this.#state.textContent = text ?? "";
  }

  #fail(): void {
    this.#root.dataset.state = "failed";
    this.#root.querySelector("model-viewer")?.remove();
    this.#root.querySelector<HTMLElement>("[data-viewer-open]")?.setAttribute("hidden", "");
    this.#say(this.#root.dataset.failedText);
  }
}

function mayPrefetch(): boolean {
  const connection = (navigator as { connection?: { saveData?: boolean; effectiveType?: string } }).connection;
  return !connection?.saveData && !/2g|3g/.test(connection?.effectiveType ?? "");
}

/** The first sign that a person is there, with the stage in sight. A page that is only loaded, perhaps in another tab,
 * costs nobody a megabyte and a graphics context. */
function onInterest(target: Element, then: () => void): void {
  const signs = ["pointermove", "pointerdown", "keydown", "scroll"];
  const heard = new AbortController();
  const begin = () => {
    heard.abort();
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      then();
    }).observe(target);
  };
  for (const sign of signs) addEventListener(sign, begin, { once: true, passive: true, signal: heard.signal });
}

for (const root of document.querySelectorAll<HTMLElement>("[data-viewer]")) new Stage(root);
