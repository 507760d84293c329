declare module "three/examples/jsm/libs/meshopt_decoder.module.js" {
  export const MeshoptDecoder: unknown;
}
// As much of three as is used here; it publishes no types of its own.
declare module "three" {
  export class Vector3 {
    constructor(x?: number, y?: number, z?: number);
    x: number;
    y: number;
    z: number;
    project(camera: unknown): this;
  }
  export class Plane {
    constructor(normal: Vector3, constant: number);
    normal: Vector3;
    constant: number;
  }
}
