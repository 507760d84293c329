/** The 3D stage. Poster first; the viewer itself (a megabyte) is fetched when somebody turns to the page.
 *
 * Expects templates/components/viewer.html:
 *   [data-viewer] with data-src, data-light (optional), data-alt, data-meshopt, data-size-x, -y, -z; inside it [data-viewer-frame], [data-viewer-open],
 *   [data-viewer-state], [data-viewer-tools] with buttons [data-view], [data-zoom], [data-reset], [data-rotate],
 *   [data-wireframe], [data-section], [data-sizes], and a range [data-cut]; [data-viewer-said], the view in words. */

import type { ModelViewerElement } from "@google/model-viewer";
import type { Drawing } from "./drawing";

const VIEWS: Record<string, string> = { front: "0deg 90deg", side: "90deg 90deg", top: "0deg 0deg", iso: "45deg 55deg" };
const START = "iso";
/** Single keys, while the focus is in the stage: the same as pressing the button that they name. */
const KEYS: Record<string, string> = {
  "1": "[data-view=front]",
  "2": "[data-view=side]",
  "3": "[data-view=top]",
  "4": "[data-view=iso]",
  w: "[data-wireframe]",
  x: "[data-section]",
  d: "[data-sizes]",
  r: "[data-rotate]",
  "+": "[data-zoom='2']",
  "=": "[data-zoom='2']",
  "-": "[data-zoom='-2']",
  "0": "[data-reset]",
};
const SETTLED_MS = 600;
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Stage {
  readonly #root: HTMLElement;
  readonly #state: HTMLElement | null;
  #viewer: ModelViewerElement | null = null;
  #drawing: Drawing | null = null;
  #view = START;
  #settling = 0;

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
      const [{ ModelViewerElement }, { Drawing }] = await Promise.all([import("@google/model-viewer"), import("./drawing")]);
      this.#keepDecodersHere(ModelViewerElement);
      const viewer = new ModelViewerElement();
      const frame = await this.#show(viewer);
      const { sizeX, sizeY, sizeZ } = this.#root.dataset;
      this.#drawing = new Drawing(viewer, frame, { x: sizeX, y: sizeY, z: sizeZ });
      this.#connect();
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

  async #show(viewer: ModelViewerElement): Promise<Element> {
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
    // Without these the camera stops short of a true top view, and cannot stand back for size lines.
    viewer.minCameraOrbit = "-Infinity 0deg auto";
    viewer.maxCameraOrbit = "Infinity 180deg 200%";
    viewer.cameraOrbit = `${VIEWS[START]} auto`;
    viewer.loading = "eager";
    const { src, light } = this.#root.dataset;
    viewer.src = light ?? src ?? null;
    const frame = this.#root.querySelector("[data-viewer-frame]") ?? this.#root;
    frame.append(viewer);
    await loaded;
    this.#viewer = viewer;
    if (light && src) void this.#refine(viewer, src);
    return frame;
  }

  /** The light model is on the stage; put the whole one in its place, seen from where the light one is seen by then. */
  async #refine(viewer: ModelViewerElement, src: string): Promise<void> {
    const answer = await fetch(src, { credentials: "same-origin" });
    // The light one stays when the whole one does not come.
    if (!answer.ok) return;
    await answer.arrayBuffer();
    const { theta, phi, radius } = viewer.getCameraOrbit();
    viewer.addEventListener(
      "load",
      () => {
        viewer.cameraOrbit = `${theta}rad ${phi}rad ${radius}m`;
        viewer.jumpCameraToGoal();
        this.#drawing?.again();
        this.#root.dataset.whole = "";
      },
      { once: true },
    );
    viewer.src = src;
  }

  #connect(): void {
    this.#root.dataset.state = "ready";
    this.#say("");
    this.#root.querySelector<HTMLElement>("[data-viewer-open]")?.setAttribute("hidden", "");
    const tools = this.#root.querySelector<HTMLElement>("[data-viewer-tools]");
    if (!tools) return;
    for (const button of tools.querySelectorAll<HTMLElement>("button:not([data-viewer-open])")) button.hidden = false;
    tools.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button) this.#act(button);
    });
    tools.querySelector<HTMLInputElement>("[data-cut]")?.addEventListener("input", (event) => {
      this.#drawing?.cutAt(Number((event.target as HTMLInputElement).value));
    });
    this.#root.addEventListener("keydown", (event) => this.#key(event));
    this.#viewer?.addEventListener("camera-change", (event) => {
      if ((event as CustomEvent<{ source?: string }>).detail.source === "user-interaction") this.#turned();
    });
    this.#describe();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const button = this.#root.querySelector<HTMLButtonElement>(KEYS[event.key.toLowerCase()] ?? "[data-no-key]");
    if (!button) return;
    event.preventDefault();
    this.#act(button);
  }

  #act(button: HTMLButtonElement): void {
    const viewer = this.#viewer;
    const drawing = this.#drawing;
    const { view, zoom, reset, rotate, wireframe, section, sizes } = button.dataset;
    if (!viewer || !drawing) return;
    if (view) {
      this.#look(view);
    } else if (zoom) {
      viewer.zoom(Number(zoom));
    } else if (reset !== undefined) {
      viewer.fieldOfView = "auto";
      viewer.autoRotate = false;
      for (const one of this.#root.querySelectorAll("[aria-pressed=true]")) one.setAttribute("aria-pressed", "false");
      drawing.wireframe = drawing.measured = false;
      this.#section(false);
      this.#look(START);
    } else if (rotate !== undefined) {
      viewer.autoRotate = press(button);
      viewer.autoRotateDelay = 0;
    } else if (wireframe !== undefined) {
      drawing.wireframe = press(button);
    } else if (sizes !== undefined) {
      drawing.measured = press(button);
      const { theta, phi } = viewer.getCameraOrbit();
      this.#aim(`${theta}rad ${phi}rad`);
    } else if (section !== undefined) {
      this.#section(press(button));
    }
    this.#describe();
  }

  #section(on: boolean): void {
    const cut = this.#root.querySelector<HTMLInputElement>("[data-cut]");
    this.#drawing?.section(on, Number(cut?.value ?? 50));
    const row = cut?.closest<HTMLElement>("[data-cut-row]");
    if (row) row.hidden = !on;
  }

  /** The button that opened the viewer is gone; the focus goes on to the first of the tools. */
  #focusTools(): void {
    this.#root.querySelector<HTMLElement>("[data-view]:not([hidden])")?.focus();
  }

  #look(view: string): void {
    const viewer = this.#viewer;
    if (!viewer) return;
    this.#view = view;
    viewer.resetTurntableRotation(0);
    const arrived = this.#aim(VIEWS[view] ?? "");
    // A section lies across the line of sight, so it turns with it.
    if (this.#drawing?.cut) void arrived.then(() => requestAnimationFrame(() => this.#section(true)));
  }

  /** Turn the camera to these angles; with size lines it stands back, and the lines clear of the tools. */
  #aim(angles: string): Promise<void> {
    const viewer = this.#viewer;
    const drawing = this.#drawing;
    if (!viewer || !drawing) return Promise.resolve();
    // Told twice the same, the element would stay where a hand has turned it since.
    viewer.cameraOrbit = "";
    viewer.cameraOrbit = `${angles} ${drawing.measured ? "130%" : "auto"}`;
    viewer.cameraTarget = drawing.measured ? `auto ${drawing.low}m auto` : "auto auto auto";
    return viewer.updateComplete.then(() => {
      // The element applies a changed orbit with its next render; a still camera must wait for that.
      if (still.matches || drawing.cut) viewer.jumpCameraToGoal();
    });
  }

  #turned(): void {
    clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => {
      this.#view = "";
      this.#describe();
    }, SETTLED_MS);
  }

  /** The view in words, for everybody who cannot see it, and as a caption for those who can. */
  #describe(): void {
    const said = this.#root.querySelector<HTMLElement>("[data-viewer-said]") ?? document.getElementById("announcer");
    if (!said || !this.#viewer) return;
    const seen = this.#root.querySelector<HTMLElement>(`[data-view="${this.#view}"]`)?.dataset.said ?? this.#angle();
    const ways = [...this.#root.querySelectorAll<HTMLElement>("[aria-pressed=true][data-said]")].map((one) => one.dataset.said);
    const text = `${[seen, ...ways].join(", ")}.`;
    if (said.textContent !== text) said.textContent = text;
  }

  #angle(): string {
    const { theta, phi } = this.#viewer?.getCameraOrbit() ?? { theta: 0, phi: 0 };
    const around = ((Math.round((theta * 180) / Math.PI) % 360) + 360) % 360;
    const above = 90 - Math.round((phi * 180) / Math.PI);
    return (this.#root.dataset.textAngle ?? "").replace("{around}", String(around)).replace("{above}", String(above));
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

/** Whether a button that stays down is down now. */
function press(button: HTMLButtonElement): boolean {
  const down = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(down));
  return down;
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
