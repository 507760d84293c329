/** An engineer's drawing on top of model-viewer: wireframe, a section, and size lines. model-viewer offers none of them, so
 * this reaches the three.js scene of exactly the version that package.json pins, through symbols that its modules export. */
import type { ModelViewerElement } from "@google/model-viewer";
import { $renderer, $scene } from "@google/model-viewer/lib/model-viewer-base.js";
import { Plane, Vector3 } from "three";

interface Material {
  wireframe: boolean;
  clippingPlanes: Plane[] | null;
  needsUpdate: boolean;
}
interface Part {
  isMesh?: boolean;
  material?: Material | Material[];
}
interface Box {
  min: Vector3;
  max: Vector3;
}
interface Scene {
  width: number;
  height: number;
  boundingBox: Box;
  models: { traverse(visit: (part: Part) => void): void }[];
  target: { localToWorld(point: Vector3): Vector3; worldToLocal(point: Vector3): Vector3 };
  getCamera(): { position: Vector3 };
  queueRender(): void;
}
type Axis = "x" | "y" | "z";
export type Sizes = Partial<Record<Axis, string>>;

const SVG = "http://www.w3.org/2000/svg";
/** An edge that is shorter on screen than this holds no label. */
const SHORTEST = 26;

export class Drawing {
  readonly #viewer: ModelViewerElement;
  readonly #scene: Scene;
  readonly #svg = document.createElementNS(SVG, "svg");
  readonly #sizes: Sizes;
  #plane: Plane | null = null;
  #lines = false;
  #axis: Axis = "z";
  #sign = 1;
  #asked = false;

