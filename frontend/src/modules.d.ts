declare module "three/examples/jsm/libs/meshopt_decoder.module.js" {
  export const MeshoptDecoder: unknown;
}