  constructor(viewer: ModelViewerElement, frame: Element, sizes: Sizes) {
    const inside = viewer as unknown as { [$scene]: Scene; [$renderer]: { threeRenderer: { localClippingEnabled: boolean } } };
    this.#viewer = viewer;
    this.#scene = inside[$scene];
    this.#sizes = sizes;
    inside[$renderer].threeRenderer.localClippingEnabled = true;
    this.#svg.setAttribute("class", "stage-sizes");
    this.#svg.setAttribute("aria-hidden", "true");
    this.#svg.toggleAttribute("hidden", true);
    frame.append(this.#svg);
    viewer.addEventListener("camera-change", () => this.#redraw());
    new ResizeObserver(() => this.#redraw()).observe(viewer);
  }

  /** Another model is on the stage: what was chosen holds for it too. */
  again(): void {
    this.wireframe = this.#lines;
    const planes = this.#plane && [this.#plane];
    this.#each((material) => {
      material.clippingPlanes = planes;
    });
    this.#redraw();
  }

  set wireframe(on: boolean) {
    this.#lines = on;
    this.#each((material) => {
      material.wireframe = on;
    });
  }

  get measured(): boolean {
    return !this.#svg.hasAttribute("hidden");
  }

  set measured(on: boolean) {
    this.#svg.toggleAttribute("hidden", !on);
    this.#redraw();
  }

  /** A height a little below the middle: looked at, it leaves room beneath the model. */
  get low(): number {
    const { min, max } = this.#scene.boundingBox;
    return (min.y + max.y) / 2 - 0.1 * Math.max(max.x - min.x, max.y - min.y, max.z - min.z);
  }

  get cut(): boolean {
    return this.#plane !== null;
  }

  /** Cut across the axis that the eye looks along; what is nearer than `percent` of the way is left out. */
  section(on: boolean, percent = 50): void {
    this.#plane = null;
    if (on) {
      const eye = this.#eye();
      const [axis] = (["z", "x", "y"] as const).map((one) => [one, Math.abs(eye[one])] as const).sort((a, b) => b[1] - a[1] - 1e-6)[0] ?? ["z"];
      this.#axis = axis;
      this.#sign = Math.sign(eye[axis]) || 1;
      const normal = new Vector3(0, 0, 0);
      normal[axis] = -this.#sign;
      this.#plane = new Plane(normal, 0);
    }
    const planes = this.#plane && [this.#plane];
    this.#each((material) => {
      material.clippingPlanes = planes;
    });
    this.cutAt(percent);
  }

  cutAt(percent: number): void {
    if (!this.#plane) return;
    const { min, max } = this.#scene.boundingBox;
    const [near, far] = this.#sign > 0 ? [max, min] : [min, max];
    const place = near[this.#axis] + ((far[this.#axis] - near[this.#axis]) * percent) / 100;
    const point = new Vector3(0, 0, 0);
    point[this.#axis] = place;
    this.#plane.constant = this.#sign * this.#scene.target.localToWorld(point)[this.#axis];
    this.#scene.queueRender();
  }

  #each(change: (material: Material) => void): void {
    for (const model of this.#scene.models) {
      model.traverse(({ isMesh, material }) => {
        if (!isMesh || !material) return;
        for (const one of Array.isArray(material) ? material : [material]) {
          change(one);
          one.needsUpdate = true;
        }
      });
    }
    this.#scene.queueRender();
  }

  /** From the middle of the model to the eye, in the model's own axes. */
  #eye(): Vector3 {
    const { theta, phi } = this.#viewer.getCameraOrbit();
    return new Vector3(Math.sin(phi) * Math.sin(theta), Math.cos(phi), Math.sin(phi) * Math.cos(theta));
  }

  #redraw(): void {
    if (!this.measured || this.#asked) return;
    this.#asked = true;
    // The camera is where it is going to be with the next frame.
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#draw();
    });
  }

  /** One line along each edge of the bounding box that faces the eye, a little outside of it. */
  #draw(): void {
    const { min, max } = this.#scene.boundingBox;
    const eye = this.#eye();
    const off = 0.05 * Math.max(max.x - min.x, max.y - min.y, max.z - min.z);
    const right = eye.x >= -1e-6;
    const front = eye.z >= -1e-6;
    const x = right ? max.x + off : min.x - off;
    const z = front ? max.z + off : min.z - off;
    const corner = right === front ? [min.x - off, z] : [max.x + off, z];
    const edges: [Axis, Vector3, Vector3][] = [
      ["x", new Vector3(min.x, min.y, z), new Vector3(max.x, min.y, z)],
      ["z", new Vector3(x, min.y, min.z), new Vector3(x, min.y, max.z)],
      ["y", new Vector3(corner[0], min.y, corner[1]), new Vector3(corner[0], max.y, corner[1])],
    ];
    // An edge along the line of sight says nothing.
    const across = edges.filter(([axis]) => Math.abs(eye[axis]) < 0.95);
    this.#svg.replaceChildren(...across.flatMap(([axis, from, to]) => this.#line(this.#sizes[axis], this.#seen(from), this.#seen(to))));
  }

  #seen(point: Vector3): { x: number; y: number } {
    const { width, height } = this.#scene;
    const { x, y } = this.#scene.target.localToWorld(point).project(this.#scene.getCamera());
    return { x: ((x + 1) / 2) * width, y: ((1 - y) / 2) * height };
  }

  #line(label: string | undefined, from: { x: number; y: number }, to: { x: number; y: number }): Element[] {
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (!label || length < SHORTEST) return [];
    const across = { x: (-5 * (to.y - from.y)) / length, y: (5 * (to.x - from.x)) / length };
    const path = document.createElementNS(SVG, "path");
    const tick = (end: { x: number; y: number }) => `M${end.x - across.x} ${end.y - across.y}L${end.x + across.x} ${end.y + across.y}`;
    path.setAttribute("d", `M${from.x} ${from.y}L${to.x} ${to.y}${tick(from)}${tick(to)}`);
    const text = document.createElementNS(SVG, "text");
    // A label whose edge runs close to the border must still be read.
    text.setAttribute("x", String(Math.min(Math.max((from.x + to.x) / 2, 44), this.#scene.width - 44)));
    text.setAttribute("y", String(Math.min(Math.max((from.y + to.y) / 2 + 4, 14), this.#scene.height - 8)));
    text.textContent = label;
    return [path, text];
  }
}
